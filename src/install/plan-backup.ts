import { join } from 'node:path';
import { type Entry, readEntry } from '../files/transaction.ts';
import { findOurParts } from '../wazuh/ossec-conf/our-blocks.ts';
import { readOssecConf } from '../wazuh/ossec-conf/read-ossec-conf.ts';
import { toAccessPaths, toConfigPath } from './config-files.ts';
import {
  emptyJournal,
  formatJournal,
  hashEntry,
  type InstallJournal,
  readJournal,
  toBackupFolder,
  toJournalPath,
} from './journal.ts';
import type { Change, Machine } from './machine.ts';
import type { Adoption } from './old-installation.ts';

/** What an installation remembers of itself, together with what an earlier one did. */
export function toJournal(
  machine: Machine,
  changes: readonly Change[],
  { aside }: Adoption,
  conf: string,
): InstallJournal {
  const earlier = readJournal(machine);
  const created = changes
    .filter(({ path, to }) => to.kind !== 'absent' && readEntry(machine, path).kind === 'absent')
    .map(({ path }) => path);
  const config = changes.find(({ path }) => path === toConfigPath(machine));
  return {
    created: [...new Set([...(earlier?.created ?? []), ...created])],
    configSha256: config ? hashEntry(config.to) : (earlier?.configSha256 ?? emptyJournal.configSha256),
    accessSha256: { ...earlier?.accessSha256, ...hashAccess(machine, changes) },
    keptParts: earlier?.keptParts ?? findOurParts(readOssecConf(conf)),
    aside: [...(earlier?.aside ?? []), ...aside],
  };
}

/** Of token and CA as they are written now. */
function hashAccess(machine: Machine, changes: readonly Change[]): Record<string, string> {
  const paths = toAccessPaths(machine);
  const hashes = changes
    .filter(({ path }) => paths.includes(path))
    .flatMap(({ path, to }) => {
      const hash = hashEntry(to);
      return hash === null ? [] : [[path, hash] as const];
    });
  return Object.fromEntries(hashes);
}

/** First of all, so that a run that is killed can be taken back. */
export function toBackupChanges(machine: Machine, journal: InstallJournal, { aside }: Adoption): Change[] {
  const folder = toBackupFolder(machine);
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const isMissing = (path: string) => readEntry(machine, path).kind === 'absent';
  const base = join(machine.home, 'backup');
  // One of ours that was made and not yet closed to others is no folder of the site.
  const paths = [
    ...(isMissing(base) ? [base] : []),
    folder,
    ...(aside.length > 0 ? [join(folder, 'aside')] : []),
  ];
  const folders = paths.map(
    (path): Change => ({ path, to: { kind: 'folder', mode: 0o700, owner }, why: '' }),
  );
  const created = [...paths.filter(isMissing), ...journal.created];
  const bytes = formatJournal({ ...journal, created });
  const to: Entry = { kind: 'file', bytes, mode: 0o600, owner };
  return [...folders, { path: toJournalPath(machine), to, why: 'what uninstall will take out' }];
}
