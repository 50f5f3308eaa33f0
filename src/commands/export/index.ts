import { closeSync, openSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import packageJson from '../../../package.json' with { type: 'json' };
import { compilePlan, type Plan } from '../../compile/plan.ts';
import { loadConfig } from '../../config/load.ts';
import { KnownError } from '../../errors.ts';
import type { StagedFile } from '../../files/file-set.ts';
import { createFolderTarget, recoverFolder } from '../../files/folder-set.ts';
import { readChunks } from '../../files/held.ts';
import { findLineDifference } from '../../files/line-difference.ts';
import { hashFiles, type PlannedFile, toChunks } from '../../files/write.ts';
import { printText, type Shell } from '../../shell.ts';
import { type Fetched, type FetchOptions, fetchSelection } from '../../sync/fetch-selection.ts';
import { snippetPath, toPlannedFiles, toPlanOptions } from '../../sync/plan-options.ts';
import { createProgress } from '../../sync/progress.ts';
import { formatBytes, toPlainJson } from '../../text.ts';
import { parseListLine } from '../../wazuh/list.ts';
import { nameSet } from '../../wazuh/own-set.ts';
import { historyFile } from '../report/history.ts';
import { toReportFiles, toRunReport, toValuesFile } from '../report/run-report.ts';
import { formatExportSummary, type Manifest, type Times, toManifest } from './manifest.ts';

export interface ExportArguments {
  readonly folder: string;
  readonly config?: string | undefined;
  /** Bytes that a file of gates may have; undefined: it is not split. */
  readonly split?: number | undefined;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

export async function runExport(
  { folder, config: file, split, json, signal }: ExportArguments,
  { stdout, stderr, env }: Shell,
): Promise<void> {
  if (folder === '') throw new KnownError('the folder to export to has no name; give one', { exitCode: 2 });
  const config = loadConfig({ file, environment: env });
  const progress = createProgress(stderr);
  for (const warning of config.warnings) progress.note(warning);
  const work = { config, progress, now: new Date(), signal, splitAt: split ?? null };
  const { manifest } = await exportToFolder(folder, work);
  for (const warning of split === undefined ? [] : findLargeFiles(manifest, split)) progress.note(warning);
  printText(stdout, json ? toPlainJson(manifest) : formatExportSummary(folder, manifest));
}

/** Lists have one file each, whatever the server API takes. */
function findLargeFiles({ files }: Manifest, split: number): string[] {
  return files
    .filter(({ path, bytes }) => path.startsWith('lists/') && bytes > split)
    .map(
      ({ path, bytes }) =>
        `${path} has ${formatBytes(bytes)}, and a list cannot be split: copy it to the manager, or raise max_upload_size of its server API`,
    );
}

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

const manifestName = 'manifest.json';

/** What an export made before, as far as the next one has to know. */
export interface EarlierExport {
  /** Files of ours that it wrote and that a later set may have no more. */
  readonly paths: readonly string[];
  /** Hex digits of a hash that its gates compare; null: it does not say. */
  readonly prefix: number | null;
}

/** A path is believed only if it can be a file of ours: a forged manifest must not move anything else. */
const ownPath =
  /^(?:lists\/opencti-[\w-]+|(?:rules|decoders)\/(?:zz(?:zz)?-opencti-[\w.-]+|0011-opencti-gates[\d-]*)\.xml)$/;

const schema = v.object({
  tool: v.literal(packageJson.name),
  files: v.array(v.object({ path: v.string() })),
  gates: v.optional(v.object({ prefix: v.optional(v.number()) })),
});

/**
 * The earlier export in a folder, or null.
 * @throws KnownError (exit code 2) when the folder has someone else's manifest: it is not the one that was meant.
 */
async function readEarlierExport(folder: string): Promise<EarlierExport | null> {
  const file = join(folder, manifestName);
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  const manifest = v.safeParse(schema, parseJson(text));
  if (manifest.success)
    return {
      paths: manifest.output.files.map(({ path }) => path).filter((path) => ownPath.test(path)),
      prefix: manifest.output.gates?.prefix ?? null,
    };
  const message = `${file} was not written by ${packageJson.name}: nothing was changed; export into another folder`;
  throw new KnownError(message, { exitCode: 2 });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
