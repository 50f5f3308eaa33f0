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
  type Stats,
} from 'node:fs';
import { KnownError } from '../../errors.ts';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** The ids that own what the manager reads. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * A folder that is held open. The user `wazuh` may rename the manager's folders and plant links in them, and root
 * must not be led astray: each step down is taken from a descriptor and follows no link. Node has no `openat`;
 * a path below `/proc/self/fd/<descriptor>` is the same walk.
 */
export interface HeldFolder {
  /** For messages. */
  readonly path: string;
  readonly owner: Owner;
  /** The path of one name in it, for calls that do not follow a link in their last part. */
  at(name: string): string;
  /** @throws KnownError when it is a link or no folder, the system's error otherwise (ENOENT among them). */
  folder(name: string): HeldFolder;
  /**
   * As `folder`, and makes it when it is not there. What root has made there belongs to `owner`, now or in an earlier
   * version that took root for the manager's user.
   */
  makeFolder(name: string, owner: Owner): HeldFolder;
  /** What is in it, by kind; a link is one, whatever it leads to. */
  entries(): Dirent[];
  sync(): void;
  close(): void;
}

/** @param path as the operator gave it, links and all. */
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
      // In a folder of root's own no other user can have put one of root's in its place; nor a moment after it was made.
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
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR' || code === 'ELOOP') throw toLinkError(at, shown, 'folder');
    throw error;
  }
}

/** @returns whether it was not there before. */
function makeNew(at: string): boolean {
  try {
    mkdirSync(at, { mode: 0o750 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** An open file, and what is known of it. */
export interface HeldFile {
  readonly descriptor: number;
  readonly stats: Stats;
}

/**
 * Opens a plain file for reading, never through a link, never waiting for a pipe. The caller closes it.
 * @returns null: there is none.
 * @throws KnownError when it is something else than a plain file.
 */
export function openFile(folder: HeldFolder, name: string, flags: number = O_RDONLY): HeldFile | null {
  const shown = `${folder.path}/${name}`;
  try {
    const descriptor = openSync(folder.at(name), flags | O_NOFOLLOW | O_NONBLOCK, 0o660);
    const stats = fstatSync(descriptor);
    if (stats.isFile()) return { descriptor, stats };
    closeSync(descriptor);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    if (code !== 'ELOOP' && code !== 'ENXIO') throw toReadError(shown, error);
  }
  throw toLinkError(folder.at(name), shown, 'file');
}

/** Of the name itself: a link is not followed. */
export function statName(folder: HeldFolder, name: string): Stats | null {
  return lstatSync(folder.at(name), { throwIfNoEntry: false }) ?? null;
}

function toReadError(shown: string, error: unknown): KnownError {
  const { code } = error as NodeJS.ErrnoException;
  return new KnownError(`${shown} cannot be opened (${code}); run as the user wazuh or as root`, {
    cause: error,
  });
}

function toLinkError(at: string, shown: string, wanted: 'file' | 'folder'): KnownError {
  const isLink = lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  const found = isLink ? 'is a symbolic link, and none is followed' : `is not a plain ${wanted}`;
  return new KnownError(`${shown} ${found}: put a plain ${wanted} there, or take it away`);
}
