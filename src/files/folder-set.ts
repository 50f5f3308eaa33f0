import { lstatSync, mkdirSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { codeOf, toWriteError } from '../errors.ts';
import { type CurrentFile, readCurrent } from './current.ts';
import { journalNames, recover, type SetGround, type StagedSet, stageSet, type Target } from './file-set.ts';
import { type HeldFolder, holdFolder, inFolder, withTruePath } from './held.ts';
import type { Spot } from './transaction.ts';

/** The name of a staging folder is this prefix and the id of the process that stages. */
const stagingPrefix = '.opencti-wazuh-staging-';

export interface FolderTarget extends Target {
  /**
   * A file of the folder as it is now; null: it is not there. What is no plain file or cannot be read counts as empty: that
   * it is in the way shows when a set is put there.
   */
  current(path: string): CurrentFile | null;
}

/**
 * Returns a target that publishes to a plain folder. All files are staged first, in a folder of their own inside of it, so
 * that each move stays on one file system; what a file replaces is kept there, too.
 */
export function createFolderTarget(folder: string): FolderTarget {
  return {
    current(path) {
      const place = join(folder, path);
      const isThere = listNames(dirname(place)).includes(basename(place));
      return isThere ? (readCurrent(() => tryOpen(place)) ?? unread) : null;
    },
    async stage(files) {
      const name = `${stagingPrefix}${process.pid}`;
      const staging = join(folder, name);
      try {
        mkdirSync(folder, { recursive: true });
        recoverFolder(folder);
        mkdirSync(staging);
        const ground = toGround(folder, name);
        try {
          return withoutStaging(await stageSet(ground, files), ground, staging);
        } catch (error) {
          ground.close();
          throw error;
        }
      } catch (error) {
        // When the folder itself is the problem, there is nothing to remove; the first error is the one to report.
        quietly(() => rmSync(staging, { recursive: true, force: true }));
        throw toWriteError(folder, error);
      }
    },
  };
}

/**
 * Takes back what runs that were killed had begun to put in place, and removes what they left.
 * @throws KnownError when that cannot be done.
 */
export function recoverFolder(folder: string): void {
  try {
    for (const name of listNames(folder)) {
      if (!name.startsWith(stagingPrefix)) continue;
      const id = Number(name.slice(stagingPrefix.length));
      if (id === process.pid || !isAlive(id)) recoverStaging(folder, name);
    }
  } catch (error) {
    throw toWriteError(folder, withTruePath(error));
  }
}

const unread: CurrentFile = { sha256: '', chunks: () => [], lines: () => [] };

function tryOpen(path: string): { readonly descriptor: number } | null {
  try {
    return statSync(path).isFile() ? { descriptor: openSync(path, 'r') } : null;
  } catch {
    return null;
  }
}

/** Where there is none, there is nothing to take back; what is no folder shows when something is staged. */
function listNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

function recoverStaging(folder: string, name: string): void {
  const staging = join(folder, name);
  const stats = lstatSync(staging, { throwIfNoEntry: false });
  // A journal that another user may have written does not count.
  if (stats?.isDirectory() && stats.uid === process.getuid?.()) {
    const ground = toGround(folder, name);
    try {
      recover(ground);
    } finally {
      ground.close();
    }
  }
  rmSync(staging, { recursive: true, force: true });
}

interface FolderGround extends SetGround {
  close(): void;
}

/** @param staging the name of the folder with what is staged and kept. */
function toGround(path: string, staging: string): FolderGround {
  const parts = new Map<string, HeldFolder>();
  const stagedParts = new Map<string, HeldFolder>();
  const own = inFolder(path, [], (folder) => folder.folder(staging));
  if (own === null) throw new Error(`${path} has no folder ${staging}`);
  stagedParts.set('.', own);
  // A folder of the set is made when the first file is put there.
  const place = (file: string) =>
    toSpot(parts, file, (part) => {
      mkdirSync(join(path, part), { recursive: true });
      return holdFolder(join(path, part));
    });
  const staged = (file: string) => toSpot(stagedParts, file, (part) => own.makeFolder(part, own.owner));
  return {
    path,
    show: (file) => file,
    isOwn: (file) => /^(?:[\w-]+\/)?\w[\w.-]*$/.test(file),
    at: (file, work) => work({ ...place(file), staged: staged(file) }),
    staged,
    kept: (file) => ({ ...staged(file), name: `${staged(file).name}.previous` }),
    access: null,
    journal: { folder: own, owner: own.owner },
    isOpenToOthers: false,
    leftovers: null,
    sync: () => {
      for (const part of parts.values()) part.sync();
    },
    close: () => {
      for (const folder of [...parts.values(), ...stagedParts.values()]) folder.close();
      parts.clear();
      stagedParts.clear();
    },
  };
}

/** @param known folders that are held open already, by their paths; the folders of a set have no folders inside. */
function toSpot(known: Map<string, HeldFolder>, file: string, hold: (part: string) => HeldFolder): Spot {
  const part = dirname(file);
  const folder = known.get(part) ?? hold(part);
  known.set(part, folder);
  return { folder, name: basename(file) };
}

/** Returns the same set; the folder with what is staged and kept is removed as soon as there is no way back. */
function withoutStaging(set: StagedSet, ground: FolderGround, staging: string): StagedSet {
  let isOpen = true;
  const end = (): void => {
    set.finish();
    isOpen = false;
    ground.close();
    // Its journal is removed, so it is of no use any more; if it stays, the next run removes it.
    quietly(() => rmSync(staging, { recursive: true, force: true }));
  };
  const undo = (): void => {
    if (!isOpen) return;
    set.undo();
    end();
  };
  return {
    ...set,
    undo,
    commit(obsolete) {
      try {
        set.commit(obsolete);
      } catch (error) {
        // The next run puts back what could not be put back now: the journal is still there.
        quietly(undo);
        throw error;
      }
    },
    finish() {
      end();
      quietly(() => forgetOthers(ground.path));
    },
  };
}

/**
 * Removes the journals of other runs: what they kept is not the set before this one any more. `recoverFolder` left them
 * out as runs that are at work, by a process id that another process may have now.
 */
function forgetOthers(folder: string): void {
  for (const name of listNames(folder).filter((found) => found.startsWith(stagingPrefix)))
    for (const journal of journalNames) rmSync(join(folder, name, journal), { force: true });
}

function quietly(work: () => void): void {
  try {
    work();
  } catch {}
}
