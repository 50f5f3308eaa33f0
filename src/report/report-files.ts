import type { Selection } from '../compile/selection.ts';
import type { PlannedFile } from '../files/write.ts';
import { historyFile, renderHistory } from './history.ts';
import { renderRecord } from './render-record.ts';
import { type Report, reportFile, valuesFile } from './report.ts';

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
