import { writeFileSync } from 'node:fs';
import { loadConfig } from '../config/load-config.ts';
import { KnownError } from '../errors.ts';
import { toPlainJson } from '../plain-text.ts';
import { readReport } from '../report/read-report.ts';
import { withSiteOfNow } from '../report/site-facts.ts';
import { printText } from './print.ts';
import { formatReport } from './report/format-report.ts';

export interface ReportArguments {
  readonly from?: string | undefined;
  readonly config?: string | undefined;
  readonly html?: string | undefined;
  readonly json: boolean;
}

export async function runReport({ from, config, html, json }: ReportArguments): Promise<void> {
  const home = from ?? loadConfig({ file: config, environment: process.env }).wazuh.home;
  const report = readReport(home);
  if (html !== undefined) {
    const { renderReportPage } = await import('../report/html/render-page.ts');
    writePage(html, renderReportPage(withSiteOfNow(report, home)));
  }
  // A program gets what the run has left, a person the site as it is now.
  if (json) printText(toPlainJson(report));
  else printText(html === undefined ? formatReport(withSiteOfNow(report, home)) : `Written to ${html}`);
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
