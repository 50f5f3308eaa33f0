import type { Dirent } from 'node:fs';
import { join, relative } from 'node:path';
import { KnownError } from '../errors.ts';
import { type HeldFolder, holdFolder, type Owner } from '../wazuh/manager/held-folder.ts';
import { withTruePath } from '../wazuh/manager/true-path.ts';

/** The machine that is worked on. */
export interface Machine {
  /** The Wazuh home. */
  readonly home: string;
  /** The folder of `cron.d`, `systemd` and `logrotate.d`. */
  readonly etc: string;
  /** Owner of what nobody but root may write and the manager reads: this process, and the group of the manager. */
  readonly readable: Owner;
  /** The user of the manager and its group, as `findManagerUser` finds them. */
  readonly manager: Owner;
  /** Their names, for cron, systemd and logrotate. */
  readonly user: string;
  readonly group: string;
}

/** One name in a folder that is held open: the user `wazuh` may plant links in the folders of a manager. */
export interface Place {
  readonly folder: HeldFolder;
  readonly name: string;
  /** For calls that do not follow a link in their last part. */
  readonly path: string;
}

/**
 * Walks to the folder of a path without following a link, and works there.
 * @returns null when one of the folders is not there.
 */
export function atPlace<T>(machine: Machine, path: string, work: (place: Place) => T): T | null {
  const { base, parts } = toParts(machine, path);
  const name = parts.pop() ?? '';
  const held: HeldFolder[] = [];
  try {
    let folder = holdFolder(base);
    held.push(folder);
    for (const part of parts) {
      folder = folder.folder(part);
      held.push(folder);
    }
    return work({ folder, name, path: folder.at(name) });
  } catch (error) {
    if (error instanceof KnownError || (error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw withTruePath(error);
    return null;
  } finally {
    for (const folder of held) folder.close();
  }
}

/** What is in a folder; nothing when it is not there. */
export function listFolder(machine: Machine, path: string): Dirent[] {
  return atPlace(machine, join(path, 'any'), ({ folder }) => folder.entries()) ?? [];
}

function toParts({ home, etc }: Machine, path: string): { base: string; parts: string[] } {
  for (const base of [home, etc]) {
    const rest = relative(base, path);
    if (rest !== '' && !rest.startsWith('..') && !rest.startsWith('/'))
      return { base, parts: rest.split('/') };
  }
  throw new Error(`${path} is neither below ${home} nor below ${etc}`);
}
