import { join } from 'node:path';
import { findTakenIds, formatTakenIds } from '../install/site-rules.ts';
import { readEffectiveRuleset } from '../wazuh/effective-ruleset.ts';
import { roots } from '../wazuh/fields.ts';
import { findLeftOut } from '../wazuh/left-out.ts';
import { gatesFile, retiredXml, rulesFile } from '../wazuh/rule-files.ts';
import { type IdBlocks, moveRuleId } from '../wazuh/rule-ids.ts';
import { type LoadedRuleset, loadRuleset } from '../wazuh/ruleset/load-ruleset.ts';
import { effectOf, formatProblem, type Problem } from '../wazuh/ruleset/problem.ts';
import { findShadows, type Shadow } from '../wazuh/ruleset/shadows.ts';
import { isOwnXml } from '../wazuh/ruleset-folder.ts';
import { readRefreshState } from './check-lists.ts';
import { type CheckLine, fail, ok, orOk, warn } from './line.ts';
import { type Site, statOf } from './site.ts';

const rulesFiles = [gatesFile, rulesFile].map((name) => `etc/rules/${name}`);
const refresh = 'run opencti-wazuh refresh';

/** The rules of this manager as the engine would load them: ours, and what could take an event from them. */
export function checkRules(site: Site): readonly CheckLine[] {
  const { home, conf, config } = site;
  const missing = rulesFiles.filter((path) => statOf(join(home, path)) === null);
  if (missing.length > 0) return [reportMissing(home, missing)];
  const { blocks } = config.rules;
  const files = readEffectiveRuleset(home, conf);
  const loaded = loadRuleset({ ...files, lists: new Map(conf.lists.map((path) => [path, null])) });
  const taken = findTakenIds(files, blocks);
  const findings = [
    ...findLeftOut(home, conf).map(({ path, why, next }) =>
      fail('rules', `the engine does not load ${path}: ${why}`, next),
    ),
    ...(taken.length > 0
      ? [fail('rules', formatTakenIds(taken, files, blocks), 'set these, then run opencti-wazuh refresh')]
      : []),
    ...loaded.problems.flatMap(toLine),
  ];
  return [...orOk(findings, 'rules', 'our rules load'), ...checkShadows(loaded, blocks), ...checkRows(site)];
}

/** What is not looked up on this manager, by its configuration or for want of room. */
function checkRows({ home, config }: Site): readonly CheckLine[] {
  const { confirmed } = readRefreshState(home);
  return [
    ...(config.rules.linuxDecoder === 'off'
      ? [ok('rows', 'hashes of Sysmon for Linux are not looked up: rules.linux_decoder is off')]
      : []),
    ...(confirmed?.gatesCut ?? []).map((field) =>
      warn(
        'rows',
        `${field} has no pattern gates, since they did not fit: several hashes in one text there are not matched`,
        'raise gates.max_bytes, or select less (select.min_score)',
      ),
    ),
  ];
}

function reportMissing(home: string, missing: readonly string[]): CheckLine {
  const isEarlier = retiredXml.some((name) => statOf(join(home, 'etc/rules', name)) !== null);
  return isEarlier
    ? fail('rules', 'the rules are those of an earlier version', refresh)
    : fail('rules', `${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not there`, refresh);
}

/** Of other files only what stops the engine: there the site's own people decide. */
function toLine(problem: Problem): CheckLine[] {
  const isOurs = isOwnXml(problem.file);
  const text = formatProblem(problem);
  if (effectOf(problem) === 'refused' && !isOurs)
    return [
      fail('rules', `the engine refuses the ruleset: ${text}`, 'mend that file before the next restart'),
    ];
  if (!isOurs || problem.cause === 'duplicate-id') return [];
  const next = problem.cause === 'undeclared-list' ? 'run opencti-wazuh install' : refresh;
  return [fail('rules', text, next)];
}

function checkShadows({ ruleset }: LoadedRuleset, blocks: IdBlocks): readonly CheckLine[] {
  const rootIds = Object.values(roots).map(({ id }) => moveRuleId(id, blocks));
  const lines = findShadows(ruleset, rootIds).map((shadow) =>
    fail('shadows', formatShadow(shadow), nextOf(shadow)),
  );
  return orOk(lines, 'shadows', 'no rule of this manager can win over ours');
}

const why = {
  before: () => `the engine loads its file before ${gatesFile}, so it is tried before our gates`,
  if_level: (ours) => `by its if_level it hangs below our rule ${ours}`,
  if_group: (ours) => `its if_group is part of a group of our rule ${ours}, so it hangs below it`,
  if_sid: (ours) => `it hangs below our gate ${ours}`,
} as const satisfies Record<Shadow['how'], (ours: number) => string>;

function formatShadow({ ruleId, level, file, how, ours }: Shadow): string {
  const effect = level === 0 ? 'ends the event in silence' : `raises its own alert (level ${level})`;
  return `rule ${ruleId} (${file}) can take a match from us and ${effect}: ${why[how](ours)}`;
}

function nextOf({ how }: Shadow): string {
  if (how === 'before') return 'give that rule noalert="1", or its file a name that sorts after 0015';
  if (how === 'if_group') return 'name a group of its own there, or its parents by if_sid';
  return 'name the parents of that rule by if_sid';
}
