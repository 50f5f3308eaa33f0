import { spawnSync } from 'node:child_process';
import { readFileSync, type Stats, statSync } from 'node:fs';
import type { Config } from '../config/schema.ts';
import { findMachine, type Machine } from '../install/machine.ts';
import { findVersionWithoutReload } from '../install/schedule.ts';
import type { Environment } from '../shell.ts';
import { toNode } from '../wazuh/manager/check-manager.ts';
import { openOssecConf } from '../wazuh/ossec-conf/open-ossec-conf.ts';
import type { OssecConf } from '../wazuh/ossec-conf/read-ossec-conf.ts';
import type { User } from './reach.ts';

/** The manager that is looked at, and what every check asks for. */
export interface Site {
  readonly home: string;
  /** The folder of `cron.d` and `systemd`. */
  readonly etc: string;
  readonly machine: Machine;
  readonly config: Config;
  readonly conf: OssecConf;
  /** As the manager's daemons run: they give up every further group of their user (Wazuh 4.14.7). */
  readonly wazuh: User;
  /** The name of that group, `ossec` before 4.3. */
  readonly group: string;
  /** Who refreshes: the same user in all its groups, or root before 4.13. */
  readonly scheduleUser: User & { readonly name: string };
  readonly now: Date;
}

/** @throws KnownError when there is no manager that this user can look at. */
export function openSite(config: Config, etc: string, environment: Environment): Site {
  const { home } = config.wazuh;
  const machine = findMachine(home, etc, config.wazuh.user);
  const { manager, user, group } = machine;
  const conf = openOssecConf(home);
  const wazuh = { ...manager, groups: [] };
  const root = { uid: 0, gid: 0, groups: [], name: 'root' };
  const scheduleUser =
    findVersionWithoutReload(home) === null
      ? { ...wazuh, groups: groupsOf(user, environment), name: user }
      : root;
  return { home, etc, machine, config, conf, wazuh, group, scheduleUser, now: new Date() };
}

/** The groups that a scheduler gives to a user, from wherever the machine has them. */
function groupsOf(user: string, { PATH }: Environment): number[] {
  const env = { PATH };
  const { status, stdout } = spawnSync('id', ['-G', '--', user], { encoding: 'utf8', env });
  return status === 0 ? stdout.trim().split(' ').map(Number) : [];
}

/** Null: it is not there. */
export function statOf(path: string): Stats | null {
  return statSync(path, { throwIfNoEntry: false }) ?? null;
}

/** Null: it is not there or cannot be read. */
export function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** `640`. */
export function formatMode({ mode }: Stats): string {
  return (mode & 0o7777).toString(8);
}

/** Who can write a file that only root should; null: nobody. Of a manager that runs as root, root's own is no other. */
export function findWriter({ uid, mode }: Stats, { wazuh }: Pick<Site, 'wazuh'>): string | null {
  if (wazuh.uid === 0) return (mode & 0o022) === 0 ? null : 'others than root';
  return uid === wazuh.uid || (mode & 0o022) !== 0 ? "the manager's user" : null;
}

/** Of a cluster: its lists come from the master, and nothing refreshes here. */
export function isWorker({ conf }: Site): boolean {
  return toNode(conf) === 'worker';
}
