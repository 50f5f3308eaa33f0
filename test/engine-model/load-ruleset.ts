import { lineFinder } from '../../src/wazuh/xml.ts';
import { builtInDecoders, type Decoder } from './decoder.ts';
import type { ListReader } from './list-reader.ts';
import { type DecoderTree, parseDecoderFile } from './parse-decoder-file.ts';
import { parseRuleFile } from './parse-rule-file.ts';
import type { Problem, ProblemCause } from './problem.ts';
import type { RuleDefinition } from './rule.ts';
import { addRule, emptyTree, isBase, type RuleTree } from './tree.ts';

export interface RulesetFile {
  /** A path or a base name; files load in the order of their base names. */
  readonly name: string;
  readonly text: string;
  /** The project's own file: what loses events or alerts is a problem there, and every pattern is compiled ahead. */
  readonly ours?: boolean;
}

export interface RulesetSources {
  readonly rules: readonly RulesetFile[];
  /** When left out, no decoder name is refused. */
  readonly decoders?: readonly RulesetFile[];
  /** Names of decoders that are there besides those of `decoders` and the engine's own. */
  readonly decoderNames?: readonly string[];
  /** By the path that `ossec.conf` declares; null when the content is not at hand, so that a lookup may match. */
  readonly lists?: ReadonlyMap<string, ListReader | null>;
}

export interface Ruleset {
  readonly tree: RuleTree;
  readonly decoders: readonly Decoder[];
}

export interface LoadedRuleset {
  readonly ruleset: Ruleset;
  readonly problems: readonly Problem[];
}

function baseName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/** By bytes, as the engine sorts; two folders with one base name keep the order in which they were given. */
function inLoadOrder(files: readonly RulesetFile[]): RulesetFile[] {
  return files.toSorted((left, right) =>
    Buffer.compare(Buffer.from(baseName(left.name)), Buffer.from(baseName(right.name))),
  );
}

function problemOf(rule: RuleDefinition, cause: ProblemCause, message: string): Problem {
  return { cause, file: rule.file, line: rule.line, ruleId: rule.id, message };
}

const placementMessages = {
  'unknown-parent': (rule) => `no rule loaded before has an id of if_sid "${rule.parents.sids.join(', ')}"`,
  'unknown-group': (rule) => `no rule loaded before has a group of if_group "${rule.parents.group}"`,
  'unknown-level': (rule) => `no rule loaded before has level ${rule.parents.level}`,
} as const satisfies Partial<Record<ProblemCause, (rule: RuleDefinition) => string>>;

function addNewRule(tree: RuleTree, rule: RuleDefinition): Problem[] {
  const placement = addRule(tree, rule);
  if (!placement.placed)
    return [problemOf(rule, placement.reason, placementMessages[placement.reason](rule))];
  return placement.missing.map((sid) =>
    problemOf(rule, 'some-parents-unknown', `if_sid names ${sid}, which no rule loaded before has`),
  );
}

/**
 * An overwriting rule takes the other's place: its parents are ignored, its children stay. A base rule gets no other
 * definition: the engine adds a second one of its id after it (Wazuh 4.14.7).
 */
function overwriteRule(tree: RuleTree, rule: RuleDefinition): Problem[] {
  const existing = tree.rules.get(rule.id);
  if (existing === undefined) {
    const warning = problemOf(rule, 'nothing-to-overwrite', 'overwrite="yes", and there is no such rule');
    return [warning, ...addNewRule(tree, rule)];
  }
  if (isBase(rule)) return addNewRule(tree, rule);
  const before = existing.definition.parents;
  const { sids, group, level } = rule.parents;
  const moved =
    (sids.length > 0 && sids.join() !== before.sids.join()) ||
    (group !== null && group !== before.group) ||
    (level !== null && level !== before.level);
  existing.definition = { ...rule, parents: before };
  return moved
    ? [problemOf(rule, 'parents-not-overwritten', 'overwrite="yes" cannot change the parents of a rule')]
    : [];
}

function add(tree: RuleTree, rule: RuleDefinition): Problem[] {
  return rule.overwrite ? overwriteRule(tree, rule) : addNewRule(tree, rule);
}

/** A list that two `<list>` elements read loses keys when several threads run (Wazuh 4.14.7, upstream 38324). */
function checkListReaders({ rules }: RuleTree): Problem[] {
  const readers = new Map<string, RuleDefinition[]>();
  for (const { definition: rule } of rules.values()) {
    for (const condition of rule.conditions) {
      if (condition.kind === 'list')
        readers.set(condition.path, [...(readers.get(condition.path) ?? []), rule]);
    }
  }
  return [...readers].flatMap(([path, rulesOfList]) =>
    rulesOfList
      .slice(1)
      .filter(() => rulesOfList.some(({ ours }) => ours))
      .map((rule) =>
        problemOf(
          rule,
          'list-read-twice',
          `list "${path}" is read by rule ${rulesOfList[0]?.id} too: it would lose keys`,
        ),
      ),
  );
}

/**
 * Builds the tree that the engine builds of the same files, and says all that it would refuse or drop and, in the
 * project's own files, what it would accept and must not be there. What is refused or dropped is not in the tree.
 */
export function loadRuleset({
  rules,
  decoders,
  decoderNames = [],
  lists = new Map(),
}: RulesetSources): LoadedRuleset {
  const problems: Problem[] = [];
  const contextOf = ({ name, text, ours = false }: RulesetFile) => {
    // What comes with the engine compiles, and is nearly all that there is: to compile it doubles the time.
    const isStock = name.startsWith('ruleset/');
    return { file: baseName(name), ours, compiles: !isStock, lineAt: lineFinder(text), problems };
  };
  const decoderTree: DecoderTree = new Map();
  const loadedDecoders = inLoadOrder(decoders ?? []).flatMap((file) =>
    parseDecoderFile(file.text, contextOf(file), decoderTree),
  );
  const known = [...builtInDecoders, ...decoderNames, ...loadedDecoders.map(({ name }) => name)];
  const tree = emptyTree();
  const ruleContext = {
    lists,
    decoders: decoders ? new Set<string>(known) : null,
    firstOf: (id: number) => tree.rules.get(id)?.definition,
  };
  for (const file of inLoadOrder(rules)) {
    for (const rule of parseRuleFile(file.text, { ...contextOf(file), ...ruleContext }))
      problems.push(...add(tree, rule));
  }
  problems.push(...checkListReaders(tree));
  return { ruleset: { tree, decoders: loadedDecoders }, problems };
}
