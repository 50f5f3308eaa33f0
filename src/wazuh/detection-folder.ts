import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, KnownError } from '../errors.ts';
import { allFields, type CustomField, type EventField, toCustomFields } from './fields.ts';
import { findInList } from './list.ts';
import type { PublishedRules } from './published-rules.ts';

/** The lists, rules and decoders of an export or of a manager. */
export interface DetectionFolder {
  readonly folder: string;
  readonly isManager: boolean;
  /** Those of the table, and those of the site where its configuration is known. */
  readonly fields: readonly EventField[];
  /** Returns the OpenCTI id that a list has for a key, or null. */
  lookUp(list: string, key: string): string | null;
  /** Reads the rules; they are read only once. */
  readRules(): Promise<PublishedRules>;
}

/**
 * Checks the folder and opens nothing yet: a value that a list holds is found without the rules, which can have
 * megabytes.
 * @param folder of an export, or a Wazuh home.
 * @param customFields of the configuration (`sources.custom`).
 * @throws KnownError (exit code 2) when it is neither.
 */
export function openDetectionFolder(
  folder: string,
  customFields: readonly CustomField[] = [],
): DetectionFolder {
  const isManager = existsSync(join(folder, 'etc', 'lists'));
  const base = isManager ? join(folder, 'etc') : folder;
  const lists = join(base, 'lists');
  if (!existsSync(lists)) {
    const message = `${folder} holds neither lists/ of an export nor etc/lists of a manager; give the folder with --from`;
    throw new KnownError(message, { exitCode: 2 });
  }
  const lookUp = (list: string, key: string) => lookUpIn(join(lists, list), key);
  let rules: Promise<PublishedRules> | undefined;
  const readRules = async () => {
    const { readPublishedRules } = await import('./published-rules.ts');
    return readPublishedRules(join(base, 'rules'));
  };
  return {
    folder,
    isManager,
    fields: [...allFields, ...toCustomFields(customFields)],
    lookUp,
    readRules() {
      rules ??= readRules();
      return rules;
    },
  };
}

function lookUpIn(list: string, key: string): string | null {
  try {
    return findInList(list, key);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return null;
    throw new KnownError(`list ${list} cannot be read (${code})`, { exitCode: 2, cause: error });
  }
}
