import { loadConfig } from '../config/load.ts';
import { KnownError } from '../errors.ts';
import { toPlainJson } from '../plain-text.ts';
import type { Shell } from '../shell.ts';
import { createProgress } from '../sync/progress.ts';
import { exportToFolder } from './export-folder.ts';
import { formatExportSummary } from './export-summary.ts';
import { formatBytes } from './format.ts';
import type { Manifest } from './manifest.ts';
import { printText } from './print.ts';

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
