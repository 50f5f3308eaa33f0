import { statSync } from 'node:fs';
import { join } from 'node:path';
import { KnownError } from '../errors.ts';
import { findManagerUser, nameGroup, nameUser } from '../wazuh/manager/manager-user.ts';
import type { Machine } from './place.ts';

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
    const { code, path } = error as NodeJS.ErrnoException;
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
  return { home, etc, manager, readable, user: nameUser(manager.uid), group: nameGroup(manager.gid) };
}
