import { closeSync, constants, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { toRunReport } from '../commands/run-report.ts';
import type { PlannedFile } from '../publish/planned-file.ts';
import { toChunks } from '../publish/write-file.ts';
import { everyKey, historyFile } from '../report/history.ts';
import { toReportFiles } from '../report/report-files.ts';
import { findSiteFacts } from '../report/site-facts.ts';
import { parseListLine } from '../wazuh/list-text.ts';
import { giveAway, readHeldText, removeName } from '../wazuh/manager/held-files.ts';
import type { HeldFolder, Owner } from '../wazuh/manager/held-folder.ts';
import type { HeldHome } from '../wazuh/manager/held-home.ts';
import type { FileChange } from './compare.ts';
import type { Prepared } from './prepare.ts';
import { isLoaded, readState } from './state.ts';

/**
 * Leaves what `report` and `explain` read, beside the state of the last run.
 * @param started when the run began; it ends here.
 * @throws the system's error: the lists are published by then, so nothing of them depends on it.
 */
export function leaveReport(home: HeldHome, { fetched, plan, changes }: Prepared, started: Date): void {
  const byList = new Map(
    changes.map((change) => [change.path.slice(change.path.lastIndexOf('/') + 1), change] as const),
  );
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
      site: findSiteFacts(home.path, isLoaded(readState(home.state), home.path)),
    },
  );
  const files = toReportFiles({
    report,
    earlierHistory: readHeldText(home.state, historyFile),
    addedKeys: Object.fromEntries(keys),
  });
  for (const { path, lines } of files) replaceLines(home.state, path, lines, home.owner);
}

/** A change names its first lines only: where there are more, nothing is known of the rest. */
function toAddedKeys(change: FileChange | undefined): string[] {
  if (change === undefined) return [];
  const { count, first } = change.added;
  if (count > first.length) return [everyKey];
  return first.flatMap((line) => parseListLine(line)?.key ?? []);
}

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/** Of a large file; a reader finds the old or the new one as a whole. */
function replaceLines(folder: HeldFolder, name: string, lines: PlannedFile['lines'], owner: Owner): void {
  const staged = `.${name}.new~`;
  removeName(folder, staged);
  const descriptor = openSync(folder.at(staged), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    for (const chunk of toChunks(lines)) writeFully(descriptor, chunk);
    giveAway(descriptor, owner, 0o640);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(folder.at(staged), folder.at(name));
  folder.sync();
}

function writeFully(descriptor: number, chunk: Buffer): void {
  for (let from = 0; from < chunk.length; ) from += writeSync(descriptor, chunk, from);
}
