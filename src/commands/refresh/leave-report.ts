import { readHeldText } from '../../files/held.ts';
import { replaceFile, toChunks } from '../../files/write.ts';
import type { FileChange } from '../../sync/changes.ts';
import type { OpenManager } from '../../wazuh/manager.ts';
import { findSiteFacts } from '../report/coverage.ts';
import { historyFile } from '../report/history.ts';
import { toReportFiles } from '../report/run-report.ts';
import { isLoaded, type Published, readState } from './state.ts';

/**
 * Writes the files that `report` and `explain` read, next to the state of the last run.
 * @param started when the run began; it ends here.
 * @throws the system's error: the lists are already published and do not depend on these files.
 */
export function leaveReport(
  { path, state, owner }: Pick<OpenManager, 'path' | 'state' | 'owner'>,
  { fetched, plan, changes }: Published & { readonly changes: readonly FileChange[] },
  started: Date,
): void {
  const files = toReportFiles(fetched, plan, {
    times: { started, finished: new Date() },
    changes,
    site: findSiteFacts(path, isLoaded(readState(state), path), plan.fields),
    earlierHistory: readHeldText(state, historyFile),
  });
  for (const { path: name, lines } of files) replaceFile(state, name, toChunks(lines), owner);
}
