import { codeOf, KnownError } from '../errors.ts';
import { type HeldFolder, holdFolder, type Owner, statName } from '../files/held.ts';
import { type OwnFolder, ownFolders } from './ours.ts';

/** The folders of a manager that have files of ours, held open by their descriptors. */
export interface HeldManager {
  readonly path: string;
  readonly own: Readonly<Record<OwnFolder, HeldFolder>>;
  close(): void;
}

/** The folders of a manager, and the folders of the project's own state. */
export interface HeldHome extends HeldManager {
  /** The user of the manager, who owns the files that the engine reads and the state. */
  readonly owner: Owner;
  /** The folder of the last runs and the journal. */
  readonly state: HeldFolder;
  /** The folders of the files that the last set replaced. */
  readonly previous: Readonly<Record<OwnFolder, HeldFolder>>;
}

/**
 * Opens the folders of a manager, and creates nothing.
 * @throws KnownError; exit code 2 when there is no manager.
 */
export function holdManager(path: string): HeldManager {
  return holdAll(path, (keep) => {
    const etc = keep(keep(holdFolder(path)).folder('etc'));
    const own = forEachFolder((name) => keep(etc.folder(name)));
    return { path, own };
  });
}

/**
 * Does the same as `holdManager`, and creates the folders of the project's state. @param toOwner is called when it is
 * certain that there is a manager.
 */
export function holdHome(path: string, toOwner: () => Owner): HeldHome {
  return holdAll(path, (keep) => {
    const manager = holdManager(path);
    keep({ close: manager.close });
    const owner = toOwner();
    const ours = keep(makeOwn(keep(keep(holdFolder(path)).folder('var')), owner));
    const state = keep(ours.makeFolder('state', owner));
    const kept = keep(ours.makeFolder('previous', owner));
    const previous = forEachFolder((name) => keep(kept.makeFolder(name, owner)));
    return { ...manager, owner, state, previous };
  });
}

/**
 * Opens the project's folder in `var`. `var` belongs to root: the manager's user finds there what an installation has
 * created (Wazuh 4.2.0 to 4.14.7).
 */
function makeOwn(folder: HeldFolder, owner: Owner): HeldFolder {
  const name = 'opencti-wazuh';
  try {
    return folder.makeFolder(name, owner);
  } catch (error) {
    if (codeOf(error) !== 'EACCES' || statName(folder, name) !== null) throw error;
    throw new KnownError(
      `${folder.path}/${name} is not there, and root alone may make it: run opencti-wazuh install as root`,
      { exitCode: 2, cause: error },
    );
  }
}

type Keep = <T extends { close(): void }>(held: T) => T;

/** Closes all folders together, also when one of them cannot be opened. */
function holdAll<T>(path: string, open: (keep: Keep) => T): T & { close(): void } {
  const held: { close(): void }[] = [];
  const close = () => {
    for (const one of held) one.close();
  };
  try {
    const opened = open((one) => {
      held.push(one);
      return one;
    });
    return { ...opened, close };
  } catch (error) {
    close();
    throw toHomeError(path, error);
  }
}

/** Opens the folder of the state for a reader, and creates nothing. Null: no refresh has run yet. */
export function holdState(path: string): HeldFolder | null {
  const held: HeldFolder[] = [];
  try {
    held.push(holdFolder(path));
    for (const name of ['var', 'opencti-wazuh', 'state']) held.push(lastOf(held).folder(name));
    return held.pop() ?? null;
  } catch (error) {
    if (held.length > 0 && codeOf(error) === 'ENOENT') return null;
    throw toHomeError(path, error);
  } finally {
    for (const folder of held) folder.close();
  }
}

function lastOf(held: readonly HeldFolder[]): HeldFolder {
  const last = held.at(-1);
  if (last === undefined) throw new Error('no folder is held');
  return last;
}

function forEachFolder<T>(make: (name: OwnFolder) => T): Record<OwnFolder, T> {
  return Object.fromEntries(ownFolders.map((name) => [name, make(name)])) as Record<OwnFolder, T>;
}

function toHomeError(path: string, error: unknown): unknown {
  if (error instanceof KnownError) return error;
  const code = codeOf(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    const message = `${path} is no Wazuh manager (it has no etc/lists, say): set wazuh.home or WAZUH_HOME`;
    return new KnownError(message, { exitCode: 2, cause: error });
  }
  if (code === undefined) return error;
  return new KnownError(`${path} cannot be opened (${code}): run as the user wazuh or as root`, {
    exitCode: 2,
    cause: error,
  });
}
