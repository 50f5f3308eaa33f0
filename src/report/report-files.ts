import type { Selection } from '../compile/selection.ts';
import type { PlannedFile } from '../publish/planned-file.ts';
import { type Report, reportFile, valuesFile } from './report.ts';
import { renderRecord } from './values-record.ts';

/** The files that a run leaves for `report` and `explain --offline`, below a folder of its own or an export's. */
export function toReportFiles(report: Report, selection: Selection): PlannedFile[] {
  return [
    { path: reportFile, lines: [JSON.stringify(report, null, 2)] },
    { path: valuesFile, lines: renderRecord(selection) },
  ];
}
