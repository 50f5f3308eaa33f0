import { spawnSync } from 'node:child_process';
import { lstatSync, readFileSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Config } from '../../config/schema.ts';
import type { Environment } from '../../shell.ts';
import { toNode } from '../../wazuh/ossec-conf/check-manager.ts';
import { type OssecConf, openOssecConf } from '../../wazuh/ossec-conf/read.ts';
import { findMachine, type Machine } from '../install/machine.ts';
import { findVersionWithoutReload } from '../install/schedule.ts';

/** The manager that is checked, and the facts that every check needs. */
export interface Site {
  readonly home: string;
  /** The folder of `cron.d` and `systemd`. */
  readonly etc: string;
  readonly machine: Machine;
  readonly config: Config;
  readonly conf: OssecConf;
  /** The user and group of the manager's daemons: they drop every further group of their user (Wazuh 4.14.7). */
  readonly wazuh: User;
  /** The name of that group, `ossec` before 4.3. */
  readonly group: string;
  /** The user that runs `refresh`: the same user in all its groups, or root before 4.13. */
  readonly scheduleUser: User & { readonly name: string };
  readonly now: Date;
}

/** Opens a manager for the checks. @throws KnownError when there is no manager that this user can read. */
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

/** Returns the groups that a scheduler gives to a user, from any source that the machine has. */
function groupsOf(user: string, { PATH }: Environment): number[] {
  const env = { PATH };
  const { status, stdout } = spawnSync('id', ['-G', '--', user], { encoding: 'utf8', env });
  return status === 0 ? stdout.trim().split(' ').map(Number) : [];
}

/** Null: it is not there. */
export function statOf(path: string): Stats | null {
  return statSync(path, { throwIfNoEntry: false }) ?? null;
}

/** Returns the text of a file; null: it does not exist or cannot be read. */
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

/**
 * Returns who can write a file that only root should write; null: no other user can. When a manager runs as root, root
 * is not another user.
 */
export function findWriter({ uid, mode }: Stats, { wazuh }: Pick<Site, 'wazuh'>): string | null {
  if (wazuh.uid === 0) return (mode & 0o022) === 0 ? null : 'others than root';
  return uid === wazuh.uid || (mode & 0o022) !== 0 ? "the manager's user" : null;
}

/**
 * Returns whether the manager is a worker of a cluster: its lists come from the master, and nothing runs a refresh on
 * it.
 */
export function isWorker({ conf }: Site): boolean {
  return toNode(conf) === 'worker';
}

