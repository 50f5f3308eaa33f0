import { createFolderTarget } from '../files/folder-set.ts';
import { withTruePath } from '../files/held.ts';
import { type HeldManager, holdManager, holdState } from '../wazuh/manager/held-home.ts';
import { findNextReload } from './guards.ts';
import { insistOnSite } from './insist.ts';
import { type Prepared, prepare, type RefreshOptions } from './prepare.ts';
import { type RefreshState, readState } from './state.ts';
import { runTransaction } from './transaction.ts';

export interface DryRun extends Prepared {
  readonly folder: string;
  readonly nextReload: Date | null;
}

/** All that `refresh` does, up to the manager: the whole set goes to a folder, and nothing of the manager changes. */
export async function dryRun(options: RefreshOptions, folder: string): Promise<DryRun> {
  const { config, tracker, signal, now, force } = options;
  const manager = await tracker.run('lock', () => holdManager(config.wazuh.home));
  try {
    const state = readStateOf(manager);
    const prepared = await prepare(options, manager, state);
    await tracker.run('guards', () => insistOnSite(manager.path, config));
    await runTransaction({
      target: createFolderTarget(folder),
      files: prepared.files,
      obsolete: [],
      judge: async () => null,
      apply: async () => null,
      applyAgain: async () => null,
      prove: async () => [],
      record: () => {},
      tracker,
      signal,
    });
    return {
      ...prepared,
      folder,
      nextReload: force ? null : findNextReload(state, config.guards, now),
    };
  } catch (error) {
    throw withTruePath(error);
  } finally {
    manager.close();
  }
}

function readStateOf({ path }: HeldManager): RefreshState {
  const folder = holdState(path);
  try {
    return readState(folder);
  } finally {
    folder?.close();
  }
}
