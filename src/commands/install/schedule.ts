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

/** Every file of every schedule, below `etc`. */
export const scheduleFiles = [
  'cron.d/opencti-wazuh',
  'systemd/system/opencti-wazuh.service',
  timer,
  'systemd/system/timers.target.wants/opencti-wazuh.timer',
] as const;
export const logrotateFile = 'logrotate.d/opencti-wazuh';

/**
 * The minute of each hour in which this manager refreshes: the same each time, and another one on the next manager, so
 * that a platform is not asked by all of them at once.
 */
function toMinute(home: string): number {
  return createHash('sha256').update(`${hostname()}\n${home}`).digest().readUInt16BE(0) % 60;
}

/** Cron where there is one: it needs no word to anybody. None on a worker, whose lists come from the master. */
export function findSchedule({ etc, home }: Pick<Machine, 'etc' | 'home'>): Schedule {
  if (toNode(openOssecConf(home)) === 'worker') return 'none';
  if (existsSync(join(etc, 'cron.d'))) return 'cron';
  return existsSync(join(etc, 'systemd/system')) ? 'systemd' : 'none';
}

/** Of a manager that takes a change by a restart alone; null: it has a hot reload, or its version is not known. */
export function findVersionWithoutReload(home: string): string | null {
  const version = readVersion(home);
  return version === null || version.hasHotReload ? null : version.text;
}

/**
 * Refreshes the lists once an hour; a file of another schedule goes. As the user of the manager, whose folders and
 * sockets are all that a refresh needs; before 4.13 as root, who alone may run the programs that check and restart an
 * engine without hot reload (0750 root:root, Wazuh 4.2.0 to 4.12.0).
 */
export function toScheduleChanges(machine: Machine, schedule: Schedule): Change[] {
  const { etc, home, user, group } = machine;
  const version = findVersionWithoutReload(home);
  const runAs = version === null ? user : 'root';
  const data = { home, user: runAs };
  // Cron takes a % for a line break, and systemd for a name of its own.
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

/** How a scheduler calls this tool: its PATH is short, so both paths are whole. */
export function toCommand(): string {
  return [process.execPath, join(packageRoot(), 'bin/opencti-wazuh')].map(quote).join(' ');
}

/** For the shell; what has to be quoted is rare. */
export function quote(path: string): string {
  return /^[\w./@+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
