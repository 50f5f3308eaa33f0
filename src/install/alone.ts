import { join } from 'node:path';
import { KnownError } from '../errors.ts';
import { withTruePath } from '../files/held.ts';
import { loadFlock, lockBy, takeLock } from '../files/lock.ts';
import { absent, applyChanges, readEntry } from '../files/transaction.ts';
import { type HeldHome, holdHome, holdState } from '../wazuh/manager/held-home.ts';
import { ownFolders } from '../wazuh/own-files.ts';
import { recover } from '../wazuh/own-set.ts';
import type { Machine } from './machine.ts';

/**
 * Installs while no refresh and no other installation is at work. What a refresh that was killed had half in place is
 * taken back first; its journal stays, so that the next refresh has the engine take it.
 * @throws KnownError when another run is at work; and then, or when the work fails, nothing of the lock stays.
 */
export async function installAlone<T>(machine: Machine, work: (home: HeldHome) => Promise<T>): Promise<T> {
  const flock = await loadFlock();
  const isNew = readEntry(machine, toStateRoot(machine)).kind === 'absent';
  const home = holdWhole(machine, isNew);
  try {
    const lock = lockBy(flock, home);
    try {
      recover(home);
      return await work(home);
    } catch (error) {
      const told = withTruePath(error);
      if (isNew) removeState(machine);
      throw told;
    } finally {
      lock.release();
    }
  } finally {
    home.close();
  }
}

/** All folders of the state, or none that was not there before. */
function holdWhole(machine: Machine, isNew: boolean): HeldHome {
  try {
    return holdAsRoot(machine);
  } catch (error) {
    // What is not empty belongs to another run by now, and the first error is the one to tell.
    if (isNew)
      try {
        remove(machine, toStateFolders(machine));
      } catch {}
    throw error;
  }
}

/** A user who may refresh may still not install. */
function holdAsRoot({ home, manager }: Machine): HeldHome {
  try {
    return holdHome(home, () => manager);
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    throw new KnownError(`${home} cannot be changed (${code}); nothing is changed: run it as root`, {
      exitCode: 2,
      cause: error,
    });
  }
}

/** Removes while nobody else is at work. Where there is no state nobody can be, and none is made. */
export async function removeAlone<T>(machine: Machine, work: () => Promise<T>): Promise<T> {
  const paths = [toStateRoot(machine), join(toStateRoot(machine), 'state')];
  const isThere = paths.every((path) => readEntry(machine, path).kind === 'folder');
  const state = isThere ? holdState(machine.home) : null;
  if (state === null) return await work();
  try {
    const lock = await takeLock({ state, owner: machine.manager });
    try {
      return await work();
    } finally {
      lock.release();
    }
  } finally {
    state.close();
  }
}

function toStateRoot({ home }: Machine): string {
  return join(home, 'var/opencti-wazuh');
}

/** What was made for the lock. */
function removeState(machine: Machine): void {
  const state = join(toStateRoot(machine), 'state');
  remove(machine, [join(state, 'lock'), join(state, 'refresh.json'), ...toStateFolders(machine)]);
}

/** Each folder after those that are in it. */
function toStateFolders(machine: Machine): string[] {
  const root = toStateRoot(machine);
  const previous = join(root, 'previous');
  return [join(root, 'state'), ...ownFolders.map((name) => join(previous, name)), previous, root];
}

function remove(machine: Machine, paths: readonly string[]): void {
  applyChanges(
    machine,
    paths.map((path) => ({ path, to: absent })),
  );
}
