import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** How a run on a watched disk ended. */
export interface WatchedRun<T> {
  /** The calls that change the disk, in their order, up to the one that was refused. */
  readonly calls: readonly string[];
  /** What the work returned; undefined when it threw. */
  readonly result: T | undefined;
  readonly error: unknown;
}

/** Calls that may change the disk. A call of node:fs that is in neither list is one that only reads. */
const changing = [
  'openSync',
  'writeFileSync',
  'writeSync',
  'appendFileSync',
  'chmodSync',
  'fchmodSync',
  'chownSync',
  'fchownSync',
  'lchownSync',
  'utimesSync',
  'futimesSync',
  'fsyncSync',
  'linkSync',
  'renameSync',
  'unlinkSync',
  'mkdirSync',
  'rmdirSync',
  'rmSync',
  'symlinkSync',
  'copyFileSync',
  'truncateSync',
  'ftruncateSync',
] as const;

/** The asynchronous forms of these calls: the disk cannot be frozen between them, so no watched work may use them. */
const unwatched = [
  'open',
  'writeFile',
  'appendFile',
  'rename',
  'unlink',
  'mkdir',
  'rm',
  'link',
  'copyFile',
  'symlink',
];

type Call = (...args: unknown[]) => unknown;
const functions = fs as unknown as Record<string, Call>;
const promised = fs.promises as unknown as Record<string, Call>;

/**
 * Runs the work while the disk accepts so many changes and refuses every later one. The disk is then as a `kill -9` at
 * that call leaves it, since all that the work does to undo its changes is refused, too. One half of the data of the first
 * refused write is written, as when a process is killed in the middle of it.
 * @param count how many calls the disk accepts; infinite for all.
 */
export function onFrozenDisk<T>(count: number, work: () => T | Promise<T>): Promise<WatchedRun<T>> {
  return watch((number) => (number > count ? 'EIO' : null), work);
}

/** Returns the numbers of the calls before which the disk differs by more than the mode of a file that is not yet in place. */
export function findMoves(calls: readonly string[]): number[] {
  const isMove = /^(?:writeFile|rename|link|mkdir|symlink|unlink|rmdir|rm)Sync /;
  return calls.flatMap((call, number) => (isMove.test(call) ? [number] : []));
}

/** Calls `look` before each call that changes the disk. */
export function onEachCall<T>(look: () => void, work: () => T | Promise<T>): Promise<WatchedRun<T>> {
  return watch(() => {
    look();
    return null;
  }, work);
}

/** Runs the work while a single call that changes the disk fails. @param name null when any call counts. */
export function withFailingCall<T>(
  at: number,
  code: string,
  names: readonly string[],
  work: () => T | Promise<T>,
): Promise<WatchedRun<T>> {
  let seen = 0;
  return watch((_, name) => {
    if (!names.includes(name)) return null;
    seen += 1;
    return seen === at ? code : null;
  }, work);
}

async function watch<T>(
  refuse: (number: number, name: string) => string | null,
  work: () => T | Promise<T>,
): Promise<WatchedRun<T>> {
  const calls: string[] = [];
  let hasFailed = false;
  const restore = replaceCalls((name, args, call) => {
    if (changesNothing(name, args)) return call(...args);
    calls.push(`${name} ${toTruePath(args[0])}`);
    const code = refuse(calls.length, name);
    // A killed process does not lose data that it has not synced.
    if (code === null) return name === 'fsyncSync' ? undefined : call(...args);
    if (!hasFailed && name === 'writeFileSync') call(args[0], toHalf(args[1]));
    hasFailed = true;
    throw toError(code, name, args);
  });
  try {
    return { calls, result: await work(), error: null };
  } catch (error) {
    return { calls, result: undefined, error };
  } finally {
    restore();
  }
}

function replaceCalls(meet: (name: string, args: unknown[], call: Call) => unknown): () => void {
  const originals = changing.map((name) => [name, functions[name] as Call] as const);
  const originalsOfPromises = unwatched.map((name) => [name, promised[name] as Call] as const);
  for (const [name, call] of originals) functions[name] = (...args) => meet(name, args, call);
  for (const name of unwatched)
    promised[name] = () => {
      throw new Error(
        `fs.promises.${name} cannot be watched: change the disk by calls that are done when they return`,
      );
    };
  syncBuiltinESMExports();
  return () => {
    for (const [name, call] of originals) functions[name] = call;
    for (const [name, call] of originalsOfPromises) promised[name] = call;
    syncBuiltinESMExports();
  };
}

const { O_CREAT, O_TRUNC } = fs.constants;

/** Returns whether a call changes nothing, so that the disk is the same as before it. */
function changesNothing(name: string, [path, flags]: readonly unknown[]): boolean {
  if (name === 'openSync')
    return typeof flags === 'number' ? (flags & (O_CREAT | O_TRUNC)) === 0 : flags === 'r';
  if (name === 'unlinkSync' || name === 'rmSync')
    return fs.lstatSync(String(path), { throwIfNoEntry: false }) === undefined;
  return name === 'mkdirSync' && fs.existsSync(String(path));
}

function toHalf(data: unknown): Uint8Array {
  const bytes = typeof data === 'string' ? Buffer.from(data) : (data as Uint8Array);
  return bytes.subarray(0, bytes.length >> 1);
}

/** Returns an error in the words of the system, with the path of the call. */
function toError(code: string, syscall: string, [path]: readonly unknown[]): Error {
  const place = typeof path === 'string' ? { path } : {};
  const message = `${code}: made to fail, ${syscall}${place.path ? ` '${path}'` : ''}`;
  return Object.assign(new Error(message), { code, syscall, ...place });
}

function toTruePath(path: unknown): string {
  const text = typeof path === 'number' ? `/proc/self/fd/${path}` : String(path);
  return text.replace(/\/proc\/self\/fd\/\d+/, (link) => {
    try {
      return fs.readlinkSync(link);
    } catch {
      return link;
    }
  });
}
