import type { Ruleset } from './load-ruleset.ts';
import type { Edge, TreeRule } from './tree.ts';

/** A rule that can win an event before a gate has been asked. */
interface Shadow {
  readonly gateId: number;
  readonly ruleId: number;
  /** Level 0 ends the event in silence. */
  readonly level: number;
  readonly groups: string;
  readonly file: string;
  /** Ids from a rule that the gate hangs under to the one above the shadow. */
  readonly path: readonly number[];
}

/** An alert that an event would have raised without the match, and that the match takes the place of. */
interface ReplacedAlert {
  readonly gateId: number;
  readonly ruleId: number;
  readonly level: number;
  readonly file: string;
}

export interface GateSurvey {
  /** Ids that are no rule of the tree. */
  readonly missing: readonly number[];
  readonly shadows: readonly Shadow[];
  readonly replaced: readonly ReplacedAlert[];
}

interface Search {
  readonly gate: TreeRule;
  readonly path: TreeRule[];
  readonly found: Map<number, Shadow>;
}

function note({ gate, path, found }: Search, { definition }: TreeRule): void {
  const { id, level, groups, file } = definition;
  if (found.has(id)) return;
  found.set(id, { gateId: gate.id, ruleId: id, level, groups, file, path: path.map((rule) => rule.id) });
}

/** Everything that can win below a rule that holds, up to the gate if it hangs here: what is behind it loses to it. */
function search(rule: TreeRule, state: Search): void {
  const gateAt = rule.children.findIndex((edge) => edge.rule === state.gate);
  const before: readonly Edge[] = gateAt === -1 ? rule.children : rule.children.slice(0, gateAt);
  state.path.push(rule);
  for (const edge of before) {
    if (edge.rule.definition.ours || state.path.includes(edge.rule)) continue;
    search(edge.rule, state);
  }
  state.path.pop();
  if (gateAt === -1 && !rule.definition.noalert) note(state, rule);
}

/** Only from the topmost rules that the gate hangs under: the others are met on the way. */
function roots(gate: TreeRule): TreeRule[] {
  const parents = new Set(gate.parents);
  const below = (rule: TreeRule): boolean =>
    rule.parents.some((parent) => parents.has(parent) || below(parent));
  return gate.parents.filter((parent) => !below(parent));
}

function shadowsOf(gate: TreeRule): Shadow[] {
  const state: Search = { gate, path: [], found: new Map() };
  for (const root of roots(gate)) search(root, state);
  return [...state.found.values()];
}

function replacedBy(gate: TreeRule): ReplacedAlert[] {
  const seen = new Set<TreeRule>();
  const visit = (rule: TreeRule): void => {
    if (seen.has(rule) || rule.definition.ours) return;
    seen.add(rule);
    for (const edge of rule.children) visit(edge.rule);
  };
  for (const parent of gate.parents) visit(parent);
  return [...seen]
    .filter(({ definition }) => definition.level > 0 && !definition.noalert)
    .map(({ id, definition: { level, file } }) => ({ gateId: gate.id, ruleId: id, level, file }));
}

/**
 * What stands between events and the gates. A rule is a shadow when it hangs at or below a rule that the gate hangs
 * under, is tried before the gate (level 0 and loaded earlier, or below such a rule) and has no gate of its own: then
 * an event that it takes never reaches the gate. Conditions are not compared, so a shadow may exclude the gate's
 * events by its own conditions.
 */
export function surveyGates({ tree }: Ruleset, gateIds: readonly number[]): GateSurvey {
  const gates = gateIds.flatMap((id) => tree.rules.get(id) ?? []);
  return {
    missing: gateIds.filter((id) => !tree.rules.has(id)),
    shadows: gates.flatMap(shadowsOf),
    replaced: gates.flatMap(replacedBy),
  };
}
