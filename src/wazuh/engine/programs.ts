import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, messageOf } from '../../errors.ts';
import { eventFields } from '../fields.ts';

/**
 * Where a manager has its version: a file that the user `wazuh` can read, since 4.12, and the script that
 * `wazuh-control info` comes from, which root alone can (Wazuh 4.2.0 to 4.14.7).
 */
const places = [
  ['VERSION.json', /"version"\s*:\s*"v?(\d+)\.(\d+)([\w.-]*)"/],
  ['bin/wazuh-control', /^VERSION="v?(\d+)\.(\d+)([\w.-]*)"/m],
] as const;

export interface EngineVersion {
  /** `4.12.0`. */
  readonly text: string;
  /** It takes a new ruleset while it runs: 4.13 and later. */
  readonly hasHotReload: boolean;
}

/** Null: it is not known, since the files are not there or this user may not read them. */
export function readVersion(home: string): EngineVersion | null {
  for (const [path, pattern] of places) {
    const [, major, minor, rest = ''] = pattern.exec(tryRead(join(home, path))) ?? [];
    if (major === undefined || minor === undefined) continue;
    const hasHotReload = Number(major) > 4 || (Number(major) === 4 && Number(minor) >= 13);
    return { text: `${major}.${minor}${rest}`, hasHotReload };
  }
  return null;
}

function tryRead(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** The engine makes a file with its process id when it starts. False also when there is none. */
export function isRestartedSince(home: string, time: Date): boolean {
  const folder = join(home, 'var/run');
  try {
    return readdirSync(folder)
      .filter((name) => /^wazuh-analysisd-\d+\.pid$/.test(name))
      .some((name) => statSync(join(folder, name)).mtime > time);
  } catch {
    return false;
  }
}

export interface ProgramResult {
  /** Null: it was killed, or could not be started. */
  readonly code: number | null;
  /** What it wrote, on both ways, as lines. */
  readonly lines: readonly string[];
  /** Why there is no code. */
  readonly problem: string | null;
}

/** More says nothing new. */
const mostOutput = 1 << 20;

/**
 * Runs a program of the manager, without a shell and without this process' environment.
 * @param timeout milliseconds, then it is killed.
 */
export function runProgram(file: string, args: readonly string[], timeout: number): Promise<ProgramResult> {
  return new Promise((resolve) => {
    let output = '';
    let problem: string | null = null;
    const child = spawn(file, [...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: toProgramEnvironment(),
    });
    const timer = setTimeout(() => {
      problem = `it did not end within ${timeout / 1_000} s`;
      child.kill('SIGKILL');
      // What it has started may still hold its output.
      child.stdout.destroy();
      child.stderr.destroy();
    }, timeout);
    const take = (text: string) => {
      if (output.length < mostOutput) output += text;
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.on('error', (error) => {
      problem = `it cannot be run (${codeOf(error) ?? messageOf(error)})`;
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      const lines = output.split('\n').filter((line) => line.trim() !== '');
      resolve({ code, lines, problem });
    });
  });
}

export interface DeletedLists {
  readonly copies: number;
  readonly bytes: number;
}

/** `7f..-7f.. r--s 00000000 08:01 1234   /var/ossec/etc/lists/opencti-fim-md5.cdb (deleted)`. */
const mapping = /^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ (\S+ \d+) +(\/.*)\.cdb \(deleted\)$/;

/**
 * Databases of ours that the engine has replaced and still holds: each hot reload leaves one a list, with its
 * memory and its place on the disk, until the engine is restarted (Wazuh 4.14.7).
 * @returns null: it cannot be told, since the engine does not run or this user may not look at it.
 */
export function findDeletedLists(home: string): DeletedLists | null {
  const seen = new Map<string, number>();
  let hasLooked = false;
  for (const id of findEngines(home)) {
    const maps = readMaps(id);
    if (maps === null) continue;
    hasLooked = true;
    for (const line of maps.split('\n')) {
      const [, from = '', to = '', file = '', path = ''] = mapping.exec(line) ?? [];
      if (!eventFields.some(({ list }) => path.endsWith(`/etc/lists/${list}`))) continue;
      const bytes = Number.parseInt(to, 16) - Number.parseInt(from, 16);
      seen.set(file, Math.max(seen.get(file) ?? 0, bytes));
    }
  }
  if (!hasLooked) return null;
  return { copies: seen.size, bytes: [...seen.values()].reduce((sum, bytes) => sum + bytes, 0) };
}

/** The engine writes its process id into the name of a file. */
function findEngines(home: string): string[] {
  try {
    return readdirSync(join(home, 'var/run'))
      .map((name) => /^wazuh-analysisd-(\d{1,10})\.pid$/.exec(name)?.[1])
      .filter((id) => id !== undefined);
  } catch {
    return [];
  }
}

function readMaps(id: string): string | null {
  try {
    return readFileSync(`/proc/${id}/maps`, 'utf8');
  } catch {
    return null;
  }
}

/** What of the environment a program of the machine may need: its language, and the time zone of its log. */
const passedOn = ['LANG', 'LC_ALL', 'TZ'] as const;

/**
 * The environment of a program that this tool starts: where programs are, and nothing that a person has exported. A
 * restarted manager keeps what it was given, each daemon hands it on to every script, and whoever may read
 * `/proc/<pid>/environ` reads it: an API token has no business there (Wazuh 4.14.7).
 */
function toProgramEnvironment(): Record<string, string> {
  const known = passedOn.flatMap((name) => {
    const value = process.env[name];
    return value ? [[name, value] as const] : [];
  });
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ...Object.fromEntries(known),
  };
}
