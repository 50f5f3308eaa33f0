import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  lchownSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { KnownError } from '../errors.ts';
import { isRoot, type Owner } from '../wazuh/manager/held-folder.ts';
import { type Entry, isSameEntry, readEntry } from './entry.ts';
import { atPlace, type Machine } from './place.ts';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;

/** What is to stand at a path. Planned as a whole before the first one is written. */
export interface Change {
  readonly path: string;
  readonly to: Entry;
  /** For the reader of a dry run; may be empty. */
  readonly why: string;
  /** What the change was made of: when something else stands there by now, nothing is changed. */
  readonly from?: Entry;
}

/** Changes that would change something. */
export function findNeeded(machine: Machine, changes: readonly Change[]): Change[] {
  return changes.filter(({ path, to }) => !isSameEntry(readEntry(machine, path), to));
}

/** The way back. @throws KnownError that names what could not be put back. */
export type Undo = () => void;

/**
 * Makes all changes, or none.
 * @returns the way back.
 * @throws the system's error, and then all is as it was; KnownError when it is not.
 */
export function applyChanges(machine: Machine, changes: readonly Change[]): Undo {
  const done: Change[] = [];
  const undo = () => undoChanges(machine, done.splice(0).reverse());
  try {
    for (const { path, to, why, from } of changes) {
      const before = readEntry(machine, path);
      if (from !== undefined && !isSameEntry(before, from))
        throw new KnownError(
          `${path} was changed by somebody else meanwhile: nothing was changed; run it again`,
        );
      put(machine, path, to);
      done.push({ path, to: before, why });
    }
    return undo;
  } catch (error) {
    undo();
    throw error;
  }
}

/** A full disk, say, may keep some from going back; the others do. */
function undoChanges(machine: Machine, changes: readonly Change[]): void {
  const failed = changes.flatMap(({ path, to }) => {
    try {
      put(machine, path, to);
      return [];
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return [`${path} (${code ?? message})`];
    }
  });
  if (failed.length === 0) return;
  throw new KnownError(
    [
      'it failed, and these could not be put back as they were; run the same command again when there is room:',
      ...failed,
    ].join('\n  '),
  );
}

const stagedEnd = '.opencti-wazuh~';

/** Beside its place, under a name that neither the engine nor cron, logrotate or the cluster takes. */
function toStagedName(name: string): string {
  return `.${name}${stagedEnd}`;
}

/** Did an installation that was killed leave it? No other program makes such a name. */
export function isStagedName(name: string): boolean {
  return name.startsWith('.') && name.endsWith(stagedEnd);
}

function put(machine: Machine, path: string, to: Entry): void {
  const isDone = atPlace(machine, path, ({ path: at, folder, name }) => {
    if (to.kind === 'absent') remove(at, readEntry(machine, path));
    else if (to.kind === 'folder') putFolder(at, to.mode, to.owner);
    else if (to.kind === 'link') putLink(at, to.target);
    else if (to.kind === 'file') {
      putFile(folder.at(toStagedName(name)), at, to);
    }
    folder.sync();
    return true;
  });
  // What is to be absent is, when its folder is.
  if (!isDone && to.kind !== 'absent') throw new Error(`the folder of ${path} is not there`);
}

function putFile(staged: string, at: string, { bytes, mode, owner }: Extract<Entry, { kind: 'file' }>): void {
  rmSync(staged, { force: true });
  try {
    writeOwned(staged, bytes, mode, owner);
    renameSync(staged, at);
  } catch (error) {
    rmSync(staged, { force: true });
    throw error;
  }
}

function remove(at: string, entry: Entry): void {
  if (entry.kind === 'folder') rmdirSync(at);
  else if (entry.kind !== 'absent') unlinkSync(at);
}

function putFolder(at: string, mode: number, owner: Owner): void {
  mkdirSync(at, { recursive: true });
  // A link that `wazuh` has planted is none of ours.
  const descriptor = openSync(at, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    own(descriptor, mode, owner);
  } finally {
    closeSync(descriptor);
  }
}

function putLink(at: string, target: string): void {
  rmSync(at, { force: true });
  symlinkSync(target, at);
  if (isRoot()) lchownSync(at, 0, 0);
}

/** The manager's user may write `etc`, but what it writes there would not be root's any more (Wazuh 4.2.0 to 4.14.7). */
function toNotRoot(): Error {
  return Object.assign(new Error('a file of root'), { code: 'EPERM', syscall: 'chown' });
}

function writeOwned(at: string, bytes: Buffer, mode: number, owner: Owner): void {
  const descriptor = openSync(at, 'wx', 0o600);
  try {
    writeFileSync(descriptor, bytes);
    own(descriptor, mode, owner);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function own(descriptor: number, mode: number, { uid, gid }: Owner): void {
  if (isRoot()) fchownSync(descriptor, uid, gid);
  else if (uid !== process.getuid?.()) throw toNotRoot();
  fchmodSync(descriptor, mode);
}
