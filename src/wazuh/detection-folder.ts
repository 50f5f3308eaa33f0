import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KnownError } from '../errors.ts';
import { type EventField, eventFields } from './event-fields.ts';
import { findInList } from './list-search.ts';
import type { ListReader } from './ruleset/list-reader.ts';
import { type LoadedRuleset, loadRuleset, type RulesetFile } from './ruleset/load-ruleset.ts';
import { toStandInBase } from './stand-in-base.ts';

/** Lists, rules and decoders where an export or a manager keeps them. */
export interface DetectionFolder {
  readonly folder: string;
  /** With the stock rules beside ours: what fires is what the manager would fire. */
  readonly isManager: boolean;
  /** The id that a list has for a key, or null. */
  lookUp(list: string, key: string): string | null;
  loadRules(): LoadedRuleset;
}

const ourFile = /^zz-opencti-.*\.xml$/;

/**
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
  return { folder, isManager, lookUp, loadRules: () => loadFrom(folder, base, isManager, lookUp) };
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

type LookUp = DetectionFolder['lookUp'];

function loadFrom(folder: string, base: string, isManager: boolean, lookUp: LookUp): LoadedRuleset {
  const stock = (part: string) => (isManager ? readXmlFiles(join(folder, 'ruleset', part)) : []);
  return loadRuleset({
    rules: [
      ...(isManager ? [] : [toStandInBase({})]),
      ...stock('rules'),
      ...readXmlFiles(join(base, 'rules')),
    ],
    decoders: [...stock('decoders'), ...readXmlFiles(join(base, 'decoders'))],
    lists: new Map(eventFields.map(({ list }: EventField) => [`etc/lists/${list}`, toReader(list, lookUp)])),
  });
}

function toReader(list: string, lookUp: LookUp): ListReader {
  return { lookUp: (key) => lookUp(list, key) ?? undefined };
}

export function readXmlFiles(folder: string): RulesetFile[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.xml'))
    .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8'), ours: ourFile.test(name) }));
}
