import { readFileSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { toNode } from '../wazuh/manager/check-manager.ts';
import { type OssecConf, readOssecConf } from '../wazuh/ossec-conf/read-ossec-conf.ts';

/** The manager that is looked at, and what every check asks for. */
export interface Site {
  readonly home: string;
  /** The folder of `cron.d` and `systemd`. */
  readonly etc: string;
  readonly config: Config;
  readonly conf: OssecConf;
  /** The manager's user and group. */
  readonly wazuh: { readonly uid: number; readonly gid: number };
  readonly now: Date;
}

export function openSite(config: Config, etc: string): Site {
  const { home } = config.wazuh;
  const text = readFileSync(join(home, 'etc/ossec.conf'), 'latin1');
  const { uid } = statSync(join(home, 'etc/lists'));
  const { gid } = statSync(join(home, 'etc'));
  return { home, etc, config, conf: readOssecConf(text), wazuh: { uid, gid }, now: new Date() };
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

/** May the manager's own user read it, by the modes of the file itself? */
export function isReadableBy({ mode, uid, gid }: Stats, wazuh: Site['wazuh']): boolean {
  if (uid === wazuh.uid) return (mode & 0o400) !== 0;
  return gid === wazuh.gid ? (mode & 0o040) !== 0 : (mode & 0o004) !== 0;
}

/** Of a cluster: its lists come from the master, and nothing refreshes here. */
export function isWorker({ conf }: Site): boolean {
  return toNode(conf) === 'worker';
}
