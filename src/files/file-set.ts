import { fsyncSync, futimesSync, linkSync, renameSync, unlinkSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as v from 'valibot';
import { KnownError, nameCause, toWriteError } from '../errors.ts';
import {
  type HeldFolder,
  type Owner,
  readChunks,
  readHeldText,
  statName,
  withFile,
  withTruePath,
} from './held.ts';
import { absent, type Change, type Ground, makeChanges, type Spot, staged } from './transaction.ts';
import {
  type Access,
  hashOf,
  type PlannedFile,
  removeName,
  replaceText,
  toChunks,
  type WrittenFile,
  writeHashed,
  writeNew,
} from './write.ts';

/**
 * The place of a set of files. This folder has no name of Wazuh in it: the caller hands in the paths that are its
 * own.
 */
export interface SetGround extends Ground {
  /** The folder that the set is for, as messages name it. */
  readonly path: string;
  /** Returns a path of the set as messages name it. */
  show(path: string): string;
  /** Returns whether the set may have such a path. No other path is ever touched, whatever a journal says. */
  isOwn(path: string): boolean;
  /** Returns where a file is written before it is put in its place. */
  staged(path: string): Spot;
  /** Returns the second name of the entry that a file replaces. */
  kept(path: string): Spot;
  /** Owner and mode of the files; null: they belong to this process, and the umask decides who may read them. */
  readonly access: Access | null;
  /** The folder of the journal, and the owner of the journal. */
  readonly journal: { readonly folder: HeldFolder; readonly owner: Owner };
  /** True when other users can write in the folders: what is no plain file there is refused. */
  readonly isOpenToOthers: boolean;
  /** Null when all that is staged and kept is in one folder of its own, which the caller removes. */
  readonly leftovers: Leftovers | null;
  /** Writes the folders of the set to the disk (`fsync`). */
  sync(): void;
}

/** What may be beside the files of a set. */
export interface Leftovers {
  /** Returns every path beside which a run may have left something. */
  paths(): readonly string[];
  /** Returns where the entry that a file replaced is kept when the set stays. */
  previous(path: string): Spot;
  /**
   * Returns the name of the database that another program makes of a file as soon as the file is newer by a whole second.
   * It is removed together with the file.
   */
  toDatabase(name: string): string;
}

/** A file that is staged. */
export interface StagedFile extends WrittenFile {
  readonly path: string;
}

/** A set of files that is written, but not yet in its place. */
export interface StagedSet {
  readonly files: readonly StagedFile[];
  /** Stages one more file, such as a manifest of the others; it is put in place after them. */
  add(file: PlannedFile): Promise<void>;
  /**
   * Puts every file in its place, in the order in which they were staged, or none.
   * @param obsolete paths of an earlier set: those that are not in this one are removed afterwards, the last one first.
   * @throws KnownError; then everything is as it was before.
   */
  commit(obsolete?: readonly string[]): void;
  /** Returns one sentence for each file that is not in its place as it was staged. */
  readBack(): string[];
  /** Removes what was staged, before a commit; after it, puts back what was there before. */
  undo(): void;
  /** Ends a commit: the set before it becomes the previous one, or is removed. After that there is no way back. */
  finish(): void;
}

/** A place that a set can be published to: a folder, or the manager of this machine. */
export interface Target {
  stage(files: Iterable<PlannedFile>): Promise<StagedSet>;
}

/**
 * Writes all files beside their places, so that a full disk or a missing right is found before the first one is replaced.
 * What a file replaces is kept under a second name until `finish`, and the journal names the files of the set. When the
 * process is killed at any point, the next run puts the old set back (`recover`); once the journal is removed, the new
 * set stays.
 * @throws KnownError, and then nothing that was staged is left.
 */
export async function stageSet(ground: SetGround, planned: Iterable<PlannedFile>): Promise<StagedSet> {
  const files: StagedFile[] = [];
  /** The path by the lines: lists that share their lines are rendered once. */
  const written = new Map<PlannedFile['lines'], string>();
  async function add({ path, lines }: PlannedFile): Promise<void> {
    const twin = written.get(lines);
    files.push({
      path,
      ...(twin === undefined ? write(ground, path, toChunks(lines)) : copy(ground, twin, path)),
    });
    written.set(lines, path);
    // A signal to stop is handled between two files.
    await nextTurn();
  }
  try {
    for (const file of planned) await add(file);
    return toStagedSet(ground, files, add);
  } catch (error) {
    removeStaged(ground);
    throw toWriteError(ground.path, withTruePath(error));
  }
}

function write(ground: SetGround, path: string, chunks: Iterable<Uint8Array>): WrittenFile {
  const { folder, name } = ground.staged(path);
  return writeHashed(folder, name, chunks, ground.access);
}

function copy(ground: SetGround, twin: string, path: string): WrittenFile {
  const { folder, name } = ground.staged(twin);
  const written = withFile(folder, name, (file) => write(ground, path, readChunks(file)));
  if (written === null) throw new Error(`${folder.path}/${name} was staged and is not there`);
  return written;
}

function toStagedSet(ground: SetGround, files: StagedFile[], add: StagedSet['add']): StagedSet {
  let entries: readonly JournalEntry[] = [];
  return {
    files,
    add: async (file) => {
      try {
        await add(file);
      } catch (error) {
        throw toWriteError(ground.path, withTruePath(error));
      }
    },
    commit(obsolete = []) {
      const gone = obsolete.filter((path) => !files.some((file) => file.path === path));
      const changes: Change[] = [
        ...files.map(({ path }): Change => ({ path, to: staged })),
        ...gone.toReversed().map((path): Change => ({ path, to: absent })),
      ];
      try {
        makeChanges(ground, changes, {
          keep: () => {
            entries = changes.map(({ path }) => ({ path, existed: keep(ground, path) }));
            writeJournal(ground, entries);
          },
          before: (place, { kind }) => {
            if (kind === 'staged') touch(ground, place, place.staged);
          },
          end: () => ground.sync(),
          takeBack: (_, cause) => {
            turnJournal(ground);
            undoEntries(ground, entries, cause);
            forget(ground);
          },
        });
      } catch (error) {
        throw toWriteError(ground.path, withTruePath(error));
      }
    },
    readBack: () => files.flatMap((file) => findProblem(ground, file) ?? []),
    undo() {
      turnJournal(ground);
      undoEntries(ground, entries, null);
    },
    finish() {
      try {
        removeJournal(ground);
      } catch (error) {
        throw toWriteError(ground.path, withTruePath(error));
      }
      try {
        clearLeftovers(ground);
      } catch {
        // The journal is removed, so the set stays; the next run removes what is left beside it.
      }
    },
  };
}

function removeStaged(ground: SetGround): void {
  for (const path of ground.leftovers?.paths() ?? []) removeSpot(ground.staged(path));
}

const removeSpot = ({ folder, name }: Spot): boolean => removeName(folder, name);

/**
 * Keeps what is at a path under a second name, so that it can be put back without room on the disk.
 * @returns whether there was anything.
 */
function keep(ground: SetGround, path: string): boolean {
  const isThere = ground.at(path, ({ folder, name }) => {
    const stats = ground.isOpenToOthers
      ? withFile(folder, name, (file) => file.stats)
      : statName(folder, name);
    if (stats === null) return false;
    const kept = ground.kept(path);
    removeSpot(kept);
    try {
      linkSync(folder.at(name), kept.folder.at(kept.name));
    } catch (error) {
      if (!stats.isFile()) throw error;
      // A file of another user may not be linked (fs.protected_hardlinks). It can be copied by every user who can read it.
      copyFile(ground, { folder, name }, kept);
    }
    return true;
  });
  return isThere ?? false;
}

function copyFile({ access }: SetGround, from: Spot, to: Spot): void {
  withFile(from.folder, from.name, (file) => {
    const { uid, gid, mode } = file.stats;
    writeNew(to.folder, to.name, readChunks(file), access ?? { owner: { uid, gid }, mode: mode & 0o7777 });
  });
}

/**
 * Gives a file, before it is put in its place, a time of change that makes the engine compile it: a whole second
 * after the database's, even when the clock was set back (Wazuh 4.14.7).
 */
function touch({ leftovers }: SetGround, { folder, name }: Spot, from: Spot): void {
  if (leftovers === null) return;
  const database = statName(folder, leftovers.toDatabase(name));
  const beyond = database === null ? 0 : Math.floor(database.mtimeMs / 1_000) + 1;
  const time = Math.max(Date.now() / 1_000, beyond);
  withFile(from.folder, from.name, ({ descriptor }) => {
    futimesSync(descriptor, time, time);
    fsyncSync(descriptor);
  });
}

/** How an earlier run was stopped: while it published, or while it took its set back. */
export type Unfinished = 'killed' | 'undoing';

/**
 * Undoes what an unfinished run had begun to publish, and removes what it left beside the files.
 * @returns null when there was no such run. Otherwise the engine may have loaded the set that was undone: the caller has to
 * reload it, and then to call `forget`.
 */
export function recover(ground: SetGround): Unfinished | null {
  const journal = readJournal(ground);
  if (journal === null) {
    clearLeftovers(ground);
    return null;
  }
  undoEntries(ground, journal.files, null);
  return journal.isUndo ? 'undoing' : 'killed';
}

/**
 * Removes the journal once the engine has loaded what is on the disk: that set stays, and the one that it replaced becomes
 * the previous set.
 */
export function forget(ground: SetGround): void {
  removeJournal(ground);
  clearLeftovers(ground);
}

/**
 * Puts all entries back, the last one first. A failure ends it, since the entries have to be put back in this order; the
 * next run goes on from there.
 * @param cause the error that made it necessary; null when it was the engine's verdict.
 */
function undoEntries(ground: SetGround, entries: readonly JournalEntry[], cause: unknown): void {
  try {
    for (const entry of entries.toReversed()) putBack(ground, entry);
    removeStaged(ground);
    ground.sync();
  } catch (error) {
    const first = cause === null ? '' : `${nameCause(cause)}, and `;
    throw new KnownError(
      `${ground.path}: ${first}the set that was there before could not be put back (${nameCause(error)}); the next run tries again`,
      { cause: error },
    );
  }
}

/** Puts back what was at a path before. An undo that was interrupted can be repeated. */
function putBack(ground: SetGround, { path, existed }: JournalEntry): void {
  ground.at(path, (place) => {
    const { folder, name } = place;
    const kept = ground.kept(path);
    const before = statName(kept.folder, kept.name);
    if (before === null) {
      if (!existed) removeNew(ground, place);
      return;
    }
    if (statName(folder, name)?.ino === before.ino) {
      unlinkSync(kept.folder.at(kept.name));
      return;
    }
    // A file that has another name elsewhere is not ours alone: its times must not change, so a copy is put back.
    const isOurs = before.nlink === 1 || ground.leftovers === null;
    const from = isOurs ? kept : place.staged;
    if (!isOurs) copyFile(ground, kept, from);
    touch(ground, place, from);
    renameSync(from.folder.at(from.name), folder.at(name));
    if (!isOurs) unlinkSync(kept.folder.at(kept.name));
  });
}

function removeNew({ leftovers }: SetGround, { folder, name }: Spot): void {
  if (leftovers !== null) removeName(folder, leftovers.toDatabase(name));
  removeName(folder, name);
}

/**
 * Removes what a run has left beside the files when there is no journal: staged files, second names of what is still
 * there, and what the engine has compiled from a file that was removed. What a published set replaced becomes the
 * previous set.
 */
function clearLeftovers(ground: SetGround): void {
  const { leftovers } = ground;
  if (leftovers === null) return;
  for (const path of leftovers.paths())
    ground.at(path, ({ folder, name }) => {
      removeSpot(ground.staged(path));
      const kept = ground.kept(path);
      const now = statName(folder, name);
      if (now?.ino === statName(kept.folder, kept.name)?.ino) removeSpot(kept);
      else moveToPrevious(ground, kept, leftovers.previous(path));
      if (now === null) removeName(folder, leftovers.toDatabase(name));
    });
}

function moveToPrevious(ground: SetGround, kept: Spot, to: Spot): void {
  if (statName(kept.folder, kept.name) === null) return;
  removeSpot(to);
  try {
    renameSync(kept.folder.at(kept.name), to.folder.at(to.name));
  } catch {
    // The folder may be on another file system.
    copyFile(ground, kept, to);
    removeSpot(kept);
  }
}

function findProblem(ground: SetGround, { path, sha256 }: StagedFile): string | null {
  const found = ground.at(path, ({ folder, name }) =>
    withFile(folder, name, (file) => hashOf(readChunks(file))),
  );
  if (found === null) return `${ground.show(path)} is not there`;
  return found === sha256 ? null : `${ground.show(path)} does not hold what was written`;
}

/** A file that will be put in its place or removed. */
interface JournalEntry {
  readonly path: string;
  /** Whether it was there before. */
  readonly existed: boolean;
}

interface Journal {
  readonly files: readonly JournalEntry[];
  /** True when the run had failed, and was taking its set back. */
  readonly isUndo: boolean;
}

/** The names of the journal of a set that is being published, and of one that is being taken back. */
export const journalNames = ['journal.json', 'undo.json'] as const;
const [journalName, undoName] = journalNames;
/** More bytes than a journal ever has: it names about twelve files. */
const mostBytes = 64 * 1024;

/** Writes the journal: from here on the set is being published. When the journal is removed, the set stays. */
function writeJournal({ journal }: SetGround, files: readonly JournalEntry[]): void {
  replaceText(journal.folder, journalName, `${JSON.stringify({ files })}\n`, journal.owner);
}

/**
 * Returns the files of a run that did not finish; null when there is none. Another user may have written the journal, so
 * only the names of our own files in it count. One that cannot be parsed may be of any set: then all files are returned.
 */
function readJournal(ground: SetGround): Journal | null {
  const { folder } = ground.journal;
  const publishing = readHeldText(folder, journalName, mostBytes);
  const text = publishing ?? readHeldText(folder, undoName, mostBytes);
  if (text === null) return null;
  const path = v.pipe(
    v.string(),
    v.check((name) => ground.isOwn(name)),
  );
  const schema = v.object({ files: v.array(v.object({ path, existed: v.boolean() })) });
  const result = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
  const all = () => (ground.leftovers?.paths() ?? []).map((name) => ({ path: name, existed: true }));
  return { files: result.success ? result.output.files : all(), isUndo: publishing === null };
}

/** Renames the journal: from here on the set is being taken back. A rename needs no room on the disk. */
function turnJournal({ journal: { folder } }: SetGround): void {
  try {
    renameSync(folder.at(journalName), folder.at(undoName));
    folder.sync();
  } catch {
    // The name of the journal only decides what the next run reports.
  }
}

function removeJournal({ journal: { folder } }: SetGround): void {
  const gone = journalNames.map((name) => removeName(folder, name));
  if (gone.includes(true)) folder.sync();
}
