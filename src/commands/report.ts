import { writeFileSync } from 'node:fs';
import { loadConfig } from '../config/load.ts';
import { defaultHome, defaultMaxAge } from '../config/schema.ts';
import { KnownError } from '../errors.ts';
import { toPlainJson } from '../plain-text.ts';
import { readReport } from '../report/read-report.ts';
import { withSiteOfNow } from '../report/site-facts.ts';
import type { Shell } from '../shell.ts';
import { holdState } from '../wazuh/manager/held-home.ts';
import { printText } from './print.ts';
import { isLoaded, readState } from './refresh/state.ts';
import { findNotices } from './report/find-notices.ts';
import { formatReport } from './report/format-report.ts';

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
  const now = withSiteOfNow(report, home, isSetLoaded(home));
  const notices = findNotices(now, home, loaded?.guards.maxAge ?? defaultMaxAge);
  if (html !== undefined) {
    const { renderReportPage } = await import('../report/html/render-page.ts');
    writePage(html, renderReportPage(now, notices));
  }
  // A program gets what the run has left, a person the site as it is now.
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
    const { code } = error as NodeJS.ErrnoException;
    throw new KnownError(`${file} cannot be written (${code}); give another file with --html`, {
      cause: error,
    });
  }
}
