import type { Plan } from '../compile/plan.ts';
import type { Report } from '../report/report.ts';
import { type ReportInput, toReport } from '../report/to-report.ts';
import type { Fetched } from './fetch-selection.ts';
import type { Times } from './manifest.ts';

/** What is only known where lists are published. */
export type SiteFacts = Pick<ReportInput, 'changes' | 'configuredLists'>;

export function toRunReport(fetched: Fetched, plan: Plan, times: Times, site: SiteFacts): Report {
  const { url, platform, read, selection } = fetched;
  return toReport({
    ...times,
    ...site,
    source: {
      url,
      version: platform.version,
      user: platform.user.name,
      markings: platform.markings.map(({ definition }) => definition),
    },
    read,
    selection,
    plan,
  });
}
