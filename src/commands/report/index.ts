import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import packageJson from '../../../package.json' with { type: 'json' };
import { loadConfig } from '../../config/load.ts';
import { defaultHome, defaultMaxAge } from '../../config/schema.ts';
import { codeOf, KnownError } from '../../errors.ts';
import { printText, type Shell } from '../../shell.ts';
import { formatUnits, toPlainJson } from '../../text.ts';
import { findDaemon } from '../../wazuh/engine/daemons.ts';
import { toCustomFields } from '../../wazuh/fields.ts';
import { holdState } from '../../wazuh/home.ts';
import { tryOpenOssecConf } from '../../wazuh/ossec-conf/read.ts';
import { isLoaded, judgeFreshness, readState } from '../refresh/state.ts';
import { withSiteOfNow } from './coverage.ts';
import { formatReport, type Notice } from './format.ts';
import { type Report, reportFile } from './report.ts';

export interface ReportArguments {
  readonly from?: string | undefined;
  readonly config?: string | undefined;
  readonly html?: string | undefined;
  readonly json: boolean;
}

export async function runReport(
  { from, config, html, json }: ReportArguments,
  { stdout, env }: Shell,
): Promise<void> {
  const loaded = from === undefined ? loadConfig({ file: config, environment: env }) : null;
  const home = from ?? loaded?.wazuh.home ?? defaultHome;
  const report = readReport(home);
  const now = withSiteOfNow(report, home, isSetLoaded(home), toCustomFields(loaded?.customFields ?? []));
  const notices = findNotices(now, home, loaded?.guards.maxAge ?? defaultMaxAge);
  if (html !== undefined) {
    const { renderReportPage } = await import('./page.ts');
    writePage(html, renderReportPage(now, notices));
  }
  // A program gets the report as the run wrote it, a person gets it with the present facts of the site.
  if (json) printText(stdout, toPlainJson(report));
  else printText(stdout, html === undefined ? formatReport(now, notices) : `Written to ${html}`);
}

function isSetLoaded(home: string): boolean {
  const state = holdState(home);
  try {
    return isLoaded(readState(state), home);
  } finally {
    state?.close();
  }
}

function writePage(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    const code = codeOf(error);
    throw new KnownError(`${file} cannot be written (${code}); give another file with --html`, {
      cause: error,
    });
  }
}

/** Returns the present age of the lists, and the problems because of which the engine does not match with them. */
function findNotices({ coverage, finished }: Report, folder: string, maxAge: number): Notice[] {
  if (tryOpenOssecConf(folder) === null)
    return [warn(`an export of ${finished}: it is not known whether an engine has loaded it`)];
  const held = holdState(folder);
  try {
    const state = readState(held);
    const { state: age, reason } = judgeFreshness(state, maxAge, new Date());
    const [last] = state.runs;
    const undeclared = coverage.filter((row) => row.state === 'not-configured').length;
    return [
      age === 'fresh' ? { state: 'good', text: `fresh: ${reason}` } : warn(`${age}: ${reason}`),
      ...(last?.outcome === 'failed' ? [warn(`the last refresh failed: ${last.reason}`)] : []),
      ...(findDaemon(folder, 'wazuh-analysisd') === null ? [warn('the engine does not run')] : []),
      ...(isLoaded(state, folder) || state.confirmed === null
        ? []
        : [warn('the engine runs with an older set: it loads this one at its next restart')]),
      ...(undeclared > 0
        ? [warn(`${formatUnits(undeclared, 'row')} not in ossec.conf: run opencti-wazuh install`)]
        : []),
    ];
  } finally {
    held?.close();
  }
}

function warn(text: string): Notice {
  return { state: 'warning', text };
}

/** Returns the folder with the report of the last run: an export's folder, or the state of a manager. */
export function findRunFolder(folder: string): string {
  const state = join(folder, 'var', 'opencti-wazuh', 'state');
  return existsSync(join(folder, 'etc', 'lists')) || existsSync(state) ? state : folder;
}

/** Reads the report of the last run. @throws KnownError when there is none, or the file is something else. */
export function readReport(folder: string): Report {
  const file = join(findRunFolder(folder), reportFile);
  const text = readText(file);
  try {
    const report = JSON.parse(text) as Report;
    if (report.tool === packageJson.name) return report;
  } catch {
    // The error is thrown below.
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
