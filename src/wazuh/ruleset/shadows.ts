import type { Ruleset } from './load-ruleset.ts';
import type { Edge, TreeRule } from './tree.ts';

/** A rule of the site that can take an event before a rule of ours has it, or in its place. */
export interface Shadow {
  readonly ruleId: number;
  /** Level 0 ends the event in silence. */
  readonly level: number;
  readonly file: string;
  /** `before`: tried before a root of ours. The others hang below the rule of ours of this id. */
  readonly how: 'before' | 'if_level' | 'if_group' | 'if_sid';
  readonly ours: number;
}

/**
 * What can still shadow rules that are tried first: a rule of level 0 without `noalert` that the engine loads between the
 * category templates and our gates, and a rule of the site that hangs below one of ours. Conditions are not compared, so a
 * shadow may exclude our events by its own conditions. A child that names an alert rule by its id is meant by the site.
 * @param rootIds of our rules below the category templates.
 */
export function findShadows({ tree }: Ruleset, rootIds: readonly number[]): Shadow[] {
  const roots = rootIds.flatMap((id) => tree.rules.get(id) ?? []);
  const found = new Map<number, Shadow>();
  for (const shadow of [...roots.flatMap(findBefore), ...[...tree.rules.values()].flatMap(findBelow)])
    if (!found.has(shadow.ruleId)) found.set(shadow.ruleId, shadow);
  return [...found.values()];
}

/** Rules that are tried before a root below the same template. */
function findBefore(root: TreeRule): Shadow[] {
  return root.parents.flatMap((template) => {
    const at = template.children.findIndex(({ rule }) => rule === root);
    return template.children.slice(0, at).flatMap((edge) => findEnds(edge, root.id));
  });
}

/** With `noalert` a rule ends an event only where a child of it does. */
function findEnds({ rule }: Edge, ours: number): Shadow[] {
  if (rule.definition.ours) return [];
  if (!rule.definition.noalert) return [toShadow(rule, 'before', ours)];
  return rule.children.flatMap((edge) => findEnds(edge, ours));
}

function findBelow(rule: TreeRule): Shadow[] {
  if (!rule.definition.ours) return [];
  return rule.children.flatMap(({ rule: child }) => {
    if (child.definition.ours) return [];
    const how = howItHangs(child);
    const isMeant = how === 'if_sid' && rule.definition.level > 0;
    return isMeant ? [] : [toShadow(child, how, rule.id)];
  });
}

function howItHangs({ definition: { parents } }: TreeRule): Shadow['how'] {
  if (parents.sids.length > 0) return 'if_sid';
  return parents.level === null ? 'if_group' : 'if_level';
}

function toShadow({ id, definition: { level, file } }: TreeRule, how: Shadow['how'], ours: number): Shadow {
  return { ruleId: id, level, file, how, ours };
}
