import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { compilePlan, type Plan } from '../compile/plan.ts';
import { KnownError } from '../errors.ts';
import { createFolderTarget } from '../publish/folder.ts';
import { type Changes, countChanges } from '../report/count-changes.ts';
import { historyFile } from '../report/history.ts';
import { toReportFiles } from '../report/report-files.ts';
import { type FetchOptions, fetchSelection } from './fetch-selection.ts';
import { type Manifest, toManifest } from './manifest.ts';
import { toPlanOptions } from './plan-options.ts';
import { toPlannedFiles } from './planned-files.ts';
import { toRunReport } from './run-report.ts';

const manifestName = 'manifest.json';

export interface Exported {
  readonly manifest: Manifest;
  readonly plan: Plan;
}

/**
 * Reads, compiles and writes a whole set into a folder, or leaves the folder as it was.
 * @throws KnownError with the exit code.
 */
export async function exportToFolder(folder: string, options: FetchOptions): Promise<Exported> {
  const started = new Date();
  const earlier = await readEarlierManifest(folder);
  const fetched = await fetchSelection(options);
  const plan = compilePlan(fetched.selection.values, toPlanOptions(options.config));
  const changes = earlier && (await countListChanges(folder, plan));
  const staged = await createFolderTarget(folder).stage(toPlannedFiles(plan));
  const times = { started, finished: new Date() };
  const report = toRunReport(fetched, plan, times, { changes, configuredLists: null });
  const run = {
    report,
    selection: fetched.selection,
    earlierHistory: earlier && (await readFile(join(folder, historyFile), 'utf8').catch(() => null)),
    addedKeys: Object.fromEntries(
      Object.entries(changes ?? {}).map(([list, { addedKeys }]) => [list, addedKeys]),
    ),
  };
  for (const file of toReportFiles(run)) await staged.add(file);
  const manifest = toManifest(fetched, plan, staged.files, times);
  await staged.add({ path: manifestName, lines: [JSON.stringify(manifest, null, 2)] });
  await staged.commit(earlier?.files.map(({ path }) => path));
  await staged.finish();
  return { manifest, plan };
}

async function countListChanges(folder: string, { lists }: Plan): Promise<Record<string, Changes>> {
  const counted = lists.map(async (list) => {
    const text = await readFile(join(folder, 'lists', list.name), 'utf8').catch(() => '');
    const before = text === '' ? [] : text.replace(/\n$/, '').split('\n');
    return [list.name, countChanges(before, list)] as const;
  });
  return Object.fromEntries(await Promise.all(counted));
}

/**
 * The manifest of an earlier export into this folder, or null.
 * @throws KnownError when it is someone else's: the folder is not the one that was meant.
 */
async function readEarlierManifest(folder: string): Promise<Manifest | null> {
  const file = join(folder, manifestName);
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  const manifest = parseManifest(text);
  if (manifest !== null) return manifest;
  const message = `${file} was not written by ${packageJson.name}: nothing was changed; export into another folder`;
  throw new KnownError(message, { exitCode: 2 });
}

function parseManifest(text: string): Manifest | null {
  try {
    const manifest = JSON.parse(text) as Manifest;
    return manifest.tool === packageJson.name ? manifest : null;
  } catch {
    return null;
  }
}
