import { readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { KnownError } from '../../errors.ts';
import type { Owner } from '../../files/held.ts';

/** A line of `/etc/passwd`. */
interface Account extends Owner {
  readonly name: string;
}

/** The names that the packages give to the account: `ossec` before 4.3. */
const usualNames = ['wazuh', 'ossec'] as const;

/**
 * Returns the user and group that the manager runs as, by number. The owner of `etc/lists` is no evidence: in the
 * official packages that is root (Wazuh 4.2.0 to 4.14.7). The most reliable source is asked first: the user that runs
 * the engine, then the owner of the folder of its sockets, then the account that the packages make.
 * @param named `wazuh.user` of the configuration, a name or a number; null: the user is detected.
 * @throws KnownError (exit code 2) when there is none.
 */
export function findManagerUser(home: string, named: string | null = null): Owner {
  const user =
    named === null
      ? (findDaemon(home, 'wazuh-analysisd') ?? ownerOf(join(home, 'queue/sockets')) ?? findUsualAccount())
      : findNamed(home, named);
  if (user !== null) return { uid: user.uid, gid: user.gid };
  throw new KnownError(
    named === null
      ? `the user of the manager at ${home} is not found: no engine runs, queue/sockets is not there, and there is no account ${usualNames.join(' or ')}; set wazuh.user`
      : `wazuh.user: there is no account ${JSON.stringify(named)} on this machine; give its name or number as /etc/passwd has it`,
    { exitCode: 2 },
  );
}

function ownerOf(path: string): Owner | null {
  let stats: Stats | undefined;
  try {
    stats = statSync(path, { throwIfNoEntry: false });
  } catch {
    return null;
  }
  return stats ?? null;
}

function findUsualAccount(): Account | null {
  const accounts = readAccounts();
  const found = usualNames.map((name) => accounts.find((account) => account.name === name));
  return found.find((account) => account !== undefined) ?? null;
}

/** A number needs no account: containers know users only by their numbers. */
function findNamed(home: string, named: string): Owner | null {
  const account = readAccounts().find(({ name, uid }) => name === named || String(uid) === named);
  if (account || !/^\d{1,9}$/.test(named)) return account ?? null;
  return { uid: Number(named), gid: ownerOf(join(home, 'queue/sockets'))?.gid ?? Number(named) };
}

/** Returns the name of a user, for a scheduler; the usual name when the machine has none for the number. */
export function nameUser(uid: number): string {
  return readAccounts().find((account) => account.uid === uid)?.name ?? usualNames[0];
}

/** Returns the name of a group; the usual name when the machine has none for the number. */
export function nameGroup(gid: number): string {
  const lines = readLines('/etc/group').map((line) => line.split(':'));
  return lines.find(([, , id]) => id === String(gid))?.[0] ?? usualNames[0];
}

function readAccounts(): Account[] {
  return readLines('/etc/passwd')
    .map((line) => line.split(':'))
    .flatMap(([name, , uid, gid]) =>
      name && uid && gid ? [{ name, uid: Number(uid), gid: Number(gid) }] : [],
    );
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}

/** A running program of the manager. */
export interface Daemon {
  readonly name: string;
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly started: number;
  readonly uid: number;
  readonly gid: number;
}

/** The number of characters that the kernel keeps of a program's name. */
const shownName = 15;

/**
 * Returns the daemons that run, by the files with their process ids in the names. A daemon that died leaves its file,
 * and another program may have its id by now, so the name of the process is compared. Daemons that run in Python, as
 * the API does, are not found.
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

/** Returns a daemon by its name; null: it does not run. */
export function findDaemon(home: string, name: string): Daemon | null {
  return findDaemons(home).find((daemon) => daemon.name === name) ?? null;
}

/**
 * Returns the environment that a daemon was started with; null: this user may not read it. The manager's own user may
 * not read it either, since the daemons have changed their user (Wazuh 4.14.7).
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
