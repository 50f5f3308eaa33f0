import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DetectionFolder } from './detection-folder.ts';
import { eventFields } from './event-fields.ts';
import { readOssecConf } from './ossec-conf/read-ossec-conf.ts';
import type { ListReader } from './ruleset/list-reader.ts';
import { type LoadedRuleset, loadRuleset, type RulesetFile } from './ruleset/load-ruleset.ts';
import { readXmlFiles } from './ruleset-folder.ts';
import { toStandInBase } from './stand-in-base.ts';

export interface DetectionSources {
  /** Holds `rules` and `decoders`; of a manager `ossec.conf` too. */
  readonly base: string;
  /** The manager's own, or null: stand-ins take their place. */
  readonly stock: string | null;
  readonly lookUp: DetectionFolder['lookUp'];
}

/** The ruleset as the manager would load it, or ours alone below stand-ins. */
export function loadDetections({ base, stock, lookUp }: DetectionSources): LoadedRuleset {
  const stockFiles = (part: string) => (stock === null ? [] : readXmlFiles(join(stock, part)));
  const rules = [
    ...(stock === null ? [toStandInBase({})] : []),
    ...stockFiles('rules'),
    ...readXmlFiles(join(base, 'rules')),
  ];
  const others = stock === null ? [] : (readDeclaredLists(base) ?? listsNamedIn(rules));
  return loadRuleset({
    rules,
    decoders: [...stockFiles('decoders'), ...readXmlFiles(join(base, 'decoders'))],
    lists: new Map([
      ...others.map((path) => [path, null] as const),
      ...eventFields.map(({ list }) => [`etc/lists/${list}`, toReader(list, lookUp)] as const),
    ]),
  });
}

function toReader(list: string, lookUp: DetectionFolder['lookUp']): ListReader {
  return { lookUp: (key) => lookUp(list, key) ?? undefined };
}

/** Null: `ossec.conf` is not there, cannot be read by this user, or is no configuration. */
function readDeclaredLists(base: string): readonly string[] | null {
  try {
    const { lists, fault } = readOssecConf(readFileSync(join(base, 'ossec.conf'), 'utf8'));
    return fault === null ? lists : null;
  } catch {
    return null;
  }
}

/** Where nothing says which lists are declared, every list that a rule reads may be. */
function listsNamedIn(rules: readonly RulesetFile[]): string[] {
  return rules.flatMap(({ text }) => [...text.matchAll(/>([^<>]+)<\/list>/g)].map(([, path = '']) => path));
}
