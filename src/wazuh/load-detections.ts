import { join } from 'node:path';
import type { DetectionFolder } from './detection-folder.ts';
import { readRulesetOrUsual } from './effective-ruleset.ts';
import { eventFields } from './event-fields.ts';
import type { ListReader } from './ruleset/list-reader.ts';
import { type LoadedRuleset, loadRuleset, type RulesetFile } from './ruleset/load-ruleset.ts';
import { readXmlFiles } from './ruleset-folder.ts';
import { toStandInBase } from './stand-in-base.ts';

type DetectionSources = Pick<DetectionFolder, 'folder' | 'isManager' | 'lookUp'>;

/** The ruleset as the manager would load it, or ours alone below stand-ins. */
export function loadDetections({ folder, isManager, lookUp }: DetectionSources): LoadedRuleset {
  const { rules, decoders, lists } = isManager ? readRulesetOrUsual(folder) : readExport(folder);
  const ours = eventFields.map(({ list }) => [`etc/lists/${list}`, toReader(list, lookUp)] as const);
  const isDeclared = (path: string) => lists === null || lists.includes(path);
  return loadRuleset({
    rules,
    decoders,
    lists: new Map([
      ...(lists ?? listsNamedIn(rules)).map((path) => [path, null] as const),
      ...ours.filter(([path]) => isDeclared(path)),
    ]),
  });
}

function readExport(folder: string) {
  return {
    rules: [toStandInBase({}), ...readXmlFiles(join(folder, 'rules'))],
    decoders: readXmlFiles(join(folder, 'decoders')),
    lists: null,
  };
}

function toReader(list: string, lookUp: DetectionFolder['lookUp']): ListReader {
  return { lookUp: (key) => lookUp(list, key) ?? undefined };
}

/** Where nothing says which lists are declared, every list that a rule reads may be. */
function listsNamedIn(rules: readonly RulesetFile[]): string[] {
  return rules.flatMap(({ text }) => [...text.matchAll(/>([^<>]+)<\/list>/g)].map(([, path = '']) => path));
}
