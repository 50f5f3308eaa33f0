import { closeSync, constants, readFileSync } from 'node:fs';
import { KnownError } from '../errors.ts';
import { type HeldFolder, type Owner, openFile, statName } from './held.ts';
import { giveAway } from './write.ts';

export interface Lock {
  release(): void;
}

const exclusive = 2;
const withoutWaiting = 4;

/**
 * Takes the lock that allows one refresh, installation or removal at a time. It is a lock of the kernel (`flock`, through
 * koffi, since Node has none), which ends with the process in every case. So there is no stale lock, which would have to be
 * recognised by ids and times, and two runs cannot take one over at once.
 * @throws KnownError when another run holds it.
 */
export async function takeLock(home: LockPlace): Promise<Lock> {
  return lockBy(await loadFlock(), home);
}

/** The folder that has the file `lock`, and the owner of that file. */
interface LockPlace {
  readonly state: HeldFolder;
  readonly owner: Owner;
}

type Flock = (descriptor: number, operation: number) => number;

export function lockBy(flock: Flock, { state, owner }: LockPlace): Lock {
  const { O_RDWR, O_CREAT } = constants;
  const file = openFile(state, 'lock', O_RDWR | O_CREAT);
  if (file === null) throw new Error('a lock file that is made is there');
  const { descriptor, stats } = file;
  try {
    if (stats.uid === process.getuid?.() && stats.size === 0 && stats.nlink === 1)
      giveAway(descriptor, owner, 0o660);
    if (flock(descriptor, exclusive | withoutWaiting) !== 0) throw toHeldError(state.path, stats.ino);
    // A removal, or an installation that failed, may have removed the file in the meantime.
    if (statName(state, 'lock')?.ino !== stats.ino) throw toHeldError(state.path, stats.ino);
    return { release: () => closeSync(descriptor) };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** Loads `flock` through koffi. @throws KnownError when there is no koffi for this machine. */
export async function loadFlock(): Promise<Flock> {
  try {
    const { default: koffi } = await import('koffi');
    return koffi.load(null).func('int flock(int, int)');
  } catch (error) {
    const { platform, arch } = process;
    throw new KnownError(
      [
        `two runs at once cannot be kept apart without the package koffi, which is not installed for ${platform} on ${arch}:`,
        'nothing was changed; install opencti-wazuh anew with its optional packages (npm install -g without --omit=optional)',
      ].join('\n'),
      { exitCode: 2, cause: error },
    );
  }
}

function toHeldError(folder: string, inode: number): KnownError {
  const holder = findHolder(inode);
  const who = holder === null ? 'another run' : `process ${holder}`;
  return new KnownError(
    `${who} is at work on this manager (it holds ${folder}/lock): nothing was changed; wait until it ends, or find out why it does not`,
  );
}

/**
 * Returns the id of the process that has locked a file, by a line such as `1: FLOCK  ADVISORY  WRITE 4242 08:01:1234
 * 0 EOF`.
 */
function findHolder(inode: number): string | null {
  try {
    const line = readFileSync('/proc/locks', 'utf8')
      .split('\n')
      .find((text) => text.includes(' FLOCK ') && text.includes(`:${inode} `));
    return line === undefined ? null : (/ WRITE +(\d+) /.exec(line)?.[1] ?? null);
  } catch {
    return null;
  }
}
