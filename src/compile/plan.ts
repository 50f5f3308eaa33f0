import { canaries } from '../wazuh/canaries.ts';
import { eventFields } from '../wazuh/fields.ts';
import { renderTemplate } from '../wazuh/render.ts';
import { type RuleFile, type RuleFilesInput, renderRuleFiles } from '../wazuh/rule-files.ts';
import type { GatePlan } from './gates/compile-gates.ts';
import { lintList, lintRuleFiles, withLint } from './lint.ts';
import { type CompiledList, compileLists, type ListTarget } from './lists.ts';
import { compileNetworkMap, type NetworkMap } from './network-map.ts';
import { type GateSettings, planGates } from './plan-gates.ts';
import type { ValueSet } from './value-set.ts';

export interface PlanOptions {
  readonly rules: Omit<RuleFilesInput, 'gates' | 'patterns' | 'cutFields'>;
  readonly gates: GateSettings;
  /** The digits of a hash that the gates of the set before compare; null: there is none. Default: null. */
  readonly earlierPrefix?: number | null;
  /** The values that the selftest sends, beside those of OpenCTI: for a manager alone. Default: false. */
  readonly canaries?: boolean;
  /** `api`: the lists can go through the server API, too. Default: `api`. */
  readonly target?: ListTarget;
}

/** All that is to be published. Making it is pure; publishing it can only fail for reasons of the target. */
export interface Plan {
  readonly lists: readonly CompiledList[];
  /** Beside the lists; the engine does not read it. */
  readonly networkMap: NetworkMap;
  readonly gates: GatePlan;
  readonly ruleFiles: readonly RuleFile[];
  /** What a person puts into `ossec.conf`. */
  readonly snippet: string;
}

/**
 * @throws KnownError when a rule would not be accepted; the lines of a list throw when they are first gone through to
 * their end, which is before anything is published.
 */
export function compilePlan(values: ValueSet, options: PlanOptions): Plan {
  const { target = 'api' } = options;
  const lists = lintLists(compileLists(values, target, options.canaries ? canaries : []), target);
  const networkMap = compileNetworkMap(values);
  lintList({ ...networkMap, target: 'engine' });
  const gates = planGates(values, options.gates, {
    earlierPrefix: options.earlierPrefix ?? null,
    mappedByGates: target === 'api',
  });
  const ruleFiles = renderRuleFiles({
    ...options.rules,
    patterns: options.gates,
    cutFields: gates.cutFields,
    gates: new Map(gates.trees.map((tree) => [tree.field, tree.gates] as const)),
  });
  lintRuleFiles(ruleFiles, options.rules.blocks);
  const snippet = renderTemplate('ossec.conf.snippet', { lists: eventFields.map(({ list }) => list) });
  return { lists, networkMap, gates, ruleFiles, snippet };
}

/** Lists that share their lines go on sharing them. They are checked as they are staged: a pass more would cost as much. */
function lintLists(lists: readonly CompiledList[], target: ListTarget): CompiledList[] {
  const checked = new Map<CompiledList['lines'], CompiledList['lines']>();
  return lists.map((list) => {
    const lines = checked.get(list.lines) ?? withLint({ ...list, target });
    checked.set(list.lines, lines);
    return { ...list, lines };
  });
}
