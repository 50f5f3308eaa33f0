import { statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { isRefusal, KnownError } from '../../errors.ts';
import { inFolder, type Owner } from '../../files/held.ts';
import type { Entry, Change as FileChange, Ground } from '../../files/transaction.ts';
import { findManagerUser, nameGroup, nameUser } from '../../wazuh/engine/daemons.ts';

/** The machine that is worked on. */
export interface Machine extends Ground {
  /** The Wazuh home. */
  readonly home: string;
  /** The folder of `cron.d`, `systemd` and `logrotate.d`. */
  readonly etc: string;
  /** Owner of what only root may write and the manager reads: this process, and the group of the manager. */
  readonly readable: Owner;
  /** The user of the manager and its group, as `findManagerUser` finds them. */
  readonly manager: Owner;
  /** Their names, for cron, systemd and logrotate. */
  readonly user: string;
  readonly group: string;
}

/** What an installation or a removal changes on the machine. */
export interface Change extends FileChange {
  readonly to: Entry;
  /** For the reader of a dry run; may be empty. */
  readonly why: string;
}

/** What each manager has, in the order in which it is asked for. */
const parts = [
  'etc',
  'etc/lists',
  'etc/ossec.conf',
  'etc/rules',
  'etc/decoders',
  'integrations',
  'logs',
  'var',
] as const;

/**
 * The manager at a home.
 * @param user `wazuh.user` of the configuration; null: it is found.
 * @throws KnownError (exit code 2) when there is no manager.
 */
export function findMachine(home: string, etc: string, user: string | null): Machine {
  try {
    for (const part of parts) statSync(join(home, part));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const { code, path } = error;
    const next =
      code === 'EACCES'
        ? 'run it as root'
        : 'is it a Wazuh manager? Set wazuh.home or WAZUH_HOME to its home';
    throw new KnownError(`${path} cannot be read (${code}): ${next}`, { exitCode: 2, cause: error });
  }
  return toMachine(home, etc, findManagerUser(home, user));
}

/** A manager is whole, or was removed before this tool: then what is left of it belongs to whoever asks. */
export function findWhatIsLeft(home: string, etc: string): Machine {
  const self = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  try {
    return toMachine(home, etc, findManagerUser(home));
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    return toMachine(home, etc, self);
  }
}

function toMachine(home: string, etc: string, manager: Machine['manager']): Machine {
  const readable = { uid: process.getuid?.() ?? 0, gid: manager.gid };
  const names = { user: nameUser(manager.uid), group: nameGroup(manager.gid) };
  return { home, etc, manager, readable, ...names, at: toWalk([home, etc]) };
}

/** The user `wazuh` may plant links in the folders of a manager: none is followed on the way down from a base. */
function toWalk(bases: readonly string[]): Machine['at'] {
  return (path, work) => {
    const base = bases.find((folder) => isBelow(folder, path));
    if (base === undefined) throw new Error(`${path} is neither below ${bases.join(' nor below ')}`);
    const name = basename(path);
    const parts = relative(base, dirname(path)).split('/').filter(Boolean);
    return inFolder(base, parts, (folder) =>
      work({ folder, name, staged: { folder, name: toStagedName(name) } }),
    );
  };
}

function isBelow(base: string, path: string): boolean {
  const rest = relative(base, path);
  return rest !== '' && !rest.startsWith('..') && !rest.startsWith('/');
}

const stagedEnd = '.opencti-wazuh~';

/** Beside its place, under a name that neither the engine nor cron, logrotate or the cluster takes. */
function toStagedName(name: string): string {
  return `.${name}${stagedEnd}`;
}

/** Did an installation that was killed leave it? No other program makes such a name. */
export function isStagedName(name: string): boolean {
  return name.startsWith('.') && name.endsWith(stagedEnd);
}
