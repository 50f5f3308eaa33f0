import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RulesetFile } from './ruleset/load-ruleset.ts';

const ourFile = /^zz-opencti-.*\.xml$/;

/** The rule or decoder files of a folder; one that is not there has none. */
export function readXmlFiles(folder: string): RulesetFile[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.xml'))
    .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8'), ours: ourFile.test(name) }));
}
