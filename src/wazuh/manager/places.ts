import {
  closeSync,
  constants,
  fsyncSync,
  futimesSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { findLeftParts, ownPaths, toOwnFile } from '../own-files.ts';
import { giveAway, removeName } from './held-files.ts';
import { type HeldFolder, type Owner, openFile, statName } from './held-folder.ts';
import type { HeldHome, HeldManager } from './held-home.ts';
import type { JournalEntry } from './journal.ts';
import { toSecond } from './read-back-list.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/** Where a file of ours stands, and what stands beside it while a set changes. */
export interface Place {
  readonly path: string;
  readonly folder: HeldFolder;
  readonly name: string;
  /** Neither the engine (`*.xml`, declared names) nor the cluster (not `~`) takes them. */
  readonly staged: string;
  readonly kept: string;
}

/** Files that `wazuh` and the server API write have this mode. */
export const publishedMode = 0o660;

/** @throws Error for a path that is not one of ours: nothing else is ever touched. */
export function toPlace({ own }: HeldManager, path: string): Place {
  const file = toOwnFile(path);
  if (file === null) throw new Error(`${path} is not a file of this project`);
  const { folder, name } = file;
  return { path, folder: own[folder], name, staged: `.${name}.new~`, kept: `.${name}.old~` };
}

/**
 * What a killed run has left beside the files when no journal stands: staged files, second names of what still
 * stands there, and what a set that was published took the place of.
 */
export function clearLeftovers(home: HeldHome): void {
  const names = home.own.rules.entries().map(({ name }) => name);
  for (const path of [...ownPaths, ...findLeftParts(names)]) {
    const { folder, name, staged, kept } = toPlace(home, path);
    removeName(folder, staged);
    if (statName(folder, name)?.ino === statName(folder, kept)?.ino) removeName(folder, kept);
    else toPrevious(home, path);
  }
}

/** Keeps what stands there under a second name, so that putting it back needs no room on the disk. */
export function keep({ folder, name, kept }: Place, owner: Owner): boolean {
  const file = openFile(folder, name);
  if (file === null) return false;
  closeSync(file.descriptor);
  removeName(folder, kept);
  try {
    linkSync(folder.at(name), folder.at(kept));
  } catch {
    // Another user's file may not be linked (fs.protected_hardlinks); whoever can read it can copy it.
    copyFile(folder, name, folder, kept, owner);
  }
  return true;
}

function copyFile(folder: HeldFolder, from: string, toFolder: HeldFolder, to: string, owner: Owner): void {
  const source = openFile(folder, from);
  if (source === null) return;
  const target = openSync(toFolder.at(to), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    writeFileSync(target, readFileSync(source.descriptor));
    giveAway(target, owner, publishedMode);
    fsyncSync(target);
  } finally {
    closeSync(source.descriptor);
    closeSync(target);
  }
}

/**
 * Gives a file that is about to take its place a time of change that makes the engine compile it: a whole second
 * beyond the database's, also after the clock was set back (Wazuh 4.14.7).
 */
function touch({ folder, name }: Place, from: string): void {
  const database = statName(folder, `${name}.cdb`);
  const beyond = database === null ? 0 : toSecond(database.mtimeMs) + 1;
  const time = Math.max(Date.now() / 1_000, beyond);
  const file = openFile(folder, from);
  if (file === null) return;
  futimesSync(file.descriptor, time, time);
  fsyncSync(file.descriptor);
  closeSync(file.descriptor);
}

export function putInPlace(place: Place, from: string): void {
  touch(place, from);
  renameSync(place.folder.at(from), place.folder.at(place.name));
}

/**
 * Puts back what stood there before.
 * @returns whether anything had to be moved. An undo that was cut short can be done again.
 */
export function putBack(home: HeldHome, { path, existed }: JournalEntry): boolean {
  const place = toPlace(home, path);
  const { folder, name, kept } = place;
  const before = statName(folder, kept);
  if (before === null) return existed ? false : removeNew(place);
  const now = statName(folder, name);
  if (now !== null && now.ino === before.ino) {
    unlinkSync(folder.at(kept));
    return false;
  }
  // A file with another name elsewhere is not ours alone: its times stay, and a copy takes the place.
  if (before.nlink === 1) putInPlace(place, kept);
  else {
    removeName(folder, place.staged);
    copyFile(folder, kept, folder, place.staged, home.owner);
    putInPlace(place, place.staged);
    unlinkSync(folder.at(kept));
  }
  return true;
}

function removeNew({ folder, name }: Place): boolean {
  removeName(folder, `${name}.cdb`);
  return removeName(folder, name);
}

/** Moves what was kept to the previous set. */
function toPrevious(home: HeldHome, path: string): void {
  const file = toOwnFile(path);
  const { folder, name, kept } = toPlace(home, path);
  if (file === null || statName(folder, kept) === null) return;
  const target = home.previous[file.folder];
  removeName(target, name);
  try {
    renameSync(folder.at(kept), target.at(name));
  } catch {
    // `var` may be another file system.
    copyFile(folder, kept, target, name, home.owner);
    removeName(folder, kept);
  }
}
