import { statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { isRefusal, KnownError } from '../../errors.ts';
import { inFolder, type Owner } from '../../files/held.ts';
import type { Entry, Change as FileChange, Ground } from '../../files/transaction.ts';
import { findManagerUser, nameGroup, nameUser } from '../../wazuh/engine/daemons.ts';

/** The machine on which the command works. */
export interface Machine extends Ground {
  /** The Wazuh home. */
  readonly home: string;
  /** The folder of `cron.d`, `systemd` and `logrotate.d`. */
  readonly etc: string;
  /**
   * The owner of files that only root may write and the manager reads: the user of this process, and the group of the
   * manager.
   */
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
  /** The reason, for the reader of a dry run; it may be empty. */
  readonly why: string;
}

/** The folders that each manager has, in the order in which they are checked. */
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
 * Returns the machine with the manager at a home.
 * @param user `wazuh.user` of the configuration; null: it is detected.
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

/**
 * Returns the user of the manager. When the manager was removed before this tool, the remaining files belong to the
 * user who runs the command.
 */
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

/**
 * Opens a place below a base folder without following any link, since the user `wazuh` may put links into the folders
 * of a manager.
 */
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

/**
 * Returns the name of a staged file, next to its place: neither the engine nor cron, logrotate or the cluster reads
 * such a name.
 */
function toStagedName(name: string): string {
  return `.${name}${stagedEnd}`;
}

/** Returns whether an installation that was killed left a file. No other program creates such a name. */
export function isStagedName(name: string): boolean {
  return name.startsWith('.') && name.endsWith(stagedEnd);
}
