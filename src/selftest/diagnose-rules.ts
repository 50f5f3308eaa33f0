import { moveRuleId, moveRuleIds } from '../wazuh/rule-ids.ts';
import { type Evaluation, evaluate } from '../wazuh/ruleset/evaluate.ts';
import type { LoadedRuleset, Ruleset } from '../wazuh/ruleset/load-ruleset.ts';
import { toEventOfMessage } from '../wazuh/ruleset/message-event.ts';
import { holds } from '../wazuh/ruleset/pattern.ts';
import { effectOf, formatProblem, type Problem } from '../wazuh/ruleset/problem.ts';
import { groupNames, type RuleDefinition } from '../wazuh/ruleset/rule.ts';
import { isOwnXml } from '../wazuh/ruleset-folder.ts';
import type { SelftestEvent } from './selftest-event.ts';

/** Why an event did not come back from its rule, as far as the files tell, and what to do. */
export interface Diagnosis {
  /** A rule that takes the event away. */
  readonly shadow: number | null;
  readonly cause: string;
  readonly next: string;
}

export const none = { shadow: null } as const;

/** The block of ids beside that of the pattern gates. */
const ownIds = 100;

export interface OwnRules {
  readonly isOwn: (id: number) => boolean;
  readonly firstId: number;
}

/** Why an event does not come to its rule, by the rules and decoders of the manager. */
export function diagnoseRules(
  { ruleset, problems }: LoadedRuleset,
  event: SelftestEvent,
  own: OwnRules,
): Diagnosis {
  const decoded = toEventOfMessage(ruleset, event.message);
  const result = decoded && evaluate(ruleset, decoded);
  if (result?.fired?.id === event.ruleId)
    return {
      ...none,
      cause: 'by the files it would fire: the engine has not loaded them, or needs longer than --timeout',
      next: 'see bin/wazuh-control status and logs/ossec.log, then restart the manager',
    };
  return (
    findDropped(problems, event, own) ??
    findWithoutCanary(ruleset, event) ??
    diagnoseWinner(result, event, own)
  );
}

/** A rule of ours that this event needs and the engine drops. */
function findDropped(
  problems: readonly Problem[],
  { field, alertRule, ruleId }: SelftestEvent,
  { firstId, isOwn }: OwnRules,
): Diagnosis | null {
  const { gateId, relayId } = field;
  const { linuxBase } = moveRuleIds(firstId);
  const parents = [gateId, relayId].map((id) => moveRuleId(id, firstId));
  const needed = new Set([...parents, linuxBase, alertRule, ruleId]);
  const isGate = (id: number) => isOwn(id) && !(id >= firstId && id < firstId + ownIds);
  const concerns = (problem: Problem) =>
    effectOf(problem) === 'refused' ||
    (problem.ruleId !== null && (needed.has(problem.ruleId) || isGate(problem.ruleId)));
  const found = problems.find((problem) => concerns(problem) && effectOf(problem) !== 'not-modelled');
  if (!found) return null;
  const isOurs = isOwnXml(found.file);
  const next = isOurs
    ? 'run opencti-wazuh refresh, which writes the rules anew; see rules.parents where a group of this site is missing'
    : `mend ${found.file}, and restart the manager`;
  const what = effectOf(found) === 'refused' ? 'refuses the ruleset' : 'drops a rule';
  return { ...none, cause: `the engine ${what}: ${formatProblem(found)}`, next };
}

/** The gates of before the first refresh, or of an export, know no canaries. */
function findWithoutCanary({ tree }: Ruleset, { field, needs, text }: SelftestEvent): Diagnosis | null {
  if (needs === 'list') return null;
  const isLeaf = ({ ours, groups }: RuleDefinition) =>
    ours && groupNames(groups).includes(`octgate_${field.key}`);
  const hasCanary = [...tree.rules.values()].some(
    ({ definition }) =>
      isLeaf(definition) &&
      definition.conditions.some(
        (condition) => condition.kind === 'field' && holds(condition.pattern, text) !== false,
      ),
  );
  if (hasCanary) return null;
  return {
    ...none,
    cause:
      'no gate of etc/rules/zz-opencti-1-gates.xml has the canary: ' +
      `no refresh has written them since the installation, or gates.${needs} was off`,
    next: 'run opencti-wazuh refresh',
  };
}

function diagnoseWinner(result: Evaluation | null, event: SelftestEvent, own: OwnRules): Diagnosis {
  const winner = result?.silencedBy ?? result?.fired ?? null;
  if (result === null || winner === null)
    return {
      ...none,
      cause: 'no rule takes the event: its stock base rule or decoder is not there',
      next: 'see opencti-wazuh check, and rule_exclude and decoder_exclude in ossec.conf',
    };
  const { id, file, level } = winner;
  const shadow = id;
  const reload = 'and restart the manager';
  if (own.isOwn(id) && !isOwnXml(file))
    return {
      shadow,
      cause: `rule ${id}, which is ours, has level ${level} in ${file}, which overwrites it`,
      next: `take that rule out of ${file}, ${reload}`,
    };
  if (own.isOwn(id))
    return {
      shadow,
      cause: `rule ${id} of ours takes the event, and none for canaries: the rules are of another version`,
      next: 'run opencti-wazuh refresh',
    };
  if (result.path.some(own.isOwn))
    return {
      shadow,
      cause: `rule ${id} (${file}, level ${level}) hangs below a rule of ours and takes its place`,
      next: `take that rule out of ${file} or hang it elsewhere, ${reload}`,
    };
  const key = `rules.parents.${event.field.key}.ids`;
  if (result.silencedBy)
    return {
      shadow,
      cause: `rule ${id} (${file}, level 0 without noalert) ends the event before the gate is asked`,
      next: `name it in ${key} and run opencti-wazuh refresh, or give it noalert="1"`,
    };
  return {
    shadow,
    cause: `rule ${id} (${file}, level ${level}) takes the event before the gate, or no gate has the value`,
    next: `run opencti-wazuh refresh; where it stays, name the rule in ${key}`,
  };
}
