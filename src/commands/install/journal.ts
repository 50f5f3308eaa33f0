import { createHash } from 'node:crypto';
import { join } from 'node:path';
import * as v from 'valibot';
import { KnownError } from '../../errors.ts';
import { type Entry, readEntry } from '../../files/transaction.ts';
import { type SourceName, sourceNames } from '../../wazuh/fields.ts';
import type { Machine } from './machine.ts';

/**
 * The changes of an installation, so that `uninstall` removes exactly these. The file is in a folder that only root
 * writes, since root carries out what it contains.
 */
export interface InstallJournal {
  /** Files and folders that were not there before. */
  readonly created: readonly string[];
  /** The hash of the configuration as it was written, which shows whether a person has changed it since. */
  readonly configSha256: string | null;
  /** The hashes of the files that it names, by their paths. */
  readonly accessSha256: Readonly<Record<string, string>>;
  /** Parts of `ossec.conf` that were there before. */
  readonly keptParts: readonly string[];
  /** Files of the site that were put aside: their earlier paths, and their names in `aside/`. */
  readonly aside: readonly { readonly from: string; readonly name: string }[];
  /** Sources that an installation has switched on in the configuration, since it saw their events. */
  readonly switchedOn: readonly SourceName[];
  /** Of a configuration of the site as it was with these switches; what it was before is kept beside this journal. */
  readonly switchedSha256: string | null;
}

const schema = v.object({
  created: v.array(v.string()),
  configSha256: v.nullable(v.string()),
  accessSha256: v.optional(v.record(v.string(), v.string()), {}),
  keptParts: v.array(v.string()),
  aside: v.array(v.object({ from: v.string(), name: v.pipe(v.string(), v.regex(/^[\w.-]+$/)) })),
  // A source of a newer version is not known here.
  switchedOn: v.optional(
    v.pipe(
      v.array(v.string()),
      v.transform((names) => sourceNames.filter((name) => names.includes(name))),
    ),
    [],
  ),
  switchedSha256: v.optional(v.nullable(v.string()), null),
});

export const emptyJournal: InstallJournal = {
  created: [],
  configSha256: null,
  accessSha256: {},
  keptParts: [],
  aside: [],
  switchedOn: [],
  switchedSha256: null,
};

export function toBackupFolder({ home }: Pick<Machine, 'home'>): string {
  return join(home, 'backup', 'opencti-wazuh');
}

export function toJournalPath(machine: Machine): string {
  return join(toBackupFolder(machine), 'install.json');
}

/** The configuration of the site as it was before an installation switched sources on in it. */
export function toKeptConfigPath(machine: Machine): string {
  return join(toBackupFolder(machine), 'opencti-wazuh.yml');
}

/** Returns the journal; null: this tool has installed nothing. */
export function readJournal(machine: Machine): InstallJournal | null {
  const path = toJournalPath(machine);
  const entry = readEntry(machine, path);
  if (entry.kind === 'absent') return null;
  const text = entry.kind === 'file' ? entry.bytes.toString() : '';
  const result = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
  if (result.success) return result.output;
  throw new KnownError(`${path} is not what "opencti-wazuh install" wrote: take it away, and run it again`, {
    exitCode: 2,
  });
}

export function formatJournal(journal: InstallJournal): Buffer {
  return Buffer.from(`${JSON.stringify(journal, null, 2)}\n`);
}

export function hashEntry(entry: Entry): string | null {
  return entry.kind === 'file' ? createHash('sha256').update(entry.bytes).digest('hex') : null;
}
