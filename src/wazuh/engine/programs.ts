import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, messageOf } from '../../errors.ts';
import { listNames } from '../fields.ts';

/**
 * The files with the version of a manager: `VERSION.json`, which the user `wazuh` can read, since 4.12, and the script
 * of `wazuh-control info`, which only root can read (Wazuh 4.2.0 to 4.14.7).
 */
const places = [
  ['VERSION.json', /"version"\s*:\s*"v?(\d+)\.(\d+)([\w.-]*)"/],
  ['bin/wazuh-control', /^VERSION="v?(\d+)\.(\d+)([\w.-]*)"/m],
] as const;

export interface EngineVersion {
  /** `4.12.0`. */
  readonly text: string;
  /** It loads a new ruleset while it runs: 4.13 and later. */
  readonly hasHotReload: boolean;
}

/**
 * Returns the version of the engine; null: it is not known, since the files do not exist or this user may not read
 * them.
 */
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

/**
 * Returns whether an engine was started after `time`, by the file with its process id that it makes at the start. False
 * also when there is no engine.
 */
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
  /** Null: the program was killed, or could not be started. */
  readonly code: number | null;
  /** The lines that it wrote to its output and its error output. */
  readonly lines: readonly string[];
  /** Why there is no code. */
  readonly problem: string | null;
}

/** More output adds nothing new. */
const mostOutput = 1 << 20;

/**
 * Runs a program of the manager, without a shell and without the environment of this process.
 * @param timeout milliseconds after which the program is killed.
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
      // A process that it has started may still hold its output open.
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
 * Returns the databases of ours that the engine has replaced and still holds open: each hot reload leaves one per list,
 * with its memory and its space on the disk, until the engine is restarted (Wazuh 4.14.7).
 * @returns null: this is not known, since the engine does not run or this user may not read its mappings.
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
      if (!listNames.some((list) => path.endsWith(`/etc/lists/${list}`))) continue;
      const bytes = Number.parseInt(to, 16) - Number.parseInt(from, 16);
      seen.set(file, Math.max(seen.get(file) ?? 0, bytes));
    }
  }
  if (!hasLooked) return null;
  return { copies: seen.size, bytes: [...seen.values()].reduce((sum, bytes) => sum + bytes, 0) };
}

/** Returns the process ids of the engines: each writes its id into the name of a file. */
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

/**
 * The variables of the environment that a program of the machine may need: the language, and the time zone of its log.
 */
const passedOn = ['LANG', 'LC_ALL', 'TZ'] as const;

/**
 * Returns the environment of a program that this tool starts: the search path, and nothing that a person has exported.
 * A restarted manager keeps the environment that it was given, each daemon passes it to every script, and every user
 * who may read `/proc/<pid>/environ` can read it: it must not contain an API token (Wazuh 4.14.7).
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
