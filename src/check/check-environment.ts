import { type Daemon, findDaemons, readEnvironment } from '../wazuh/manager/daemons.ts';
import { type CheckLine, fail, notLooked, ok, warn } from './line.ts';
import type { Site } from './site.ts';

const subject = 'environment';

/** Holds the token itself: every script that a daemon starts has it, and whoever may read `/proc/<pid>/environ`. */
const secretName = 'OPENCTI_TOKEN';

/**
 * Were the daemons started by a shell that had variables of this tool? They keep them until they are started anew, and
 * hand them to every script.
 */
export function checkEnvironment({ home }: Site): readonly CheckLine[] {
  const looked = findDaemons(home).map((daemon) => ({ daemon, variables: readEnvironment(daemon) }));
  if (looked.length === 0) return [];
  const found = new Map<string, Daemon[]>();
  for (const { daemon, variables } of looked)
    for (const [name, value] of variables ?? [])
      if (isOurs(name, value, home)) found.set(name, [...(found.get(name) ?? []), daemon]);
  const closed = looked.filter(({ variables }) => variables === null).map(({ daemon }) => daemon.name);
  const unseen =
    closed.length > 0
      ? [notLooked(subject, `the environment of ${closed.join(', ')} is closed to this user`)]
      : [];
  if (found.size === 0 && unseen.length > 0) return unseen;
  if (found.size === 0) return [ok(subject, 'no daemon was started with a variable of this tool')];
  const names = [...found.keys()].sort();
  const daemons = new Set([...found.values()].flat().map(({ name }) => name));
  const text = `${names.join(', ')}: in the environment of ${[...daemons].join(', ')}, and of each script that they start`;
  const unset = names.map((name) => `-u ${name}`).join(' ');
  const next = `restart the manager without: env ${unset} ${home}/bin/wazuh-control restart`;
  const state = names.includes(secretName) ? fail : warn;
  return [state(subject, text, next), ...unseen];
}

function isOurs(name: string, value: string, home: string): boolean {
  return name.startsWith('OPENCTI_') || (name === 'WAZUH_HOME' && value !== home);
}
