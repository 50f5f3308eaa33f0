import { readHeldText } from '../../files/held.ts';
import { replaceFile, toChunks } from '../../files/write.ts';
import { parseListLine } from '../../wazuh/list.ts';
import type { OpenManager } from '../../wazuh/manager.ts';
import { findSiteFacts } from '../report/coverage.ts';
import { everyKey, historyFile } from '../report/history.ts';
import { toReportFiles, toRunReport } from '../report/run-report.ts';
import { type FileChange, nameOf } from './compare.ts';
import { isLoaded, type Published, readState } from './state.ts';

/**
 * Leaves what `report` and `explain` read, beside the state of the last run.
 * @param started when the run began; it ends here.
 * @throws the system's error: the lists are published by then, so nothing of them depends on it.
 */
export function leaveReport(
  { path, state, owner }: Pick<OpenManager, 'path' | 'state' | 'owner'>,
  { fetched, plan, changes }: Published & { readonly changes: readonly FileChange[] },
  started: Date,
): void {
  const byList = new Map(changes.map((change) => [nameOf(change.path), change] as const));
  const counts = plan.lists.map(({ name }) => {
    const { added, removed } = byList.get(name) ?? { added: { count: 0 }, removed: { count: 0 } };
    return [name, { added: added.count, removed: removed.count }] as const;
  });
  const keys = plan.lists.map(({ name }) => [name, toAddedKeys(byList.get(name))] as const);
  const report = toRunReport(
    fetched,
    plan,
    { started, finished: new Date() },
    {
      changes: Object.fromEntries(counts),
      site: findSiteFacts(path, isLoaded(readState(state), path)),
    },
  );
  const files = toReportFiles({
    report,
    earlierHistory: readHeldText(state, historyFile),
    addedKeys: Object.fromEntries(keys),
  });
  for (const { path: name, lines } of files) replaceFile(state, name, toChunks(lines), owner);
}

/** A change names its first lines only: where there are more, nothing is known of the rest. */
function toAddedKeys(change: FileChange | undefined): string[] {
  if (change === undefined) return [];
  const { count, first } = change.added;
  if (count > first.length) return [everyKey];
  return first.flatMap((line) => parseListLine(line)?.key ?? []);
}
