import { existsSync } from 'node:fs';
import { constants, copyFile, link, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PlannedFile, StagedFile } from './planned-file.ts';
import type { StagedSet, Target } from './target.ts';
import { toWriteError } from './write-error.ts';
import { hashFile, writeLines } from './write-file.ts';

/** Followed by the id of the process that stages. */
const stagingPrefix = '.opencti-wazuh-staging-';

/**
 * A plain folder. Everything is staged inside of it first, so that a full disk or a missing right shows before
 * any file of an earlier set is touched, and each move stays on one file system.
 */
export function createFolderTarget(folder: string): Target {
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
        throw toWriteError(folder, error);
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
  /** Lists that share their lines are rendered once. */
  const written = new Map<PlannedFile['lines'], StagedFile>();
  for (const file of files) {
    const twin = written.get(file.lines);
    const next = twin ? await copyTwin(staging, twin, file.path) : await write(staging, file);
    written.set(file.lines, next);
    staged.push(next);
  }
  return staged;
}

async function copyTwin(staging: string, twin: StagedFile, path: string): Promise<StagedFile> {
  const target = join(staging, path);
  await mkdir(dirname(target), { recursive: true });
  await copyFile(join(staging, twin.path), target, constants.COPYFILE_EXCL);
  const file = await open(target, 'r+');
  await file.sync().finally(() => file.close());
  return { ...twin, path };
}

async function write(staging: string, { path, lines }: PlannedFile): Promise<StagedFile> {
  await mkdir(dirname(join(staging, path)), { recursive: true });
  return { path, ...(await writeLines(join(staging, path), lines)) };
}

function createStagedSet(folder: string, staging: string, files: StagedFile[]): StagedSet {
  const done: Undo[] = [];
  const discard = () => rm(staging, { recursive: true, force: true });
  async function undo(): Promise<void> {
    for (const step of done.splice(0).reverse()) await step();
    await discard();
  }
  /** Does it, or leaves the folder as it was before. */
  async function attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      await undo();
      throw toWriteError(folder, error);
    }
  }
  return {
    files,
    undo,
    finish: discard,
    add: (file) => attempt(async () => void files.push(await write(staging, file))),
    commit: (obsolete = []) =>
      attempt(async () => {
        const gone = obsolete.filter((path) => !files.some((file) => file.path === path));
        for (const { path } of files) done.push(await replace(join(staging, path), join(folder, path)));
        for (const path of gone.reverse()) done.push(await takeAway(join(folder, path), join(staging, path)));
        for (const part of new Set(files.map(({ path }) => dirname(path))))
          await syncFolder(join(folder, part));
      }),
    async readBack() {
      const problems = await Promise.all(files.map((file) => findProblem(folder, file)));
      return problems.filter((problem) => problem !== null);
    },
  };
}

async function findProblem(folder: string, { path, sha256 }: StagedFile): Promise<string | null> {
  const file = await open(join(folder, path)).catch(() => null);
  if (file === null) return `${path} is not there`;
  const found = await hashFile(file).finally(() => file.close());
  return found === sha256 ? null : `${path} does not hold what was written`;
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
