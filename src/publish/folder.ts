import { existsSync } from 'node:fs';
import { copyFile, link, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { KnownError } from '../errors.ts';
import type { PlannedFile, StagedFile } from './planned-file.ts';
import { writeLines } from './write-file.ts';

/** A set of files that is written, but not yet in its place. */
export interface StagedSet {
  readonly files: readonly StagedFile[];
  /** Stages one more file, such as a manifest of the others; it is put in place behind them. */
  add(file: PlannedFile): Promise<void>;
  /**
   * Puts every file in its place, or none.
   * @param obsolete paths of an earlier set, of which those that are not in this one are taken away.
   */
  commit(obsolete?: readonly string[]): Promise<void>;
  discard(): Promise<void>;
}

export interface FolderTarget {
  stage(files: Iterable<PlannedFile>): Promise<StagedSet>;
}

/** Followed by the id of the process that stages. */
const stagingPrefix = '.opencti-wazuh-staging-';

/**
 * A plain folder. Everything is staged inside of it first, so that a full disk or a missing right shows before
 * any file of an earlier set is touched, and each move stays on one file system.
 */
export function createFolderTarget(folder: string): FolderTarget {
  return {
    async stage(files) {
      const staging = join(folder, `${stagingPrefix}${process.pid}`);
      try {
        await mkdir(folder, { recursive: true });
        await removeLeftovers(folder);
        await mkdir(staging);
        return createStagedSet(folder, staging, await writeAll(staging, files));
      } catch (error) {
        // Where the folder itself is the trouble there is nothing to clear, and the first error is the one to tell.
        await rm(staging, { recursive: true, force: true }).catch(() => {});
        return fail(folder, error);
      }
    },
  };
}

/** What a killed run left behind. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(stagingPrefix)) continue;
    const id = Number(name.slice(stagingPrefix.length));
    if (id === process.pid || !isAlive(id)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function writeAll(staging: string, files: Iterable<PlannedFile>): Promise<StagedFile[]> {
  const staged: StagedFile[] = [];
  for (const file of files) staged.push(await write(staging, file));
  return staged;
}

async function write(staging: string, { path, lines }: PlannedFile): Promise<StagedFile> {
  await mkdir(dirname(join(staging, path)), { recursive: true });
  return { path, ...(await writeLines(join(staging, path), lines)) };
}

function createStagedSet(folder: string, staging: string, files: StagedFile[]): StagedSet {
  const discard = () => rm(staging, { recursive: true, force: true });
  return {
    files,
    discard,
    async add(file) {
      try {
        files.push(await write(staging, file));
      } catch (error) {
        await discard();
        fail(folder, error);
      }
    },
    async commit(obsolete = []) {
      const undo: Undo[] = [];
      const gone = obsolete.filter((path) => !files.some((file) => file.path === path));
      try {
        for (const path of gone) undo.push(await takeAway(join(folder, path), join(staging, path)));
        for (const { path } of files) undo.push(await replace(join(staging, path), join(folder, path)));
        for (const part of new Set(files.map(({ path }) => dirname(path))))
          await syncFolder(join(folder, part));
      } catch (error) {
        for (const step of undo.reverse()) await step();
        return fail(folder, error);
      } finally {
        await discard();
      }
    },
  };
}

type Undo = () => Promise<void>;

async function takeAway(from: string, to: string): Promise<Undo> {
  if (!existsSync(from)) return async () => {};
  await mkdir(dirname(to), { recursive: true });
  await rename(from, to);
  return () => rename(to, from);
}

/** Moves a file over another one; gives what takes it back. */
async function replace(from: string, to: string): Promise<Undo> {
  await mkdir(dirname(to), { recursive: true });
  const kept = `${from}.previous`;
  const existed = existsSync(to);
  if (existed) await link(to, kept).catch(() => copyFile(to, kept));
  await rename(from, to);
  return () => (existed ? rename(kept, to) : rm(to));
}

/** A rename is on the disk only when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

function fail(folder: string, error: unknown): never {
  if (error instanceof KnownError) throw error;
  const { code, message, path } = error as NodeJS.ErrnoException;
  const cause = code === 'ENOSPC' ? 'no space is left on the disk' : (code ?? message);
  throw new KnownError(
    `${folder}: the files could not be written (${cause}${path ? `: ${path}` : ''}); what was there before is unchanged`,
    { cause: error },
  );
}
