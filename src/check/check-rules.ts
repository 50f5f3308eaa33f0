import { join } from 'node:path';
import { findTakenIds } from '../install/site-rules.ts';
import { readEffectiveRuleset } from '../wazuh/effective-ruleset.ts';
import { type EventField, eventFields } from '../wazuh/event-fields.ts';
import { findLeftOut } from '../wazuh/left-out.ts';
import { isOwnRuleId } from '../wazuh/own-rule-ids.ts';
import { moveRuleId } from '../wazuh/rule-ids.ts';
import { type LoadedRuleset, loadRuleset } from '../wazuh/ruleset/load-ruleset.ts';
import { effectOf, formatProblem, type Problem } from '../wazuh/ruleset/problem.ts';
import { type GateSurvey, surveyGates } from '../wazuh/ruleset/shadows.ts';
import type { TreeRule } from '../wazuh/ruleset/tree.ts';
import { type CheckLine, fail, ok, orOk } from './line.ts';
import { type Site, statOf } from './site.ts';

const rulesFiles = ['etc/rules/zz-opencti-1-gates.xml', 'etc/rules/zz-opencti-2-rules.xml'];
const refresh = 'run opencti-wazuh refresh';

/** The rules of this manager as the engine would load them: ours, and what stands between events and our gates. */
export function checkRules(site: Site): readonly CheckLine[] {
  const { home, conf, config } = site;
  const missing = rulesFiles.filter((path) => statOf(join(home, path)) === null);
  if (missing.length > 0) return missing.map((path) => fail('rules', `${path} is not there`, refresh));
  const files = readEffectiveRuleset(home, conf);
  const loaded = loadRuleset({ ...files, lists: new Map(conf.lists.map((path) => [path, null])) });
  const taken = findTakenIds(files, (id) => isOwnRuleId(id, config.rules.firstId, config.gates.firstId));
  const findings = [
    ...findLeftOut(home, conf).map(({ path, why, next }) =>
      fail('rules', `the engine does not load ${path}: ${why}`, next),
    ),
    ...taken.map(({ file, line, id }) =>
      fail(
        'rules',
        `${file}:${line}: rule ${id} has an id of ours, and the first one loaded counts`,
        'take it out, or move ours with rules.first_id and gates.first_id',
      ),
    ),
    ...loaded.problems.flatMap(toLine),
  ];
  return [
    ...orOk(findings, 'rules', `our rules load, and their parents are there`),
    ...checkGates(loaded, config.rules.firstId),
  ];
}

/** Of other files only what stops the engine: there the site's own people decide. */
function toLine(problem: Problem): CheckLine[] {
  const isOurs = problem.file.startsWith('zz-opencti-');
  const text = formatProblem(problem);
  if (effectOf(problem) === 'refused' && !isOurs)
    return [
      fail('rules', `the engine refuses the ruleset: ${text}`, 'mend that file before the next restart'),
    ];
  if (!isOurs || problem.cause === 'duplicate-id') return [];
  const next =
    problem.cause === 'undeclared-list' ? 'run opencti-wazuh install' : `${refresh}; see rules.parents`;
  return [fail('rules', text, next)];
}

function checkGates({ ruleset }: LoadedRuleset, firstId: number): CheckLine[] {
  const fields = new Map(eventFields.map((field: EventField) => [moveRuleId(field.gateId, firstId), field]));
  const survey = surveyGates(ruleset, [...fields.keys()]);
  const isMet = (gateId: number, root: number | undefined) => {
    const source = fields.get(gateId)?.source;
    if (source === 'fim' || root === undefined) return true;
    return isOfWindows(ruleset.tree.rules.get(root)) === (source === 'windows');
  };
  const met = survey.shadows.filter(({ gateId, path, ruleId }) => isMet(gateId, path[0] ?? ruleId));
  const shadows = met.map(({ gateId, ruleId, level, file }) => {
    const field = fields.get(gateId);
    const what = level === 0 ? 'ends the event in silence' : `raises its own alert (level ${level})`;
    return fail(
      'shadows',
      `rule ${ruleId} (${file}) can win over the gate of ${field?.ruleField}: it is tried before it and ${what}`,
      `name it in rules.parents.${field?.key}.ids, or give it noalert="1"`,
    );
  });
  return [
    ...(orOk(shadows, 'shadows', 'no rule of this manager can win over a gate') as CheckLine[]),
    ...formatReplaced(survey),
  ];
}

/** `windows` is that of the event log before the event channel; its rules have the groups of Sysmon too. */
const windowsDecoders: ReadonlySet<string> = new Set(['windows_eventchannel', 'windows']);

/**
 * Sysmon's groups are the same for Windows and Linux, so a gate of the one hangs under rules of the other too, where no
 * event of its own ever comes.
 */
function isOfWindows(rule: TreeRule | undefined): boolean {
  if (rule === undefined) return false;
  const { decodedAs, category } = rule.definition;
  return windowsDecoders.has(decodedAs ?? '') || category === 'windows' || rule.parents.some(isOfWindows);
}

/** One event gives one alert: a match takes the place of what the event raised before. */
function formatReplaced({ replaced }: GateSurvey): CheckLine[] {
  const rules = new Map(replaced.map((rule) => [rule.ruleId, rule]));
  const high = [...rules.values()].filter(({ level }) => level >= 12).map(({ ruleId }) => ruleId);
  const named =
    high.length > 0 ? `, ${high.length} of level 12 and above: ${high.slice(0, 10).join(', ')}` : '';
  const more = high.length > 10 ? ', ...' : '';
  return [ok('replaced', `a match can take the place of ${rules.size} other alerts${named}${more}`)];
}