/** A user of the machine, by its numeric ids. */
export interface User {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

const bits = { read: 4, write: 3, run: 1 } as const;
export type Want = keyof typeof bits;

const enter = 1;
/** The number of links after which the kernel gives up. */
const mostLinks = 40;

/**
 * Returns what prevents a user from using a file, by the owners and modes of all folders on the path, with links
 * followed; null: nothing does. Access lists are not read: a group that they allow is visible in the mode.
 */
export function findBarrier(path: string, user: User, want: Want): string | null {
  if (user.uid === 0) return findMissing(path);
  return walk(resolve(path), { user, want, asked: resolve(path), links: mostLinks });
}

interface Walk {
  readonly user: User;
  readonly want: Want;
  readonly asked: string;
  /** How many more may be followed. */
  readonly links: number;
}

function findMissing(path: string): string | null {
  return statSync(path, { throwIfNoEntry: false }) ? null : `${path} is not there`;
}

function walk(path: string, state: Walk): string | null {
  const { user, want, asked, links } = state;
  const parts = path.split('/').slice(1);
  let at = '/';
  for (const [index, part] of parts.entries()) {
    const folder = statSync(at);
    if (!folder.isDirectory()) return `${at} is no folder`;
    if (!may(folder, user, enter)) return `${at} is closed to it (mode ${modeOf(folder)})`;
    const next = resolve(at, part);
    const stats = lstatSync(next, { throwIfNoEntry: false });
    if (stats === undefined) return `${next} is not there`;
    if (stats.isSymbolicLink()) {
      if (links === 0) return `${asked} is a circle of links`;
      const target = resolve(dirname(next), readlinkSync(next), ...parts.slice(index + 1));
      return walk(target, { ...state, links: links - 1 });
    }
    at = next;
  }
  const stats = statSync(at);
  if (may(stats, user, bits[want])) return null;
  return at === asked ? `its mode is ${modeOf(stats)}` : `the mode of ${at} is ${modeOf(stats)}`;
}

function may({ mode, uid, gid }: Stats, user: User, wanted: number): boolean {
  const isOfGroup = gid === user.gid || user.groups.includes(gid);
  const shift = uid === user.uid ? 6 : isOfGroup ? 3 : 0;
  return ((mode >> shift) & wanted) === wanted;
}

function modeOf({ mode }: Stats): string {
  return (mode & 0o7777).toString(8);
}

/** Selects lines of a subject whose text matches. */
type Pattern = readonly [subject: string, text: RegExp];

interface Cause {
  readonly of: Pattern;
  /** The lines that are solved together with the cause. */
  readonly following: readonly Pattern[];
}

const any = /^/;

/**
 * The causes that lead to several problems, for which the next steps of the single lines would not help. They are in
 * the order of the checks.
 */
const causes: readonly Cause[] = [
  { of: ['token', /^no token is set$/], following: [['OpenCTI', /^the token of OpenCTI is not set/]] },
  { of: ['token', /cannot be read/], following: [['schedule', /cannot run the tool/]] },
  { of: ['files', /is closed to/], following: [['schedule', /cannot run the tool/]] },
  {
    of: ['folders', any],
    following: [
      ['lists', /was not compiled|\.cdb has/],
      ['schedule', /cannot run the tool/],
    ],
  },
  {
    of: ['engine', /does not run/],
    following: [['integratord', /does not run/]],
  },
  {
    of: ['ossec.conf', /the engine cannot read it|has lost|does not declare/],
    following: [
      ['ossec.conf', /^the engine refuses it/],
      ['lists', /was not compiled|\.cdb has/],
      // When a gate is dropped, its children are, too.
      ['rules', /^the engine (?:leaves out|does not load)/],
      ['integration', /has no <integration>/],
      ['integratord', any],
      ['schedule', /how old the lists are/],
    ],
  },
  { of: ['lists', /cannot be read by the engine/], following: [['lists', /was not compiled|\.cdb has/]] },
  { of: ['integration', /has no <integration>/], following: [['integratord', any]] },
  { of: ['Node', any], following: [['schedule', /cannot run/]] },
];

/**
 * Adds the cause to each line, in the order of the lines: only earlier lines with a problem or a warning can be a
 * cause.
 */
export function createFollowing(): (line: CheckLine) => CheckLine {
  const seen: CheckLine[] = [];
  return (line) => {
    const isBad = line.state === 'problem' || line.state === 'warning';
    const cause = isBad
      ? causes.find(
          ({ of, following }) =>
            following.some((pattern) => isOf(line, pattern)) && seen.some((each) => isOf(each, of)),
        )
      : undefined;
    if (cause !== undefined) return { ...line, follows: cause.of[0] };
    if (isBad) seen.push(line);
    return line;
  };
}

function isOf({ subject, text }: CheckLine, [wanted, pattern]: Pattern): boolean {
  return subject === wanted && pattern.test(text);
}

/** A finding of `check`. */
export interface CheckLine {
  /** `not-looked`: this user has no access, or the engine could not be asked: the result is neither good nor bad. */
  readonly state: 'ok' | 'warning' | 'problem' | 'not-looked';
  /** The subject of the check, in a word or two: `docs/messages.md` explains each. */
  readonly subject: string;
  readonly text: string;
  /** The next step; null when there is no problem. */
  readonly next: string | null;
  /** The subject of another line that is the cause: solving that one solves this one. */
  readonly follows?: string;
}

export function ok(subject: string, text: string): CheckLine {
  return { state: 'ok', subject, text, next: null };
}

/** Returns a line about a check for which this user has no access. */
export function notLooked(subject: string, text: string): CheckLine {
  return { state: 'not-looked', subject, text, next: 'run opencti-wazuh check as root' };
}

/** Returns a line about something that works, with a warning. */
export function warn(subject: string, text: string, next: string): CheckLine {
  return { state: 'warning', subject, text, next };
}

/** Returns a line about something that is not matched, not reported or not safe. */
export function fail(subject: string, text: string, next: string): CheckLine {
  return { state: 'problem', subject, text, next };
}

/** Returns the findings; when there are none, one line without a problem. */
export function orOk(findings: readonly CheckLine[], subject: string, text: string): readonly CheckLine[] {
  return findings.length > 0 ? findings : [ok(subject, text)];
}
