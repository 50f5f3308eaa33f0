import { existsSync } from 'node:fs';
import { copyFile, link, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { KnownError } from '../errors.ts';
import type { PlannedFile, StagedFile } from './planned-file.ts';
import { writeLines } from './write-file.ts';

/** A set of files that is written, but not yet in its place. */
export interface StagedSet {
  readonly files: readonly StagedFile[];
  /** Puts every file in its place, or none. */
  commit(): Promise<void>;
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
        await rm(staging, { recursive: true, force: true });
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
  for (const { path, lines } of files) {
    await mkdir(dirname(join(staging, path)), { recursive: true });
    staged.push({ path, ...(await writeLines(join(staging, path), lines)) });
  }
  return staged;
}

function createStagedSet(folder: string, staging: string, files: readonly StagedFile[]): StagedSet {
  const discard = () => rm(staging, { recursive: true, force: true });
  return {
    files,
    discard,
    async commit() {
      const undo: (() => Promise<void>)[] = [];
      try {
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

/** Moves a file over another one; gives what takes it back. */
async function replace(from: string, to: string): Promise<() => Promise<void>> {
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
