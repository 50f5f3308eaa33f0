import { eventFields } from '../../../src/wazuh/fields.ts';
import type { RuleFile } from '../../../src/wazuh/rules.ts';
import { loadRuleset } from '../../engine-model/load-ruleset.ts';
import { templatesFile } from '../../engine-model/stand-in-base.ts';
import type { TreeRule } from '../../engine-model/tree.ts';

/** What the engine makes of the rule files at a reload, by the model of it. */
export interface RuleTreeCost {
  /** Rules of our files, without the alert rules: roots, list gates, pattern gates. */
  readonly gates: number;
  /** Of the files of the gates. */
  readonly bytes: number;
  /** Of the whole tree: a rule is copied under each copy of each of its parents. */
  readonly nodes: number;
  /** How many nodes the engine looks at while it hangs the rules one by one: each looks for its parents in the whole tree. */
  readonly walked: number;
}

/** The stock ruleset of Wazuh 4.14.7, as nodes and as rules: its copies are too few to count. */
const stockNodes = 8_451;

const countTemplates = 7;

const isGateFile = (path: string): boolean => /(?:^|\/)0011-/.test(path);

/** The files of the gates load right after the category templates, then the stock rules, then the alert rules. */
export function toRuleTreeCost(files: readonly RuleFile[]): RuleTreeCost {
  const ours = files.filter(({ path }) => path.startsWith('rules/'));
  const { ruleset, problems } = loadRuleset({
    rules: [templatesFile, ...ours.map(({ path, text }) => ({ name: path, text }))],
    lists: new Map(eventFields.map(({ list }) => [`etc/lists/${list}`, null])),
  });
  if (problems.length > 0) throw new Error(`${problems.length} problems, first: ${problems[0]?.message}`);
  const isGate = ({ definition }: TreeRule) => isGateFile(definition.file);
  const own = [...ruleset.tree.rules.values()].slice(countTemplates);
  const copies = new Map<TreeRule, number>();
  const copiesOf = (rule: TreeRule): number => {
    const known = copies.get(rule);
    if (known !== undefined) return known;
    const count = rule.parents.reduce((sum, parent) => sum + copiesOf(parent), rule.id < 10 ? 1 : 0);
    copies.set(rule, count);
    return count;
  };
  let nodes = countTemplates;
  let walked = 0;
  const hang = (parents: number, count: number) => {
    walked += parents * nodes;
    nodes += count;
  };
  const hangRule = (rule: TreeRule) => hang(Math.max(rule.definition.parents.sids.length, 1), copiesOf(rule));
  const gates = own.filter(isGate);
  for (const gate of gates) hangRule(gate);
  for (let stock = countTemplates; stock < stockNodes; stock += 1) hang(1, 1);
  for (const rule of own) if (!isGate(rule)) hangRule(rule);
  const bytes = ours.reduce(
    (sum, { path, text }) => sum + (isGateFile(path) ? Buffer.byteLength(text) : 0),
    0,
  );
  return { gates: gates.length, bytes, nodes, walked };
}
