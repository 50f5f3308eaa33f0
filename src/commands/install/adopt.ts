import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KnownError } from '../../errors.ts';
import { absent, readBytesAsText, readEntry } from '../../files/transaction.ts';
import { integrationName } from '../../wazuh/ossec-conf/edit.ts';
import { type IntegrationBlock, lastText } from '../../wazuh/ossec-conf/read.ts';
import type { SiteRule } from '../../wazuh/site-rules.ts';
import { type InstallJournal, toBackupFolder } from './journal.ts';
import type { Change, Machine } from './machine.ts';
import { switchOffRules } from './site-rules.ts';

/** The parts of the documented integration that a site has, and other files that are in the way. */
export interface OldInstallation {
  readonly blocks: readonly { readonly line: number; readonly block: IntegrationBlock }[];
  readonly scripts: readonly string[];
  readonly taken: readonly SiteRule[];
}

/** A launcher of this project names its bundle; the documented script does not. */
export function findOldScripts(machine: Machine): string[] {
  const folder = join(machine.home, 'integrations');
  const launcher = readBytesAsText(machine, join(folder, integrationName));
  const isOurs = launcher?.includes('custom-opencti.cjs') ?? false;
  const names = [...(isOurs ? [] : [integrationName]), `${integrationName}.py`, `${integrationName}.sh`];
  return names.map((name) => join(folder, name)).filter((path) => existsSync(path));
}

/**
 * Returns a line for each part that is in the way, with its place, since a person has to know it before it is put
 * aside.
 */
function formatOld({ blocks, scripts, taken }: OldInstallation, conf: string): string[] {
  return [
    ...blocks.map(
      ({ line, block }) =>
        `${conf}:${line}: <integration> ${integrationName} with the groups ${block.groups ?? '(none)'}, not ours`,
    ),
    ...scripts.map((path) => `${path}: another script of this name`),
    ...taken
      .filter(({ isDocumented }) => isDocumented)
      .map(({ file, line, id }) => `${file}:${line}: rule ${id} of the documented integration`),
  ];
}

/**
 * Checks that the old parts may be put aside.
 * @param formatForeign returns what to do about rules that do not belong to the documented integration.
 * @throws KnownError (exit code 2) unless all of them may be put aside, and can be.
 */
export function checkAdoptable(
  old: OldInstallation,
  conf: string,
  adopt: boolean,
  formatForeign: (taken: readonly SiteRule[]) => string,
): void {
  const foreign = old.taken.filter(({ isDocumented }) => !isDocumented);
  if (foreign.length > 0)
    throw new KnownError(`nothing was changed: ${formatForeign(foreign)}`, { exitCode: 2 });
  const lines = formatOld(old, conf).map((line) => `  ${line}`);
  if (lines.length === 0 || adopt) return;
  const next =
    'this manager has the documented integration: nothing was changed; --adopt replaces it (uninstall brings it back)';
  throw new KnownError([next, ...lines].join('\n'), { exitCode: 2 });
}

/** Returns URL and token of the old block, for a site that has them nowhere else. */
export function readOldAccess({ blocks }: OldInstallation): { url: string | null; token: string | null } {
  const option = (name: string) =>
    blocks.map(({ block }) => lastText(block.element.children, name)).find((text) => text) ?? null;
  return { url: option('hook_url'), token: option('api_key') };
}

export interface Adoption {
  readonly changes: readonly Change[];
  readonly aside: InstallJournal['aside'];
}

/**
 * Returns the changes that move the old scripts aside and turn the old rules into comments; a rules file with nothing
 * else is moved, too.
 */
export function planAdoption(machine: Machine, { scripts, taken }: OldInstallation): Adoption {
  const changes: Change[] = [];
  const aside: { from: string; name: string }[] = [];
  const putAside = (path: string, why: string) => {
    const entry = readEntry(machine, path);
    if (entry.kind === 'absent') return;
    const name = path.slice(machine.home.length + 1).replaceAll('/', '__');
    changes.push({ path: join(toBackupFolder(machine), 'aside', name), to: entry, why: '' });
    changes.push({ path, to: absent, why });
    aside.push({ from: path, name });
  };
  for (const path of scripts) putAside(path, 'the old script, put aside');
  for (const file of new Set(taken.map((each) => each.file))) {
    const ids = new Set(taken.filter((each) => each.file === file).map(({ id }) => id));
    const path = join(machine.home, file);
    const entry = readEntry(machine, path);
    if (entry.kind !== 'file') continue;
    const text = switchOffRules(entry.bytes.toString('latin1'), ids, path);
    if (text === null) {
      putAside(path, 'the old rules, put aside');
      continue;
    }
    changes.push({
      path,
      to: { ...entry, bytes: Buffer.from(text, 'latin1') },
      why: `the rules ${[...ids].join(', ')} become comments`,
    });
  }
  return { changes, aside };
}
