import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KnownError } from '../errors.ts';
import { findInList } from './list-search.ts';
import type { LoadedRuleset } from './ruleset/load-ruleset.ts';

/** Lists, rules and decoders where an export or a manager keeps them. */
export interface DetectionFolder {
  readonly folder: string;
  /** With the stock rules beside ours: what fires is what the manager would fire. */
  readonly isManager: boolean;
  /** The id that a list has for a key, or null. */
  lookUp(list: string, key: string): string | null;
  /** Loaded once. */
  loadRules(): Promise<LoadedRuleset>;
}

/**
 * Opens nothing yet: a value that a list holds is found without the rules, and the code that models them is
 * loaded only when they are asked for.
 * @param folder of an export, or a Wazuh home.
 * @throws KnownError (exit code 2) when it is neither.
 */
export function openDetectionFolder(folder: string): DetectionFolder {
  const isManager = existsSync(join(folder, 'etc', 'lists'));
  const base = isManager ? join(folder, 'etc') : folder;
  const lists = join(base, 'lists');
  if (!existsSync(lists)) {
    const message = `${folder} holds neither lists/ of an export nor etc/lists of a manager; give the folder with --from`;
    throw new KnownError(message, { exitCode: 2 });
  }
  const lookUp = (list: string, key: string) => lookUpIn(join(lists, list), key);
  let rules: Promise<LoadedRuleset> | undefined;
  const loadRules = async () => {
    const { loadDetections } = await import('./load-detections.ts');
    return loadDetections({ folder, isManager, lookUp });
  };
  return {
    folder,
    isManager,
    lookUp,
    loadRules() {
      rules ??= loadRules();
      return rules;
    },
  };
}

function lookUpIn(list: string, key: string): string | null {
  try {
    return findInList(list, key);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw new KnownError(`list ${list} cannot be read (${code})`, { exitCode: 2, cause: error });
  }
}
