import type { Plan } from '../compile/plan.ts';
import type { Report } from '../report/report.ts';
import { type ReportInput, toReport } from '../report/to-report.ts';
import type { Fetched } from '../sync/fetch-selection.ts';
import type { Times } from './manifest.ts';

/** What is only known where lists are published. */
type Published = Pick<ReportInput, 'changes' | 'site'>;

export function toRunReport(fetched: Fetched, plan: Plan, times: Times, published: Published): Report {
  const { url, platform, read, selection } = fetched;
  return toReport({
    ...times,
    ...published,
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
