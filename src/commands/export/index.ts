import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import packageJson from '../../../package.json' with { type: 'json' };
import { compilePlan, type Plan } from '../../compile/plan.ts';
import { loadConfig } from '../../config/load.ts';
import { KnownError } from '../../errors.ts';
import { createFolderTarget, type FolderTarget, recoverFolder } from '../../files/folder-set.ts';
import { type HashedFile, hashFiles } from '../../files/write.ts';
import { printText, type Shell } from '../../shell.ts';
import { type FileChange, findChanges, isList, toGonePaths } from '../../sync/changes.ts';
import { type Fetched, type FetchOptions, fetchSelection } from '../../sync/fetch-selection.ts';
import { toPlannedFiles, toPlanOptions, toSnippetFile } from '../../sync/plan-options.ts';
import { createProgress } from '../../sync/progress.ts';
import { formatBytes, toPlainJson } from '../../text.ts';
import { builtInDecoders, readDecoderNames } from '../../wazuh/decoder-names.ts';
import { nameSet } from '../../wazuh/own-set.ts';
import { historyFile } from '../report/history.ts';
import { toReportFiles, toValuesFile } from '../report/run-report.ts';
import { formatExportSummary, type Manifest, toManifest } from './manifest.ts';

export interface ExportArguments {
  readonly folder: string;
  readonly config?: string | undefined;
  /** Bytes that a file of gates may have; undefined: it is not split. */
  readonly split?: number | undefined;
  /** A folder with decoder files of the manager that the set is for; undefined: those that every engine has. */
  readonly decoders?: string | undefined;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

export async function runExport(
  { folder, config: file, split, decoders, json, signal }: ExportArguments,
  { stdout, stderr, env }: Shell,
): Promise<void> {
  if (folder === '') throw new KnownError('the folder to export to has no name; give one', { exitCode: 2 });
  const config = loadConfig({ file, environment: env });
  const progress = createProgress(stderr);
  for (const warning of config.warnings) progress.note(warning);
  const work = { config, progress, now: new Date(), signal, splitAt: split ?? null, ...toDecoders(decoders) };
  const { manifest } = await exportToFolder(folder, work);
  for (const warning of split === undefined ? [] : findLargeFiles(manifest, split)) progress.note(warning);
  printText(stdout, json ? toPlainJson(manifest) : formatExportSummary(folder, manifest));
}

/** A list is one file, also when it is larger than the server API takes. */
function findLargeFiles({ files }: Manifest, split: number): string[] {
  return files
    .filter(({ path, bytes }) => isList(path) && bytes > split)
    .map(
      ({ path, bytes }) =>
        `${path} has ${formatBytes(bytes)}, and a list cannot be split: copy it to the manager, or raise max_upload_size of its server API`,
    );
}

/** Read before anything is asked of OpenCTI. */
function toDecoders(folder: string | undefined) {
  return folder === undefined ? {} : { decoders: readDecoderNames(folder) };
}

export interface ExportOptions extends FetchOptions {
  /** Bytes that a file of gates may have; null: it is not split. Default: null. */
  readonly splitAt?: number | null;
  /** What `<decoded_as>` may name: rows of other decoders are left out. Default: what every engine has. */
  readonly decoders?: ReadonlySet<string>;
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
  const { signal } = options;
  const started = new Date();
  recoverFolder(folder);
  const earlier = await readEarlierExport(folder);
  const fetched = await fetchSelection(options);
  signal?.throwIfAborted();
  const plan = compile(options, earlier, fetched);
  signal?.throwIfAborted();
  const target = createFolderTarget(folder);
  const { files } = nameSet(hashFiles([...toPlannedFiles(plan)]));
  const changes = earlier && compare(target, earlier, files);
  const staged = await target.stage([...files, toSnippetFile(plan)]);
  try {
    const times = { started, finished: new Date() };
    const earlierHistory = earlier && (await readFile(join(folder, historyFile), 'utf8').catch(() => null));
    const reports = toReportFiles(fetched, plan, { times, changes, site: null, earlierHistory });
    for (const file of [...reports, toValuesFile(fetched.selection)]) await staged.add(file);
    const manifest = toManifest(fetched, plan, staged.files, times);
    await staged.add({ path: manifestName, lines: [JSON.stringify(manifest, null, 2)] });
    signal?.throwIfAborted();
    staged.commit(changes === null ? [] : toGonePaths(changes));
    staged.finish();
    return { manifest, plan };
  } catch (error) {
    staged.undo();
    throw error;
  }
}

function compile(
  { config, splitAt = null, decoders = builtInDecoders }: ExportOptions,
  earlier: EarlierExport | null,
  { selection }: Fetched,
): Plan {
  const { rules, ...planOptions } = toPlanOptions(config, decoders);
  return compilePlan(selection.values, {
    ...planOptions,
    rules: { ...rules, splitAt },
    earlierPrefix: earlier?.prefix ?? null,
  });
}

/**
 * Compares the plan with the earlier export; the report counts the entries that are added and removed. An entry is its
 * key.
 */
function compare(
  { current }: FolderTarget,
  { paths }: EarlierExport,
  files: readonly HashedFile[],
): FileChange[] {
  const there = { current, ownPaths: () => paths, findListProblem: () => null };
  return findChanges(files, there, [], { keyOf: toLineKey, mostShown: Number.POSITIVE_INFINITY });
}

/** Returns the key with its closing character, by which the lines are in the order of the keys. */
function toLineKey(line: string): string {
  return line.slice(0, line.lastIndexOf(':') + 1);
}

const manifestName = 'manifest.json';

/** The parts of an earlier export that the next one needs. */
export interface EarlierExport {
  /** Files of ours that it wrote and that a later set may no longer have. */
  readonly paths: readonly string[];
  /** Hex digits of a hash that its gates compare; null: the manifest does not contain them. */
  readonly prefix: number | null;
}

/** A path is accepted only if it can be a file of ours: a forged manifest must not move any other file. */
const ownPath =
  /^(?:lists\/opencti-[\w-]+|(?:rules|decoders)\/(?:zz(?:zz)?-opencti-[\w.-]+|0011-opencti-gates[\d-]*|0154-opencti-[\w-]+)\.xml)$/;

const schema = v.object({
  tool: v.literal(packageJson.name),
  files: v.array(v.object({ path: v.string() })),
  gates: v.optional(v.object({ prefix: v.optional(v.number()) })),
});

/**
 * Returns the earlier export in a folder, or null.
 * @throws KnownError (exit code 2) when the manifest in the folder is from another program: then it is the wrong
 * folder.
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
