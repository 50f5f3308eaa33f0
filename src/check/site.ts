import { readFileSync, type Stats, statSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { findMachine } from '../install/machine.ts';
import { findVersionWithoutReload } from '../install/schedule.ts';
import { toNode } from '../wazuh/manager/check-manager.ts';
import { openOssecConf } from '../wazuh/ossec-conf/open-ossec-conf.ts';
import type { OssecConf } from '../wazuh/ossec-conf/read-ossec-conf.ts';
import type { User } from './reach.ts';

/** The manager that is looked at, and what every check asks for. */
export interface Site {
  readonly home: string;
  /** The folder of `cron.d` and `systemd`. */
  readonly etc: string;
  readonly config: Config;
  readonly conf: OssecConf;
  /** The manager's user and group. */
  readonly wazuh: User;
  /** Who refreshes: the same, or root before 4.13. */
  readonly scheduleUser: User & { readonly name: string };
  readonly now: Date;
}

/** @throws KnownError when there is no manager that this user can look at. */
export function openSite(config: Config, etc: string): Site {
  const { home } = config.wazuh;
  const { manager, readable, user } = findMachine(home, etc);
  const conf = openOssecConf(home);
  const wazuh = { uid: manager.uid, gid: readable.gid, groups: groupsOf(user) };
  const root = { uid: 0, gid: 0, groups: [], name: 'root' };
  const scheduleUser = findVersionWithoutReload(home) === null ? { ...wazuh, name: user } : root;
  return { home, etc, config, conf, wazuh, scheduleUser, now: new Date() };
}

/** The groups that a user is in beside its own. */
function groupsOf(user: string): number[] {
  return (readText('/etc/group') ?? '').split('\n').flatMap((line) => {
    const [, , gid, members = ''] = line.split(':');
    return members.split(',').includes(user) ? [Number(gid)] : [];
  });
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

/** Of a cluster: its lists come from the master, and nothing refreshes here. */
export function isWorker({ conf }: Site): boolean {
  return toNode(conf) === 'worker';
}
