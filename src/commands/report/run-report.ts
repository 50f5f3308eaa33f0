import type { Plan } from '../../compile/plan.ts';
import type { Selection } from '../../compile/select.ts';
import type { PlannedFile } from '../../files/write.ts';
import { type FileChange, nameOf } from '../../sync/changes.ts';
import type { Fetched } from '../../sync/fetch-selection.ts';
import { parseListLine } from '../../wazuh/list.ts';
import type { Times } from '../export/manifest.ts';
import { everyKey, historyFile, renderHistory } from './history.ts';
import { reportFile, valuesFile } from './report.ts';
import { type ReportInput, toReport } from './to-report.ts';
import { renderRecord } from './values-file.ts';

/** The facts that are known only when lists are published. */
export interface RunRecord {
  readonly times: Times;
  /** Null: there is no set before this one. */
  readonly changes: readonly FileChange[] | null;
  readonly site: ReportInput['site'];
  /** The text of `added.tsv` as the run before left it; null: there was no such file. */
  readonly earlierHistory: string | null;
}

/** Returns the files that a run leaves for `report` and `explain`, in its own folder or in an export's. */
export function toReportFiles(
  { url, platform, read, selection }: Fetched,
  plan: Plan,
  { times, changes, site, earlierHistory }: RunRecord,
): PlannedFile[] {
  const byList = new Map(changes?.map((change) => [nameOf(change.path), change] as const));
  const source = {
    url,
    version: platform.version,
    user: platform.user.name,
    markings: platform.markings.map(({ definition }) => definition),
  };
  const counts = plan.lists.map(({ name }) => {
    const { added, removed } = byList.get(name) ?? { added: { count: 0 }, removed: { count: 0 } };
    return [name, { added: added.count, removed: removed.count }] as const;
  });
  const report = toReport({
    ...times,
    changes: changes && Object.fromEntries(counts),
    site,
    source,
    read,
    selection,
    plan,
  });
  const added = plan.lists.flatMap(({ name: list }) =>
    toAddedKeys(byList.get(list)).map((key) => ({ list, key })),
  );
  return [
    { path: reportFile, lines: [JSON.stringify(report, null, 2)] },
    { path: historyFile, lines: renderHistory(earlierHistory, times.finished, added) },
  ];
}

/** Returns the added keys. A change may have only its first lines: if there are more, the others are not known. */
function toAddedKeys(change: FileChange | undefined): string[] {
  if (change === undefined) return [];
  const { count, first } = change.added;
  if (count > first.length) return [everyKey];
  return first.flatMap((line) => parseListLine(line)?.key ?? []);
}

/**
 * Returns the file with the decision about each value, for a spreadsheet: an export keeps no objects, and nothing reads
 * this file back.
 */
export function toValuesFile(selection: Selection): PlannedFile {
  return { path: valuesFile, lines: renderRecord(selection) };
}
