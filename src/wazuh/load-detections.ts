import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DetectionFolder } from './detection-folder.ts';
import { type EventField, eventFields } from './event-fields.ts';
import type { ListReader } from './ruleset/list-reader.ts';
import { type LoadedRuleset, loadRuleset, type RulesetFile } from './ruleset/load-ruleset.ts';
import { toStandInBase } from './stand-in-base.ts';

const ourFile = /^zz-opencti-.*\.xml$/;

export interface DetectionSources {
  /** Holds `rules` and `decoders`. */
  readonly base: string;
  /** The manager's own, or null: stand-ins take their place. */
  readonly stock: string | null;
  readonly lookUp: DetectionFolder['lookUp'];
}

/** The ruleset as the manager would load it, or ours alone below stand-ins. */
export function loadDetections({ base, stock, lookUp }: DetectionSources): LoadedRuleset {
  const stockFiles = (part: string) => (stock === null ? [] : readXmlFiles(join(stock, part)));
  return loadRuleset({
    rules: [
      ...(stock === null ? [toStandInBase({})] : []),
      ...stockFiles('rules'),
      ...readXmlFiles(join(base, 'rules')),
    ],
    decoders: [...stockFiles('decoders'), ...readXmlFiles(join(base, 'decoders'))],
    lists: new Map(eventFields.map(({ list }: EventField) => [`etc/lists/${list}`, toReader(list, lookUp)])),
  });
}

function toReader(list: string, lookUp: DetectionFolder['lookUp']): ListReader {
  return { lookUp: (key) => lookUp(list, key) ?? undefined };
}

/** The rule or decoder files of a folder; one that is not there has none. */
export function readXmlFiles(folder: string): RulesetFile[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.xml'))
    .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8'), ours: ourFile.test(name) }));
}
