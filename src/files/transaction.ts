import {
  closeSync,
  constants,
  type Dirent,
  fchmodSync,
  fchownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { codeOf, KnownError, messageOf } from '../errors.ts';
import { type HeldFolder, isRoot, type Owner, withFile } from './held.ts';
import { removeName, writeNew } from './write.ts';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;

/** What is at a path, or what it will have. */
export type Entry =
  | { readonly kind: 'file'; readonly bytes: Buffer; readonly mode: number; readonly owner: Owner }
  | { readonly kind: 'folder'; readonly mode: number; readonly owner: Owner }
  | { readonly kind: 'link'; readonly target: string }
  /** A pipe, a socket or a device: it is not ours, and it cannot be put back. */
  | { readonly kind: 'special' }
  | { readonly kind: 'absent' };

export const absent: Entry = { kind: 'absent' };

/** A file that is already written beside its place (`Place.staged`). */
export const staged = { kind: 'staged' } as const;

/** What a path will have. All changes are planned before the first one is made. */
export interface Change {
  readonly path: string;
  readonly to: Entry | typeof staged;
  /** The entry that the change was planned for: when another one is there now, nothing is changed. */
  readonly from?: Entry;
}

/** One name in a folder that is held open. */
export interface Spot {
  readonly folder: HeldFolder;
  readonly name: string;
}

/** The place of an entry, and the place where it is written first, on the same file system. */
export interface Place extends Spot {
  readonly staged: Spot;
}

/** Where a transaction works. The caller decides which paths there are, and how each of them is reached. */
export interface Ground {
  /**
   * Calls `work` with the place of a path; no link in it is followed.
   * @returns null when one of its folders is not there.
   */
  at<T>(path: string, work: (place: Place) => T): T | null;
}

/** How what was there before is kept while changes are made. */
export interface WayBack {
  /** Is called before the first change is made. @throws when the changes must not be made. */
  keep(changes: readonly Change[]): void;
  /** Is called right before each change. */
  before?(place: Place, to: Change['to']): void;
  /** Is called after each change that was made. */
  done?(place: Place): void;
  /** Is called after the last one. */
  end?(): void;
  /**
   * Brings back what was there before, the last change first.
   * @param count how many changes were made.
   * @param cause why the next one could not be made.
   * @throws KnownError that names what could not be brought back.
   */
  takeBack(count: number, cause: unknown): void;
}

/**
 * Makes all changes in their order, or none; every change that must be all or nothing is made here. Files are written,
 * renamed and removed through descriptors, with `O_NOFOLLOW | O_EXCL`, and a file has its owner before it has its name.
 * @throws the error of the change, when all is as it was before; KnownError when it is not.
 */
export function makeChanges(ground: Ground, changes: readonly Change[], way: WayBack): void {
  let count = 0;
  try {
    way.keep(changes);
    for (const { path, to } of changes) {
      make(ground, path, to, way);
      count += 1;
    }
    way.end?.();
  } catch (error) {
    way.takeBack(count, error);
    throw error;
  }
}

function make(ground: Ground, path: string, to: Change['to'], way: Pick<WayBack, 'before' | 'done'>): void {
  const isMade = ground.at(path, (place) => {
    way.before?.(place, to);
    put(place, to);
    way.done?.(place);
    return true;
  });
  // A path whose folder is not there is absent already.
  if (!isMade && to.kind !== 'absent') throw new Error(`the folder of ${path} is not there`);
}

function put(place: Place, to: Change['to']): void {
  const at = place.folder.at(place.name);
  if (to.kind === 'staged') renameSync(place.staged.folder.at(place.staged.name), at);
  else if (to.kind === 'absent') remove(at);
  else if (to.kind === 'folder') putFolder(at, to.mode, to.owner);
  else if (to.kind === 'link') putLink(place, to.target);
  else if (to.kind === 'file') putFile(place, to);
}

function remove(at: string): void {
  const stats = lstatSync(at, { throwIfNoEntry: false });
  if (stats?.isDirectory()) rmdirSync(at);
  else if (stats) unlinkSync(at);
}

function putFolder(at: string, mode: number, owner: Owner): void {
  mkdirSync(at, { recursive: true });
  // A link that the user `wazuh` has put there is not followed.
  const descriptor = openSync(at, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    insistOnOwner(owner);
    if (isRoot()) fchownSync(descriptor, owner.uid, owner.gid);
    fchmodSync(descriptor, mode);
  } finally {
    closeSync(descriptor);
  }
}

function putLink({ folder, name }: Place, target: string): void {
  removeName(folder, name);
  symlinkSync(target, folder.at(name));
  if (isRoot()) lchownSync(folder.at(name), 0, 0);
}

function putFile({ folder, name, staged: beside }: Place, to: Extract<Entry, { kind: 'file' }>): void {
  try {
    insistOnOwner(to.owner);
    writeNew(beside.folder, beside.name, [to.bytes], to);
    renameSync(beside.folder.at(beside.name), folder.at(name));
  } catch (error) {
    removeName(beside.folder, beside.name);
    throw error;
  }
}

/**
 * Refuses to write a file that belongs to another user when this process is not root. The manager's user may write in
 * `etc`, but its files there would not belong to root any more (Wazuh 4.2.0 to 4.14.7).
 */
function insistOnOwner({ uid }: Owner): void {
  if (isRoot() || uid === process.getuid?.()) return;
  throw Object.assign(new Error('a file of root'), { code: 'EPERM', syscall: 'chown' });
}

/** Undoes changes that were made. @throws KnownError that names what could not be brought back. */
export type Undo = () => void;

/**
 * Makes all changes, or none, and keeps what was there before in memory. It is for small files, and for commands whose
 * next run completes what a killed one has begun.
 * @returns the way back.
 * @throws the system's error, when all is as it was before; KnownError when it is not.
 */
export function applyChanges(ground: Ground, changes: readonly Change[]): Undo {
  const way = inMemory(ground);
  makeChanges(ground, changes, way);
  return () => way.takeBack(changes.length, null);
}

function inMemory(ground: Ground): WayBack {
  let before: Change[] = [];
  return {
    keep(changes) {
      before = changes.map(({ path, from }) => {
        const to = readEntry(ground, path);
        if (from === undefined || isSameEntry(to, from)) return { path, to };
        throw new KnownError(
          `${path} was changed by another program meanwhile: nothing was changed; run it again`,
        );
      });
    },
    done: syncFolder,
    takeBack(count) {
      // Some may fail, on a full disk for example; the others are put back.
      const failed = before
        .splice(0)
        .slice(0, count)
        .reverse()
        .flatMap((change) => tryBack(ground, change));
      if (failed.length === 0) return;
      throw new KnownError(
        [
          'it failed, and these could not be put back as they were; run the same command again when there is room:',
          ...failed,
        ].join('\n  '),
      );
    },
  };
}

function syncFolder({ folder }: Spot): void {
  folder.sync();
}

function tryBack(ground: Ground, { path, to }: Change): string[] {
  try {
    make(ground, path, to, { done: syncFolder });
    return [];
  } catch (error) {
    return [`${path} (${codeOf(error) ?? messageOf(error)})`];
  }
}

/** Returns the changes whose path does not have the wanted entry yet. */
export function findNeeded<T extends Change>(ground: Ground, changes: readonly T[]): T[] {
  return changes.filter(({ path, to }) => to.kind === 'staged' || !isSameEntry(readEntry(ground, path), to));
}

export function readEntry(ground: Ground, path: string): Entry {
  const entry = ground.at(path, ({ folder, name }): Entry => {
    const stats = lstatSync(folder.at(name), { throwIfNoEntry: false });
    if (stats === undefined) return absent;
    const mode = stats.mode & 0o7777;
    const owner = { uid: stats.uid, gid: stats.gid };
    if (stats.isDirectory()) return { kind: 'folder', mode, owner };
    if (stats.isSymbolicLink()) return { kind: 'link', target: readlinkSync(folder.at(name)) };
    if (!stats.isFile()) return { kind: 'special' };
    const bytes = withFile(folder, name, ({ descriptor }) => readFileSync(descriptor));
    return bytes === null ? absent : { kind: 'file', bytes, mode, owner };
  });
  return entry ?? absent;
}

/** Returns the text of a file in latin1, so that no byte changes; null when there is no such file. */
export function readBytesAsText(ground: Ground, path: string): string | null {
  const entry = readEntry(ground, path);
  return entry.kind === 'file' ? entry.bytes.toString('latin1') : null;
}

/** Returns the names in a folder; none when it is not there. */
export function listFolder(ground: Ground, path: string): Dirent[] {
  return ground.at(join(path, 'any'), ({ folder }) => folder.entries()) ?? [];
}

function isSameEntry(a: Entry, b: Entry): boolean {
  if (a.kind === 'absent' || b.kind === 'absent' || a.kind === 'special' || b.kind === 'special')
    return a.kind === b.kind;
  if (a.kind === 'link' || b.kind === 'link')
    return a.kind === 'link' && b.kind === 'link' && a.target === b.target;
  if (a.kind !== b.kind || a.mode !== b.mode || !isSameOwner(a.owner, b.owner)) return false;
  return a.kind === 'folder' || b.kind === 'folder' || a.bytes.equals(b.bytes);
}

function isSameOwner(a: Owner, b: Owner): boolean {
  return a.uid === b.uid && a.gid === b.gid;
}
