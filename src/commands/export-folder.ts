import { closeSync, openSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compilePlan, type Plan } from '../compile/plan.ts';
import type { StagedFile } from '../files/file-set.ts';
import { createFolderTarget, recoverFolder } from '../files/folder-set.ts';
import { readChunks } from '../files/held.ts';
import { findLineDifference } from '../files/line-difference.ts';
import { hashFiles, type PlannedFile, toChunks } from '../files/write.ts';
import { historyFile } from '../report/history.ts';
import { toReportFiles, toValuesFile } from '../report/report-files.ts';
import { type Fetched, type FetchOptions, fetchSelection } from '../sync/fetch-selection.ts';
import { snippetPath, toPlannedFiles, toPlanOptions } from '../sync/plan-options.ts';
import { parseListLine } from '../wazuh/list-text.ts';
import { nameSet } from '../wazuh/set-marker.ts';
import { type EarlierExport, manifestName, readEarlierExport } from './earlier-export.ts';
import { type Manifest, type Times, toManifest } from './manifest.ts';
import { toRunReport } from './run-report.ts';

export interface ExportOptions extends FetchOptions {
  /** Bytes that a file of gates may have; null: it is not split. Default: null. */
  readonly splitAt?: number | null;
}

export interface Exported {
  readonly manifest: Manifest;
  readonly plan: Plan;
}

/**
 * Reads, compiles and writes a whole set into a folder, or leaves the folder as it was.
 * @throws KnownError with the exit code.
 */
export async function exportToFolder(folder: string, options: ExportOptions): Promise<Exported> {
  const started = new Date();
  recoverFolder(folder);
  const earlier = await readEarlierExport(folder);
  const fetched = await fetchSelection(options);
  options.signal?.throwIfAborted();
  const { rules, ...planOptions } = toPlanOptions(options.config);
  const plan = compilePlan(fetched.selection.values, {
    ...planOptions,
    rules: { ...rules, splitAt: options.splitAt ?? null },
    earlierPrefix: earlier?.prefix ?? null,
  });
  options.signal?.throwIfAborted();
  const planned = [...toPlannedFiles(plan)];
  const staged = await createFolderTarget(folder).stage(planned.filter(({ path }) => isList(path)));
  try {
    for (const file of nameRules(planned, staged.files)) await staged.add(file);
    const times = { started, finished: new Date() };
    for (const file of await toReports(folder, fetched, plan, { times, earlier })) await staged.add(file);
    const manifest = toManifest(fetched, plan, staged.files, times);
    await staged.add({ path: manifestName, lines: [JSON.stringify(manifest, null, 2)] });
    options.signal?.throwIfAborted();
    staged.commit(earlier?.paths);
    staged.finish();
    return { manifest, plan };
  } catch (error) {
    staged.undo();
    throw error;
  }
}

const isList = (path: string): boolean => path.startsWith('lists/');

/** All but the lists, with the name of the set in it: that of the lists is known once they are staged. */
function nameRules(planned: readonly PlannedFile[], lists: readonly StagedFile[]): PlannedFile[] {
  const rest = planned.filter(({ path }) => !isList(path));
  const loaded = hashFiles(rest.filter(({ path }) => path !== snippetPath));
  const { files } = nameSet(loaded, lists);
  return [...files, ...rest.filter(({ path }) => path === snippetPath)];
}

interface RunFacts {
  readonly times: Times;
  readonly earlier: EarlierExport | null;
}

/** What `report` and `explain` read later, and how this set differs from the one before. */
async function toReports(folder: string, fetched: Fetched, plan: Plan, { times, earlier }: RunFacts) {
  const changes = earlier && countListChanges(folder, plan);
  const added = Object.entries(changes ?? {}).map(([list, { addedKeys }]) => [list, addedKeys] as const);
  const files = toReportFiles({
    report: toRunReport(fetched, plan, times, { changes, site: null }),
    earlierHistory: earlier && (await readFile(join(folder, historyFile), 'utf8').catch(() => null)),
    addedKeys: Object.fromEntries(added),
  });
  return [...files, toValuesFile(fetched.selection)];
}

/** One list after the other: a million lines of each are read, and never held. An entry is its key. */
function countListChanges(folder: string, { lists }: Plan) {
  return Object.fromEntries(
    lists.map(({ name, lines }) => {
      const before = chunksOf(join(folder, 'lists', name));
      const options = { keyOf: toLineKey, mostShown: Number.POSITIVE_INFINITY };
      const { added, removed } = findLineDifference(before, toChunks(lines), options);
      const addedKeys = added.first.map((line) => parseListLine(line)?.key ?? toLineKey(line));
      return [name, { added: added.count, removed: removed.count, addedKeys }] as const;
    }),
  );
}

/** The key with what closes it, in which the order of the lines is that of the keys. */
function toLineKey(line: string): string {
  return line.slice(0, line.lastIndexOf(':') + 1);
}

/** None of what is no plain file or not to be read: that it is in the way, the publishing says. */
function* chunksOf(path: string): Generator<Buffer> {
  const descriptor = tryOpen(path);
  if (descriptor === null) return;
  try {
    yield* readChunks({ descriptor });
  } finally {
    closeSync(descriptor);
  }
}

function tryOpen(path: string): number | null {
  try {
    return statSync(path).isFile() ? openSync(path, 'r') : null;
  } catch {
    return null;
  }
}
