import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '../install/machine.ts';
import { ownFolders } from '../wazuh/own-files.ts';
import { type CheckLine, fail, orOk } from './line.ts';
import { findBarrier, type User } from './reach.ts';
import { runAs } from './run-as.ts';
import { formatMode, type Site, statOf } from './site.ts';

const subject = 'folders';
const patience = 10_000;

/** Where the engine and a refresh put lists, rules and decoders, and what a refresh remembers. */
const ofRefresh = [
  ...ownFolders.map((name) => `etc/${name}`),
  'var/opencti-wazuh',
  'var/opencti-wazuh/state',
  'var/opencti-wazuh/previous',
  ...ownFolders.map((name) => `var/opencti-wazuh/previous/${name}`),
];
const log = 'logs/opencti-wazuh.log';
/** What the integration keeps for the next run, its log, and its way to the engine. */
const ofIntegration = [
  ...['', '/cache', '/spool', '/told'].map((name) => `var/opencti-wazuh/run${name}`),
  log,
  'queue/sockets/queue',
];

/**
 * What of all that refresh and integration write is closed to a user, as the kernel answers to that user: access lists and
 * read-only file systems count too. What is not there is made by those who need it.
 * @returns paths below the home.
 */
export function findClosed(home: string, user: User): string[] {
  const paths = [...ofRefresh, ...ofIntegration].filter((path) => existsSync(join(home, path)));
  const asked = existsSync(join(home, log)) ? paths : [...paths, 'logs'];
  if (user.uid === 0) return [];
  const run = runAs(['/bin/sh', '-c', question, 'sh', ...asked.map((path) => join(home, path))], user, {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    encoding: 'utf8',
    timeout: patience,
  });
  if (run === null) return asked.filter((path) => findBarrier(join(home, path), user, 'write') !== null);
  const closed = new Set(run.stdout.split('\n'));
  return asked.filter((path) => closed.has(join(home, path)));
}

/** A folder has to be entered, too. */
const question = `for path; do [ -w "$path" ] && { [ ! -d "$path" ] || [ -x "$path" ]; } || echo "$path"; done`;

/** Can the manager's user write all that it has to? */
export function checkFolders({ home, machine, wazuh }: Site): readonly CheckLine[] {
  const findings = findClosed(home, wazuh).map((path) => {
    const at = join(home, path);
    return fail(subject, `${at} ${describeClosed(machine, at)}`, toRemedy(machine, path));
  });
  return orOk(findings, subject, `${machine.user} can write all that refresh and integration write`);
}

export function describeClosed({ user, manager }: Machine, path: string): string {
  const stats = statOf(path);
  const owner = stats === null ? '' : ` (owner ${stats.uid}:${stats.gid}, mode ${formatMode(stats)})`;
  return `cannot be written by the manager's user, ${user} (${manager.uid})${owner}`;
}

/** `install` gives back what is this project's own; the folders of the manager are as its packages make them. */
function toRemedy({ home, user, group }: Machine, path: string): string {
  const at = join(home, path);
  if (path.startsWith('var/opencti-wazuh/run/')) return `chown -R ${user}:${group} ${at}`;
  if (path.startsWith('var/opencti-wazuh') || path === log) return 'run opencti-wazuh install';
  if (path === 'logs') return `chown ${user}:${group} ${at}; chmod 770 ${at}`;
  if (path.startsWith('queue/')) return 'restart the manager, which makes it anew';
  return `chown root:${group} ${at}; chmod 770 ${at}`;
}
