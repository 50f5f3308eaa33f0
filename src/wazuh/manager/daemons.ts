import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A program of the manager that runs. */
export interface Daemon {
  readonly name: string;
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly started: number;
  readonly uid: number;
  readonly gid: number;
}

/** The kernel keeps so many characters of a program's name. */
const shownName = 15;

/**
 * The daemons that run, by the files that they make with their process ids in the name. A dead one leaves its file, and
 * its id may be another program's by now. Those that a Python runs, as the API, are not found.
 */
export function findDaemons(home: string): Daemon[] {
  const folder = join(home, 'var/run');
  return namesIn(folder).flatMap((file) => {
    const [, name = '', id = ''] = /^(wazuh-[a-z]+)-(\d{1,10})\.pid$/.exec(file) ?? [];
    const status = tryRead(`/proc/${id}/status`);
    if (/^Name:\t(.*)$/m.exec(status)?.[1] !== name.slice(0, shownName)) return [];
    const [uid, gid] = ['Uid', 'Gid'].map((what) =>
      Number(new RegExp(`^${what}:\\s+\\d+\\s+(\\d+)`, 'm').exec(status)?.[1]),
    );
    const started = statSync(join(folder, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    return [{ name, id: Number(id), started, uid: uid ?? 0, gid: gid ?? 0 }];
  });
}

/** Null: it does not run. */
export function findDaemon(home: string, name: string): Daemon | null {
  return findDaemons(home).find((daemon) => daemon.name === name) ?? null;
}

/**
 * The environment that a daemon was started with; null: this user may not read it. The manager's own user may not
 * either, since the daemons have changed their user (Wazuh 4.14.7).
 */
export function readEnvironment({ id }: Daemon): ReadonlyMap<string, string> | null {
  try {
    const entries = readFileSync(`/proc/${id}/environ`, 'utf8').split('\0');
    return new Map(
      entries.map((entry) => {
        const end = entry.indexOf('=');
        return [entry.slice(0, end), entry.slice(end + 1)] as const;
      }),
    );
  } catch {
    return null;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function tryRead(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
