import { loadConfig } from '../config/load-config.ts';
import { KnownError } from '../errors.ts';
import { toPlainJson } from '../plain-text.ts';
import { exportToFolder } from './export-folder.ts';
import { formatExportSummary } from './export-summary.ts';
import { printText } from './print.ts';
import { createProgress } from './progress.ts';

export interface ExportArguments {
  readonly folder: string;
  readonly config?: string | undefined;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

export async function runExport({ folder, config: file, json, signal }: ExportArguments): Promise<void> {
  if (folder === '') throw new KnownError('the folder to export to has no name; give one', { exitCode: 2 });
  const config = loadConfig({ file, environment: process.env });
  const progress = createProgress(process.stderr);
  const { manifest } = await exportToFolder(folder, { config, progress, now: new Date(), signal });
  printText(json ? toPlainJson(manifest) : formatExportSummary(folder, manifest));
}
