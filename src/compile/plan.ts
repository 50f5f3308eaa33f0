import { canaries } from '../wazuh/canaries.ts';
import { eventFields } from '../wazuh/event-fields.ts';
import { renderTemplate } from '../wazuh/render.ts';
import { type RuleFile, type RuleFilesInput, renderRuleFiles } from '../wazuh/rule-files.ts';
import type { GatePlan } from './gates/compile-gates.ts';
import { lintList } from './lint-list.ts';
import { lintRuleFiles } from './lint-rules.ts';
import { type CompiledList, compileLists } from './lists.ts';
import { compileNetworkMap, type NetworkMap } from './network-map.ts';
import { type GateSettings, planGates } from './plan-gates.ts';
import type { ValueSet } from './value-set.ts';

export interface PlanOptions {
  readonly rules: Omit<RuleFilesInput, 'gates'>;
  readonly gates: GateSettings;
  /** The values that the selftest sends, beside those of OpenCTI: for a manager alone. Default: false. */
  readonly canaries?: boolean;
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

/** @throws KnownError when a list or a rule would not be accepted, so that nothing is written. */
export function compilePlan(values: ValueSet, options: PlanOptions): Plan {
  const added = options.canaries ? canaries : { lists: [], gates: [] };
  const lists = compileLists(values, added.lists);
  lintLists(lists);
  const networkMap = compileNetworkMap(values);
  lintList(networkMap);
  const gates = planGates(values, options.gates, added.gates);
  const byField = new Map(
    gates.trees.map(({ field, root, gates: below }) => [field, [root, ...below]] as const),
  );
  const ruleFiles = renderRuleFiles({ ...options.rules, gates: byField });
  lintRuleFiles(ruleFiles, options.rules.siteParents);
  const snippet = renderTemplate('ossec.conf.snippet', { lists: eventFields.map(({ list }) => list) });
  return { lists, networkMap, gates, ruleFiles, snippet };
}

/** Lists that share their lines have them checked once. */
function lintLists(lists: readonly CompiledList[]): void {
  const checked = new Set<CompiledList['lines']>();
  for (const list of lists) {
    if (!checked.has(list.lines)) lintList(list);
    checked.add(list.lines);
  }
}
