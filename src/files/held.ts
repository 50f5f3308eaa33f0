import {
  closeSync,
  constants,
  type Dirent,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  type Stats,
} from 'node:fs';
import { codeOf, KnownError } from '../errors.ts';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** The ids of a user and a group that own a file. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * A folder that is held open. The user `wazuh` can rename the manager's folders and put links into them, and root
 * must not follow these: each step down begins at a descriptor and follows no link. Node has no `openat`;
 * a path below `/proc/self/fd/<descriptor>` has the same effect.
 */
export interface HeldFolder {
  /** The path as messages name it. */
  readonly path: string;
  readonly owner: Owner;
  /** Returns the path of one name in it, for calls that do not follow a link in the last part. */
  at(name: string): string;
  /** Opens a folder in it. @throws KnownError when it is a link or no folder, else the system's error, such as ENOENT. */
  folder(name: string): HeldFolder;
  /**
   * Opens a folder in it, and makes it when it is not there. A folder that root has made there is given to `owner`: one that
   * is new, and one of an earlier version, which took root for the manager's user.
   */
  makeFolder(name: string, owner: Owner): HeldFolder;
  /** Returns the names in it with their kinds; a link is a link, whatever it leads to. */
  entries(): Dirent[];
  sync(): void;
  close(): void;
}

/** Opens a folder. @param path as the operator gave it; links in it are followed. */
export function holdFolder(path: string): HeldFolder {
  return hold(path, openSync(path, O_RDONLY | O_DIRECTORY));
}

function hold(path: string, descriptor: number): HeldFolder {
  const { uid, gid } = fstatSync(descriptor);
  const at = (name: string) => `/proc/self/fd/${descriptor}/${checkName(name)}`;
  const folder = (name: string) => hold(`${path}/${name}`, openFolder(at(name), `${path}/${name}`));
  return {
    path,
    owner: { uid, gid },
    at,
    folder,
    makeFolder(name, owner) {
      const isNew = makeNew(at(name));
      const opened = openFolder(at(name), `${path}/${name}`);
      const held = hold(`${path}/${name}`, opened);
      // Is it truly the folder that root made? In a folder of root no other user can have replaced it by another folder of
      // root; in a folder of another user that is certain only for one that was made just now.
      if (isRoot() && held.owner.uid === 0 && (isNew || uid === 0)) fchownSync(opened, owner.uid, owner.gid);
      return held;
    },
    entries: () => readdirSync(`/proc/self/fd/${descriptor}`, { withFileTypes: true }),
    sync: () => fsyncSync(descriptor),
    close: () => closeSync(descriptor),
  };
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function checkName(name: string): string {
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name))
    throw new Error(`${JSON.stringify(name)} is not the name of one file`);
  return name;
}

