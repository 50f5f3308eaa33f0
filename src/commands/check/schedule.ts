import { existsSync, lstatSync, readFileSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { staleAlias } from '../../wazuh/ossec-conf/edit.ts';
import { scheduleFiles, toScheduleChanges } from '../install/schedule.ts';
import { runAs } from './access.ts';
import {
  type CheckLine,
  fail,
  findBarrier,
  formatMode,
  isWorker,
  ok,
  type Site,
  statOf,
  type User,
  warn,
} from './site.ts';

const subject = 'schedule';
const install = 'run opencti-wazuh install';
const [cronFile, serviceFile, timerFile, wantsLink] = scheduleFiles;
const patience = 30_000;
const shownLines = 3;

/** Checks that a schedule runs `refresh`, and that the manager reports when it does not. */
export function checkSchedule(site: Site): readonly CheckLine[] {
  if (isWorker(site)) return [ok(subject, 'the master refreshes')];
  return [checkRunner(site), checkAsker(site)];
}

function checkAsker({ conf }: Site): CheckLine {
  const asks = conf.localfiles.some(({ children }) =>
    children.some(({ name, text }) => name === 'alias' && text === staleAlias),
  );
  if (asks) return ok(subject, 'the manager asks each hour how old the lists are');
  const text =
    'the manager does not check how old the lists are: a schedule that no longer runs would not be noticed';
  return warn(subject, text, `${install}, then restart the manager`);
}

function checkRunner(site: Site): CheckLine {
  const at = (path: string) => join(site.etc, path);
  const cron = at(cronFile);
  const cronStats = statOf(cron);
  if (cronStats !== null) return checkCron(site, cron, cronStats);
  if ([serviceFile, timerFile, wantsLink].some((path) => hasEntry(at(path)))) return checkTimer(site, at);
  return warn(
    subject,
    `neither cron nor a timer in ${site.etc} runs refresh`,
    `${install}, or have another scheduler run it once an hour`,
  );
}

/** A broken link exists, too. */
function hasEntry(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function checkCron(site: Site, path: string, stats: Stats): CheckLine {
  if (!isSafe(stats)) return toUnsafe(`cron leaves out ${path}`, path, stats);
  const text = readFileSync(path, 'utf8');
  const run = parseCron(text);
  if (run === null) return fail(subject, `${path} has no line that runs refresh`, install);
  return checkRun(site, path, run, renderedAt(site, 'cron', path) === text);
}

function isSafe({ uid, mode }: Stats): boolean {
  return [0, process.getuid?.()].includes(uid) && (mode & 0o022) === 0;
}

function toUnsafe(what: string, path: string, stats: Stats): CheckLine {
  const text = `${what}: it is not root's alone (mode ${formatMode(stats)}, owner ${stats.uid})`;
  return fail(subject, text, `chown root:root ${path}; chmod 644 ${path}`);
}

function checkTimer(site: Site, at: (path: string) => string): CheckLine {
  const [service, timer, wants] = [at(serviceFile), at(timerFile), at(wantsLink)];
  const missing = [service, timer, wants].find((path) => !existsSync(path));
  if (missing)
    return fail(subject, `${missing} is not there: the timer of systemd never runs refresh`, install);
  const stats = statSync(service);
  if (!isSafe(stats)) return toUnsafe(`others can change ${service}`, service, stats);
  const text = readFileSync(service, 'utf8');
  const run = parseService(text);
  if (run === null) return fail(subject, `${service} does not run refresh`, install);
  return checkRun(site, service, run, renderedAt(site, 'systemd', service) === text);
}

function renderedAt({ machine }: Site, schedule: 'cron' | 'systemd', path: string): string | null {
  const change = toScheduleChanges(machine, schedule).find((each) => each.path === path);
  return change?.to.kind === 'file' ? change.to.bytes.toString() : null;
}

function checkRun(site: Site, path: string, run: ScheduledRun, isOurs: boolean): CheckLine {
  const problem = findProblem(site, run);
  if (problem !== null) return fail(subject, `${path} ${problem}`, install);
  return ok(subject, `${path} runs refresh${isOurs ? '' : '; it was changed since it was installed'}`);
}

function findProblem(site: Site, { user, home, words }: ScheduledRun): string | null {
  const { scheduleUser } = site;
  if (user !== scheduleUser.name)
    return `runs refresh as ${user}, and the lists have to be written by ${scheduleUser.name}`;
  if (home !== site.home)
    return `runs refresh for ${home ?? 'no WAZUH_HOME'}, and this manager is ${site.home}`;
  const [program = '', ...rest] = words;
  const barrier =
    findBarrier(program, scheduleUser, 'run') ??
    rest
      .filter((word) => word.startsWith('/'))
      .map((word) => findBarrier(word, scheduleUser, 'read'))
      .find((each) => each !== null);
  if (barrier) return `cannot run refresh as ${user}: ${barrier}`;
  const said = tryStart(words, site, scheduleUser);
  return said === null ? null : `cannot run the tool as ${user}: ${said}`;
}

/** Starts the tool as cron does, without the environment of a person. Null: it starts, or this cannot be determined. */
function tryStart(words: readonly string[], { home }: Site, user: User): string | null {
  const run = runAs([...words, 'status', '--line'], user, {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', SHELL: '/bin/sh', HOME: home, WAZUH_HOME: home },
    encoding: 'utf8',
    timeout: patience,
  });
  if (run === null) return null;
  const { status, stderr, error } = run;
  if (status === 0) return null;
  const said = (stderr ?? '')
    .trim()
    .split(/\s*\n\s*/)
    .slice(0, shownLines)
    .join(' ');
  return error?.message ?? (said || `it ends with exit code ${status}`);
}

/** The run of `refresh` in a file of a scheduler. */
export interface ScheduledRun {
  readonly user: string;
  /** The Wazuh home; null: none is set. */
  readonly home: string | null;
  /** The program, and its arguments before `refresh`. */
  readonly words: readonly string[];
}

const cronTime = String.raw`(?:@\w+|\S+(?:\s+\S+){4})`;
const cronLine = new RegExp(String.raw`^\s*(?!#)${cronTime}\s+(\S+)\s+(.+?)\s+refresh(?:\s|$)`);

/** Reads a file of cron; null: no line runs `refresh`. */
export function parseCron(text: string): ScheduledRun | null {
  // Cron does not read a last line without a line end.
  const lines = text.split('\n').slice(0, -1);
  const [, user, command] = lines.map((line) => cronLine.exec(line)).find((match) => match !== null) ?? [];
  if (user === undefined || command === undefined) return null;
  const home = lastValue(lines, /^\s*WAZUH_HOME\s*=\s*(.*)$/);
  // Cron reads a bare % as a line break, before the shell reads any quote.
  return { user, home, words: toWords(command.replaceAll('\\%', '%')) };
}

/** Reads a service of systemd; null: it does not run `refresh`. */
export function parseService(text: string): ScheduledRun | null {
  const lines = text.split('\n');
  const command = lastValue(lines, /^ExecStart=(.+?)\s+refresh(?:\s|$)/);
  if (command === null) return null;
  const user = lastValue(lines, /^User=(.*)$/) ?? 'root';
  const home = lastValue(lines, /^Environment=WAZUH_HOME=(.*)$/);
  return { user, home, words: toWords(command.replaceAll('%%', '%')) };
}

function lastValue(lines: readonly string[], pattern: RegExp): string | null {
  const values = lines.flatMap((line) => pattern.exec(line)?.[1] ?? []);
  return (
    values
      .at(-1)
      ?.trim()
      .replace(/^(["'])(.*)\1$/, '$2') ?? null
  );
}

/** Reads a quoted path; a quote in it is written as in a shell, `'\''`. */
function toWords(command: string): string[] {
  const words = command.match(/(?:'[^']*'|\\.|[^\s'\\])+/g) ?? [];
  return words.map((word) => word.replace(/'([^']*)'|\\(.)/g, '$1$2'));
}
