import { closeSync, constants, readFileSync } from 'node:fs';
import { KnownError } from '../../errors.ts';
import { giveAway } from './held-files.ts';
import { openFile } from './held-folder.ts';
import type { HeldHome } from './held-home.ts';

export interface Lock {
  release(): void;
}

const exclusive = 2;
const withoutWaiting = 4;

/**
 * One refresh at a time. The lock is the kernel's own (`flock`, by koffi, since Node has none): it goes with the
 * process, however that ends, so that there is no stale lock to judge by ids and times and no way for two runs to
 * take one over at once.
 * @throws KnownError when another run holds it.
 */
export async function takeLock({ state, owner }: HeldHome): Promise<Lock> {
  const { O_RDWR, O_CREAT } = constants;
  const file = openFile(state, 'lock', O_RDWR | O_CREAT);
  if (file === null) throw new Error('a lock file that is made is there');
  const { descriptor, stats } = file;
  try {
    if (stats.uid === process.getuid?.() && stats.size === 0 && stats.nlink === 1)
      giveAway(descriptor, owner, 0o660);
    const { default: koffi } = await import('koffi');
    const flock = koffi.load(null).func('int flock(int, int)');
    if (flock(descriptor, exclusive | withoutWaiting) !== 0) throw toHeldError(state.path, stats.ino);
    return { release: () => closeSync(descriptor) };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function toHeldError(folder: string, inode: number): KnownError {
  const holder = findHolder(inode);
  const who = holder === null ? 'another run' : `process ${holder}`;
  return new KnownError(
    `${who} is refreshing this manager (it holds ${folder}/lock): nothing was changed; wait for it, or look why it does not end`,
  );
}

/** `1: FLOCK  ADVISORY  WRITE 4242 08:01:1234 0 EOF`: the process that has locked this file. */
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