function openFolder(at: string, shown: string): number {
  try {
    return openSync(at, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOTDIR' || code === 'ELOOP') throw toLinkError(at, shown, 'folder');
    throw error;
  }
}

/** Makes a folder. @returns whether it was not there before. */
function makeNew(at: string): boolean {
  try {
    mkdirSync(at, { mode: 0o750 });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Opens a folder and those below it without following a link, calls `work` with the last one and closes all of them.
 * @param base as the operator gave it.
 * @returns null when one of the folders is not there.
 */
export function inFolder<T>(
  base: string,
  parts: readonly string[],
  work: (folder: HeldFolder) => T,
): T | null {
  const held: HeldFolder[] = [];
  try {
    let folder = holdFolder(base);
    held.push(folder);
    for (const part of parts) {
      folder = folder.folder(part);
      held.push(folder);
    }
    return work(folder);
  } catch (error) {
    if (error instanceof KnownError || codeOf(error) !== 'ENOENT') throw withTruePath(error);
    return null;
  } finally {
    for (const folder of held) folder.close();
  }
}

/** An open file with its owner, mode, size and times. */
export interface HeldFile {
  readonly descriptor: number;
  readonly stats: Stats;
}

/**
 * Opens a plain file for reading. It follows no link and does not wait for a pipe. The caller closes the file.
 * @returns null when there is no such file.
 * @throws KnownError when it is not a plain file.
 */
export function openFile(folder: HeldFolder, name: string, flags: number = O_RDONLY): HeldFile | null {
  const shown = `${folder.path}/${name}`;
  try {
    const descriptor = openSync(folder.at(name), flags | O_NOFOLLOW | O_NONBLOCK, 0o660);
    const stats = fstatSync(descriptor);
    if (stats.isFile()) return { descriptor, stats };
    closeSync(descriptor);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return null;
    if (code !== 'ELOOP' && code !== 'ENXIO') throw toReadError(shown, error);
  }
  throw toLinkError(folder.at(name), shown, 'file');
}

/** Returns the stats of a name in a folder, without following a link; null when there is no such name. */
export function statName(folder: HeldFolder, name: string): Stats | null {
  return lstatSync(folder.at(name), { throwIfNoEntry: false }) ?? null;
}

function toReadError(shown: string, error: unknown): KnownError {
  const code = codeOf(error);
  return new KnownError(`${shown} cannot be opened (${code}); run as the user wazuh or as root`, {
    cause: error,
  });
}

function toLinkError(at: string, shown: string, wanted: 'file' | 'folder'): KnownError {
  const isLink = lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  const found = isLink ? 'is a symbolic link, and none is followed' : `is not a plain ${wanted}`;
  return new KnownError(`${shown} ${found}: put a plain ${wanted} there, or take it away`);
}

/**
 * Returns what `read` returns for a plain file, which is closed afterwards; null when there is no such file.
 * @throws KnownError when it is not a plain file.
 */
export function withFile<T>(folder: HeldFolder, name: string, read: (file: HeldFile) => T): T | null {
  const file = openFile(folder, name);
  if (file === null) return null;
  try {
    return read(file);
  } finally {
    closeSync(file.descriptor);
  }
}

/**
 * Returns the text of a plain file; null when there is no such file.
 * @param mostBytes a longer file is refused, since it is not ours.
 */
export function readHeldText(
  folder: HeldFolder,
  name: string,
  mostBytes = Number.POSITIVE_INFINITY,
): string | null {
  return withFile(folder, name, ({ descriptor, stats }) => {
    if (stats.size <= mostBytes) return readFileSync(descriptor, 'utf8');
    throw new KnownError(
      `${folder.path}/${name} has more than ${mostBytes} bytes and is not read: take it away`,
    );
  });
}

/** Bytes that are read straight into their target, so that a large file is in memory only once. */
export interface ReadableFile {
  readonly size: number;
  /** Fills the target with the bytes from a position on. @throws RangeError when there are not enough. */
  read(target: Uint8Array, place: number): void;
}

/** @param descriptor of a plain file; the caller closes it. */
export function readableFile(descriptor: number): ReadableFile {
  return {
    size: fstatSync(descriptor).size,
    read(target, place) {
      for (let done = 0; done < target.length; ) {
        const count = readSync(descriptor, target, done, target.length - done, place + done);
        if (count === 0) throw new RangeError('the file ends before the bytes that are to be read');
        done += count;
      }
    },
  };
}

const chunkBytes = 1 << 18;

/** Yields a file from its beginning; each chunk is valid only until the next one is read. */
export function* readChunks({ descriptor }: Pick<HeldFile, 'descriptor'>): Generator<Buffer> {
  const chunk = Buffer.allocUnsafe(chunkBytes);
  for (let place = 0; ; ) {
    const read = readSync(descriptor, chunk, 0, chunkBytes, place);
    if (read === 0) return;
    place += read;
    yield chunk.subarray(0, read);
  }
}

/**
 * Yields the lines of a file; the text after the last line break is one, too. Each byte becomes one character
 * (latin1).
 */
export function* readLines(file: Pick<HeldFile, 'descriptor'>): Generator<string> {
  let rest = '';
  for (const chunk of readChunks(file)) {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/**
 * Returns the error of a call with a path through a descriptor, with the true path in its place. The folder has to be
 * held open still.
 */
export function withTruePath(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  // The message of an abort, say, cannot be written.
  if (throughDescriptor.test(error.message)) error.message = toTruePath(error.message);
  if ('path' in error && typeof error.path === 'string') error.path = toTruePath(error.path);
  return error;
}

const throughDescriptor = /\/proc\/self\/fd\/\d+/;

function toTruePath(text: string): string {
  return text.replaceAll(new RegExp(throughDescriptor, 'g'), (path) => {
    try {
      return readlinkSync(path);
    } catch {
      return path;
    }
  });
}
