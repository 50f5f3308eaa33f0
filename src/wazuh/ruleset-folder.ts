import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RulesetFile } from './ossec-conf/ruleset-files.ts';

/** Has a file of rules or decoders a name of ours, or one of the first version? */
export function isOwnXml(path: string): boolean {
  return /(?:^|\/)(?:0011-opencti-gates|zzzz-opencti-|zz-opencti-)[^/]*\.xml$/.test(path);
}

/** The rule or decoder files of a folder; one that is not there has none. */
export function readXmlFiles(folder: string): RulesetFile[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.xml'))
    .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8'), ours: isOwnXml(name) }));
}
