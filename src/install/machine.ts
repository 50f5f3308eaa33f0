import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { KnownError } from '../errors.ts';
import type { Machine } from './place.ts';

/**
 * The manager at a home, with the owners that its own folders have: `etc` is root:wazuh, `etc/lists` wazuh:wazuh, and
 * the user is called `ossec` before 4.3.
 * @throws KnownError (exit code 2) when there is no manager.
 */
export function findMachine(home: string, etc: string): Machine {
  try {
    const settings = statSync(join(home, 'etc'));
    const lists = statSync(join(home, 'etc/lists'));
    for (const part of ['etc/ossec.conf', 'etc/rules', 'etc/decoders', 'integrations', 'logs', 'var'])
      statSync(join(home, part));
    const manager = { uid: lists.uid, gid: lists.gid };
    const readable = { uid: process.getuid?.() ?? 0, gid: settings.gid };
    return { home, etc, manager, readable, user: nameUser(lists.uid) };
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    const next =
      code === 'EACCES'
        ? 'run it as root'
        : 'is it a Wazuh manager? Set wazuh.home or WAZUH_HOME to its home';
    throw new KnownError(`${path} cannot be read (${code}): ${next}`, { exitCode: 2, cause: error });
  }
}

function nameUser(uid: number): string {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  const line = lines.find((text) => text.split(':')[2] === String(uid));
  return line?.split(':')[0] ?? 'wazuh';
}
