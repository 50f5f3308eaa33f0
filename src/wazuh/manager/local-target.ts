import { closeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { KnownError } from '../../errors.ts';
import type { PlannedFile, StagedFile } from '../../publish/planned-file.ts';
import type { StagedSet, Target } from '../../publish/target.ts';
import { nameCause, toWriteError } from '../../publish/write-error.ts';
import { hashFile, writeLines } from '../../publish/write-file.ts';
import { ownPaths } from '../own-files.ts';
import { giveAway, removeName } from './held-files.ts';
import { openFile } from './held-folder.ts';
import type { HeldHome } from './held-home.ts';
import { type JournalEntry, readJournal, removeJournal, turnJournal, writeJournal } from './journal.ts';
import { clearLeftovers, keep, publishedMode, putBack, putInPlace, toPlace } from './places.ts';
import { withTruePath } from './true-path.ts';

/**
 * The manager of this machine. Each file is staged beside its place and renamed over it; what stood there is
 * kept beside it until the engine has taken the set. The journal says what is under way: killed at any point,
 * the next run puts the old set back (`recover`), and once the journal is gone the new set stays.
 */
export function createLocalTarget(home: HeldHome): Target {
  return {
    async stage(files) {
      const staged: StagedFile[] = [];
      try {
        for (const file of files) staged.push(await write(home, file));
        return createStagedSet(home, staged);
      } catch (error) {
        for (const path of ownPaths) removeStaged(home, path);
        throw toWriteError(home.path, withTruePath(error));
      }
    },
  };
}

async function write(home: HeldHome, { path, lines }: PlannedFile): Promise<StagedFile> {
  const { folder, staged } = toPlace(home, path);
  removeName(folder, staged);
  const written = await writeLines(folder.at(staged), lines, {
    mode: 0o600,
    finish: async (file) => giveAway(file.fd, home.owner, publishedMode),
  });
  return { path, ...written };
}

function removeStaged(home: HeldHome, path: string): void {
  const { folder, staged } = toPlace(home, path);
  removeName(folder, staged);
}

function createStagedSet(home: HeldHome, files: StagedFile[]): StagedSet {
  let entries: readonly JournalEntry[] = [];
  return {
    files,
    async add(file) {
      files.push(await write(home, file));
    },
    async commit(obsolete = []) {
      const gone = obsolete.filter((path) => !files.some((file) => file.path === path));
      const paths = inOrder(
        files.map(({ path }) => path),
        gone,
      );
      try {
        entries = paths.map((path) => ({ path, existed: keep(toPlace(home, path), home.owner) }));
        writeJournal(home, entries);
        for (const path of paths) replace(home, path, gone.includes(path));
        syncFolders(home);
      } catch (error) {
        turnJournal(home);
        undoEntries(home, entries, error);
        forget(home);
        throw toWriteError(home.path, withTruePath(error));
      }
    },
    async readBack() {
      const problems = await Promise.all(files.map((file) => findProblem(home, file)));
      return problems.filter((problem) => problem !== null);
    },
    async undo() {
      turnJournal(home);
      undoEntries(home, entries, null);
    },
    async finish() {
      forget(home);
      for (const { path } of entries) removeOrphan(home, path);
    },
  };
}

/** What the engine has compiled of a list that is gone. */
function removeOrphan(home: HeldHome, path: string): void {
  const { folder, name } = toPlace(home, path);
  if (!path.startsWith('lists/') || folder.entries().some((entry) => entry.name === name)) return;
  removeName(folder, `${name}.cdb`);
}

/** The order of own-files.ts; what goes away goes last and in the reverse order, when nothing that is there names it. */
function inOrder(planned: readonly string[], gone: readonly string[]): string[] {
  const placeOf = (path: string) => {
    const place = ownPaths.indexOf(path);
    return place === -1 ? ownPaths.length : place;
  };
  return [
    ...[...planned].sort((a, b) => placeOf(a) - placeOf(b)),
    ...[...gone].sort((a, b) => placeOf(b) - placeOf(a)),
  ];
}

function replace(home: HeldHome, path: string, isGone: boolean): void {
  const place = toPlace(home, path);
  if (isGone) removeName(place.folder, place.name);
  else putInPlace(place, place.staged);
}

/** @param cause what made it necessary, if it was not the engine. */
function undoEntries(home: HeldHome, entries: readonly JournalEntry[], cause: unknown): void {
  try {
    for (const entry of entries.toReversed()) putBack(home, entry);
    for (const path of ownPaths) removeStaged(home, path);
    syncFolders(home);
  } catch (error) {
    const first = cause === null ? '' : `${nameCause(cause)}, and `;
    throw new KnownError(
      `${home.path}: ${first}the set that was there before could not be put back (${nameCause(error)}); the next run tries again`,
      { cause: error },
    );
  }
}

function syncFolders({ own }: HeldHome): void {
  for (const folder of Object.values(own)) folder.sync();
}

async function findProblem(home: HeldHome, { path, sha256 }: StagedFile): Promise<string | null> {
  const { folder, name } = toPlace(home, path);
  const held = openFile(folder, name);
  if (held === null) return `etc/${path} is not there`;
  closeSync(held.descriptor);
  const file = await open(folder.at(name));
  const found = await hashFile(file).finally(() => file.close());
  return found === sha256 ? null : `etc/${path} does not hold what was written`;
}

/** How a run ended that had not come to its end. */
export type Unfinished = 'killed' | 'undoing';

/**
 * Undoes what an unfinished run had begun to publish, and clears what it left behind.
 * @returns null: none had. Else the engine may have loaded what was undone: it has to be reloaded, and then `forget`.
 */
export function recover(home: HeldHome): Unfinished | null {
  const journal = readJournal(home);
  if (journal === null) {
    clearLeftovers(home);
    return null;
  }
  undoEntries(home, journal.files, null);
  return journal.isUndo ? 'undoing' : 'killed';
}

/** The engine has what is on the disk, and that stays. What it took the place of becomes the previous set. */
export function forget(home: HeldHome): void {
  removeJournal(home);
  clearLeftovers(home);
}
