import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { codeOf, KnownError } from '../errors.ts';
import { type Report, reportFile } from './report.ts';

/** Where the last run left its report: an export's folder, or the state of a manager. */
export function findRunFolder(folder: string): string {
  const state = join(folder, 'var', 'opencti-wazuh', 'state');
  return existsSync(join(folder, 'etc', 'lists')) || existsSync(state) ? state : folder;
}

/** @throws KnownError when no run left a report there, or something else did. */
export function readReport(folder: string): Report {
  const file = join(findRunFolder(folder), reportFile);
  const text = readText(file);
  try {
    const report = JSON.parse(text) as Report;
    if (report.tool === packageJson.name) return report;
  } catch {
    // Said below.
  }
  throw new KnownError(`${file} is not a report of ${packageJson.name}`, { exitCode: 2 });
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = codeOf(error);
    const advice = 'a refresh or an export writes it; give the folder of an export with --from';
    throw new KnownError(`there is no report at ${file} (${code}): ${advice}`, { exitCode: 2 });
  }
}
