import { matchesGroups } from '../../src/wazuh/os-pattern.ts';
import type { RuleDefinition } from './rule.ts';

/** A rule under one of its parents. */
export interface Edge {
  readonly rule: TreeRule;
  /** Hung by `if_sid`, which does not reach every copy of the parent: see `hides`. */
  readonly bySid: boolean;
}

/**
 * A rule as it is in the tree. The engine copies a rule under each of its parents; here it is one object, and the
 * copies are the paths that lead to it. That keeps a rule under 150 parents as cheap as under one.
 */
export interface TreeRule {
  readonly id: number;
  /** Replaced by a later `overwrite="yes"`; the place in the tree stays. */
  definition: RuleDefinition;
  readonly parents: TreeRule[];
  /** In the order in which the engine tries them. */
  readonly children: Edge[];
}

export interface RuleTree {
  /** The base rules, ids below 10: the only ones without a parent. */
  readonly top: Edge[];
  /** In load order. */
  readonly rules: Map<number, TreeRule>;
  /** Base rules whose id another one had first: they are tried after it, and no id finds them. */
  readonly twins: TreeRule[];
}

export function emptyTree(): RuleTree {
  return { top: [], rules: new Map(), twins: [] };
}

/** Returns whether a rule is at the top of the tree: each one with an id below 10 is. */
export function isBase({ id }: RuleDefinition): boolean {
  return id < 10;
}

/** Returns the rank of a rule: level 0 is before every other level, and a rule of accuracy 0 after all others. */
function rank({ level, accurate }: RuleDefinition): number {
  const first = level === 0 ? 99 : level;
  return accurate ? first * 100 : first;
}

/** Inserts a rule before the first sibling of a lower rank, so after all equal ones that were loaded earlier. */
function insert(chain: Edge[], edge: Edge): void {
  if (chain.some(({ rule }) => rule === edge.rule)) return;
  const own = rank(edge.rule.definition);
  const at = chain.findIndex(({ rule }) => own > rank(rule.definition));
  chain.splice(at === -1 ? chain.length : at, 0, edge);
}

function attach(parent: TreeRule, rule: TreeRule, bySid: boolean): void {
  insert(parent.children, { rule, bySid });
  if (!rule.parents.includes(parent)) rule.parents.push(parent);
}

/** What came of hanging a rule into the tree. `missing` are ids of `if_sid` that no rule loaded so far has. */
export type Placement =
  | { readonly placed: true; readonly missing: readonly number[] }
  | { readonly placed: false; readonly reason: 'unknown-parent' | 'unknown-group' | 'unknown-level' };

function placeBySid(tree: RuleTree, rule: TreeRule, sids: readonly number[]): Placement {
  const missing: number[] = [];
  for (const sid of sids) {
    const parent = tree.rules.get(sid);
    if (sid === 0) {
      // The engine takes the id 0 for no id at all (Wazuh 4.14.7).
      if (!placeByCategory(tree, rule).placed) missing.push(sid);
    } else if (parent === undefined) missing.push(sid);
    else {
      rule.definition = { ...rule.definition, category: parent.definition.category };
      attach(parent, rule, true);
    }
  }
  if (rule.parents.length === 0) return { placed: false, reason: 'unknown-parent' };
  return { placed: true, missing };
}

function placeWhere(
  tree: RuleTree,
  rule: TreeRule,
  fits: (parent: RuleDefinition) => boolean,
  reason: 'unknown-group' | 'unknown-level',
): Placement {
  const parents = [...tree.rules.values(), ...tree.twins].filter(({ definition }) => fits(definition));
  for (const parent of parents) attach(parent, rule, false);
  return parents.length === 0 ? { placed: false, reason } : { placed: true, missing: [] };
}

/** A rule without any parent clause hangs under the first base rule of its category. */
function placeByCategory(tree: RuleTree, rule: TreeRule): Placement {
  const base = tree.top.find((edge) => edge.rule.definition.category === rule.definition.category);
  if (base === undefined) return { placed: false, reason: 'unknown-parent' };
  attach(base.rule, rule, false);
  return { placed: true, missing: [] };
}

function place(tree: RuleTree, rule: TreeRule): Placement {
  const { sids, group, level } = rule.definition.parents;
  if (isBase(rule.definition)) {
    insert(tree.top, { rule, bySid: false });
    return { placed: true, missing: [] };
  }
  if (sids.length > 0) return placeBySid(tree, rule, sids);
  if (level !== null) return placeWhere(tree, rule, (parent) => rank(parent) >= level * 100, 'unknown-level');
  if (group === null) return placeByCategory(tree, rule);
  return placeWhere(tree, rule, ({ groups }) => matchesGroups(group, groups), 'unknown-group');
}

/** Hangs a new rule under the parents that are loaded by now; one that finds none is not in the tree. */
export function addRule(tree: RuleTree, definition: RuleDefinition): Placement {
  const rule: TreeRule = { id: definition.id, definition, parents: [], children: [] };
  const placement = place(tree, rule);
  if (!placement.placed) return placement;
  if (tree.rules.has(rule.id)) tree.twins.push(rule);
  else tree.rules.set(rule.id, rule);
  return placement;
}

/**
 * Whether the engine, hanging a rule by `if_sid` under the copy of `parent` at the end of `path`, never got there
 * (Wazuh 4.14.7): it walks the children of each rule in order and stops at the first that has the id, so a copy to the
 * right of another one, or below such a rule, gets no child. `path` leads from the top to the parent's own parent.
 */
export function hides(path: readonly TreeRule[], parent: TreeRule): boolean {
  if (parent.parents.length < 2) return false;
  return path.some((ancestor, index) => {
    const above = path[index - 1];
    if (above === undefined || !parent.parents.includes(above)) return false;
    const copy = above.children.findIndex(({ rule }) => rule === parent);
    const isLeft = copy !== -1 && copy < above.children.findIndex(({ rule }) => rule === ancestor);
    // The copy to the left may itself be one that was never made.
    return isLeft && !(above.children[copy]?.bySid && hides(path.slice(0, index - 1), above));
  });
}
