import type { Plan } from '../../compile/plan.ts';
import type { Selection } from '../../compile/select.ts';
import type { PlannedFile } from '../../files/write.ts';
import type { Fetched } from '../../sync/fetch-selection.ts';
import type { Times } from '../export/manifest.ts';
import { historyFile, renderHistory } from './history.ts';
import { type Report, reportFile, valuesFile } from './report.ts';
import { type ReportInput, toReport } from './to-report.ts';
import { renderRecord } from './values-file.ts';

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

export interface RunRecord {
  readonly report: Report;
  /** The text of `added.tsv` as the run before left it; null: there was none. */
  readonly earlierHistory: string | null;
  /** The keys that came into each list; empty at a first run. */
  readonly addedKeys: Readonly<Record<string, readonly string[]>>;
}

/** The files that a run leaves for `report` and `explain`, below a folder of its own or an export's. */
export function toReportFiles({ report, earlierHistory, addedKeys }: RunRecord): PlannedFile[] {
  const added = Object.entries(addedKeys).flatMap(([list, keys]) => keys.map((key) => ({ list, key })));
  return [
    { path: reportFile, lines: [JSON.stringify(report, null, 2)] },
    { path: historyFile, lines: renderHistory(earlierHistory, new Date(report.finished), added) },
  ];
}

/** What was decided about each value, for a spreadsheet: an export keeps no objects, and nothing reads this back. */
export function toValuesFile(selection: Selection): PlannedFile {
  return { path: valuesFile, lines: renderRecord(selection) };
}
