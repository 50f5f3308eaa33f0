import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** How a run on a watched disk ended. */
export interface WatchedRun<T> {
  /** The calls that change the disk, in their order, as far as the disk took them or refused one. */
  readonly calls: readonly string[];
  /** What the work returned; undefined: it threw. */
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

/** The same work without waiting: a disk cannot be frozen between its calls, so nothing that is watched may use it. */
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
 * Runs the work while the disk takes so many changes and refuses every later one. What is on the disk then is what a
 * `kill -9` at that call leaves, since whatever the work does to put things right is refused, too. Of the data of the
 * first write that is refused one half is written, as when a process is killed in the middle of it.
 * @param count of calls that the disk takes; infinite: all.
 */
export function onFrozenDisk<T>(count: number, work: () => T | Promise<T>): Promise<WatchedRun<T>> {
  return watch((number) => (number > count ? 'EIO' : null), work);
}

/** The numbers of those calls of a run before which the disk differs by more than the mode of a file not yet in place. */
export function findMoves(calls: readonly string[]): number[] {
  const isMove = /^(?:writeFile|rename|link|mkdir|symlink|unlink|rmdir|rm)Sync /;
  return calls.flatMap((call, number) => (isMove.test(call) ? [number] : []));
}

/** Looks at the disk before each call that changes it. */
export function onEachCall<T>(look: () => void, work: () => T | Promise<T>): Promise<WatchedRun<T>> {
  return watch(() => {
    look();
    return null;
  }, work);
}

/** Runs the work while one single call that changes the disk fails. @param name null: any call counts. */
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
    // A process that is killed loses nothing of what it has not synced.
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

/** Calls that change nothing leave the same disk as the call before. */
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

/** As the system words it, with the path that it was given. */
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
