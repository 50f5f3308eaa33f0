import { type FoldedEvent, ruleHolds } from './conditions.ts';
import type { Ruleset } from './load-ruleset.ts';
import { groupNames, type RuleDefinition } from './rule.ts';
import { categoryOf, foldFields, type RuleEvent } from './rule-event.ts';
import { type Edge, hides, type TreeRule } from './tree.ts';

export interface FiredRule {
  readonly id: number;
  readonly level: number;
  readonly groups: readonly string[];
  /** With the event's values in place of `$(field)`. */
  readonly description: string;
  readonly file: string;
}

/** A rule that would win if the conditions that the model cannot decide were true. */
export interface PossibleRule extends FiredRule {
  /** Why it is open: options such as `time`, `frequency`, or the name of a field. */
  readonly because: readonly string[];
}

export interface Evaluation {
  /** The rule that raises the alert; null when none does. Open conditions count as false. */
  readonly fired: FiredRule | null;
  /** The level-0 rule that ended the event without an alert. */
  readonly silencedBy: FiredRule | null;
  /** Ids from the base rule to the rule that won. */
  readonly path: readonly number[];
  /** How many rules were tried. */
  readonly tried: number;
  /** Tried before the winner and left open, in that order. */
  readonly maybe: readonly PossibleRule[];
}

interface Walk {
  readonly event: FoldedEvent;
  readonly path: TreeRule[];
  readonly maybe: PossibleRule[];
  tried: number;
}

interface Winner {
  readonly rule: TreeRule;
  readonly path: readonly number[];
}

/** The bytes of a description that values are put into, and those below which the result has to stay. */
const descriptionLimit = 1_024;

/**
 * The description with the event's values. The engine puts nothing in place of a field that is not there, cuts off what
 * is over 1,024 bytes before it puts values in, and shows the description as written when the result is as long (Wazuh
 * 4.14.7).
 */
function describe({ description }: RuleDefinition, { event, fields }: FoldedEvent): string {
  const parts: Readonly<Record<string, string | undefined>> = {
    program_name: event.programName,
    hostname: event.hostname,
  };
  const textOf = (name: string) =>
    Object.hasOwn(parts, name) ? parts[name] : fields.get(name.toLowerCase());
  const written = Buffer.from(description).subarray(0, descriptionLimit).toString();
  const shown = written.replace(/\$\(([^)]*)\)/g, (_, name: string) => textOf(name) ?? '');
  return Buffer.byteLength(shown) >= descriptionLimit ? description : shown;
}

/** The most bytes of a rule's groups that the alert has (Wazuh 4.14.7). */
const groupsLimit = 1_023;

function toFired({ definition }: TreeRule, event: FoldedEvent): FiredRule {
  const { id, level, file } = definition;
  const groups = Buffer.from(definition.groups).subarray(0, groupsLimit).toString();
  return { id, level, groups: groupNames(groups), description: describe(definition, event), file };
}

/** The winner among the children of a rule that holds, or the rule itself; null when it has `noalert`. */
function descend(rule: TreeRule, walk: Walk): Winner | null {
  const hidden = rule.children.some(({ bySid }) => bySid) && hides(walk.path, rule);
  walk.path.push(rule);
  const edges = hidden ? rule.children.filter(({ bySid }) => !bySid) : rule.children;
  const winner = tryEdges(edges, walk);
  const path = walk.path.map(({ id }) => id);
  walk.path.pop();
  if (winner) return winner;
  return rule.definition.noalert ? null : { rule, path };
}

/** A rule that may hold counts as false, but what would win below it is noted. */
function notePossible(rule: TreeRule, because: readonly string[], walk: Walk): void {
  const winner = descend(rule, walk);
  if (winner) walk.maybe.push({ ...toFired(winner.rule, walk.event), because });
}

function tryEdges(edges: readonly Edge[], walk: Walk): Winner | null {
  for (const { rule } of edges) {
    walk.tried += 1;
    const verdict = ruleHolds(rule.definition, walk.event);
    if (verdict.holds === undefined) notePossible(rule, verdict.open, walk);
    if (verdict.holds !== true) continue;
    const winner = descend(rule, walk);
    if (winner) return winner;
  }
  return null;
}

/**
 * Which rule of the tree wins an event (Wazuh 4.14.7): children in their order, the first that holds wins and its own
 * children are tried; there is no way back to its siblings unless it has `noalert` and no child of it won.
 */
export function evaluate({ tree, decoders }: Ruleset, event: RuleEvent): Evaluation {
  const walk: Walk = { event: { event, fields: foldFields(event.fields) }, path: [], maybe: [], tried: 0 };
  const category = categoryOf(event, decoders);
  const winner = tryEdges(
    tree.top.filter(({ rule }) => rule.definition.category === category),
    walk,
  );
  const rule = winner && toFired(winner.rule, walk.event);
  const silent = rule?.level === 0;
  return {
    fired: silent ? null : rule,
    silencedBy: silent ? rule : null,
    path: winner?.path ?? [],
    tried: walk.tried,
    maybe: walk.maybe,
  };
}
