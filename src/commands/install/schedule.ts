import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../text.ts';
import { readVersion } from '../../wazuh/engine/programs.ts';
import { toNode } from '../../wazuh/ossec-conf/check-manager.ts';
import { openOssecConf } from '../../wazuh/ossec-conf/read.ts';
import { renderTemplate } from '../../wazuh/template.ts';
import type { Change, Machine } from './machine.ts';

const schedules = ['cron', 'systemd', 'none'] as const;
export type Schedule = (typeof schedules)[number];

const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const timer = 'systemd/system/opencti-wazuh.timer';

/** All files of all schedules, below `etc`. */
export const scheduleFiles = [
  'cron.d/opencti-wazuh',
  'systemd/system/opencti-wazuh.service',
  timer,
  'systemd/system/timers.target.wants/opencti-wazuh.timer',
] as const;
export const logrotateFile = 'logrotate.d/opencti-wazuh';

/**
 * Returns the minute of each hour in which this manager refreshes: always the same for one manager, and different
 * between managers, so that not all of them ask a platform at the same time.
 */
function toMinute(home: string): number {
  return createHash('sha256').update(`${hostname()}\n${home}`).digest().readUInt16BE(0) % 60;
}

/**
 * Returns the schedule: cron when it exists, since it reads new files by itself; none on a worker, whose lists come
 * from the master.
 */
export function findSchedule({ etc, home }: Pick<Machine, 'etc' | 'home'>): Schedule {
  if (toNode(openOssecConf(home)) === 'worker') return 'none';
  if (existsSync(join(etc, 'cron.d'))) return 'cron';
  return existsSync(join(etc, 'systemd/system')) ? 'systemd' : 'none';
}

/**
 * Returns the version of a manager that needs a restart for each change; null: it has a hot reload, or its version is
 * not known.
 */
export function findVersionWithoutReload(home: string): string | null {
  const version = readVersion(home);
  return version === null || version.hasHotReload ? null : version.text;
}

/**
 * Returns the files that refresh the lists once an hour; a file of another schedule is removed. The refresh runs as the
 * user of the manager, since it needs only the manager's folders and sockets; before 4.13 as root, since only root may
 * run the programs that check and restart an engine without hot reload (0750 root:root, Wazuh 4.2.0 to 4.12.0).
 */
export function toScheduleChanges(machine: Machine, schedule: Schedule): Change[] {
  const { etc, home, user, group } = machine;
  const version = findVersionWithoutReload(home);
  const runAs = version === null ? user : 'root';
  const data = { home, user: runAs };
  // Cron reads a % as a line break, and systemd reads it as a specifier.
  const command = toCommand();
  const why =
    version === null ? '' : `, as root: Wazuh ${version} has no hot reload, and a change needs a restart`;
  const file = (path: string, text: string, why: string): Change => {
    return { path: join(etc, path), to: { kind: 'file', bytes: Buffer.from(text), mode: 0o644, owner }, why };
  };
  const [cron, service, , wants] = scheduleFiles;
  const wanted: Readonly<Record<Schedule, readonly Change[]>> = {
    cron: [
      file(
        cron,
        renderTemplate('cron', { ...data, minute: toMinute(home), command: command.replaceAll('%', '\\%') }),
        `refreshes the lists once an hour${why}`,
      ),
    ],
    systemd: [
      file(
        service,
        renderTemplate('opencti-wazuh.service', { ...data, command: command.replaceAll('%', '%%') }),
        `refreshes the lists${why}`,
      ),
      file(timer, renderTemplate('opencti-wazuh.timer', {}), 'once an hour'),
      {
        path: join(etc, wants),
        to: { kind: 'link', target: join(etc, timer) },
        why: 'when the machine is up',
      },
    ],
    none: [],
  };
  const changes = wanted[schedule];
  const others = scheduleFiles
    .map((path) => join(etc, path))
    .filter((path) => !changes.some((change) => change.path === path));
  const logrotate = existsSync(join(etc, 'logrotate.d'))
    ? [file(logrotateFile, renderTemplate('logrotate', { home, user, group }), 'keeps the log short')]
    : [];
  return [
    ...changes,
    ...others.map((path): Change => ({ path, to: { kind: 'absent' }, why: 'another schedule' })),
    ...logrotate,
  ];
}

/** Returns the command for a scheduler: its PATH is short, so both paths are absolute. */
export function toCommand(): string {
  return [process.execPath, join(packageRoot(), 'bin/opencti-wazuh')].map(quote).join(' ');
}

/** Quotes a path for the shell, if that is necessary. */
export function quote(path: string): string {
  return /^[\w./@+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
