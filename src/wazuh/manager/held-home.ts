import { KnownError } from '../../errors.ts';
import { type OwnFolder, ownFolders } from '../own-files.ts';
import { type HeldFolder, holdFolder, type Owner } from './held-folder.ts';

/** The folders of a manager that a refresh works in, held open. */
export interface HeldHome {
  readonly path: string;
  /** Who owns what the engine reads: the owner of `etc/lists`, whatever its name is on this machine. */
  readonly owner: Owner;
  readonly own: Readonly<Record<OwnFolder, HeldFolder>>;
  /** Last runs and the journal. */
  readonly state: HeldFolder;
  /** The files that the last set took the place of. */
  readonly previous: Readonly<Record<OwnFolder, HeldFolder>>;
  close(): void;
}

/**
 * Opens the folders of a manager, and makes those of the project's state.
 * @throws KnownError; exit code 2 when there is no manager.
 */
export function holdHome(path: string): HeldHome {
  const held: HeldFolder[] = [];
  const keep = (folder: HeldFolder) => {
    held.push(folder);
    return folder;
  };
  const close = () => {
    for (const folder of held) folder.close();
  };
  try {
    const home = keep(holdFolder(path));
    const etc = keep(home.folder('etc'));
    const own = forEachFolder((name) => keep(etc.folder(name)));
    const { owner } = own.lists;
    const ours = keep(keep(home.folder('var')).makeFolder('opencti-wazuh', owner));
    const state = keep(ours.makeFolder('state', owner));
    const kept = keep(ours.makeFolder('previous', owner));
    const previous = forEachFolder((name) => keep(kept.makeFolder(name, owner)));
    return { path, owner, own, state, previous, close };
  } catch (error) {
    close();
    throw toHomeError(path, error);
  }
}

/** As `holdHome`, for a reader: makes nothing. Null: no refresh has run yet. */
export function holdState(path: string): HeldFolder | null {
  const held: HeldFolder[] = [];
  try {
    held.push(holdFolder(path));
    for (const name of ['var', 'opencti-wazuh', 'state']) held.push(lastOf(held).folder(name));
    return held.pop() ?? null;
  } catch (error) {
    if (held.length > 0 && (error as NodeJS.ErrnoException).code === 'ENOENT') return null;
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
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    const message = `${path} is no Wazuh manager (it has not etc/lists, etc/rules, etc/decoders and var): set wazuh.home or WAZUH_HOME`;
    return new KnownError(message, { exitCode: 2, cause: error });
  }
  if (code === undefined) return error;
  return new KnownError(`${path} cannot be opened (${code}): run as the user wazuh or as root`, {
    exitCode: 2,
    cause: error,
  });
}
