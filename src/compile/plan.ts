import { type HashKind, isHashKind } from '../values/kinds.ts';
import type { EventField } from '../wazuh/fields.ts';
import { blockSizes } from '../wazuh/rule-ids.ts';
import { type RuleFile, type RuleFilesInput, renderRuleFiles } from '../wazuh/rules.ts';
import { renderTemplate } from '../wazuh/template.ts';
import { compileGates, type GatePlan, type PrefixDigits } from './gates/compile-gates.ts';
import { byValueKind, type GateValueKind, type ScoredValues } from './gates/gate.ts';
import { toScoredValues, toScores } from './gates/keep-best.ts';
import { toExactOnly } from './gates/names.ts';
import { lintList, lintRuleFiles, withLint } from './lint.ts';
import {
  type CompiledList,
  compileLists,
  compileNetworkMap,
  type ListTarget,
  type NetworkMap,
} from './lists.ts';
import type { ValueSet } from './value-set.ts';

export interface PlanOptions {
  readonly rules: Omit<RuleFilesInput, 'gates' | 'patterns' | 'cutFields'>;
  readonly gates: GateSettings;
  /** How many digits of a hash the gates of the earlier set compare; null when there is none. Default: null. */
  readonly earlierPrefix?: number | null;
  /** True to add the values that the selftest sends; only for a manager. Default: false. */
  readonly canaries?: boolean;
  /** With `api`, the lists can be sent through the server API, too. Default: `api`. */
  readonly target?: ListTarget;
}

/** Which values have gates, and how many gates there may be. */
export interface GateSettings {
  readonly hashes: boolean;
  readonly domains: boolean;
  readonly cidr: boolean;
  /** How many hex digits of a hash a gate compares; `auto` is as many as there is room for. */
  readonly prefix: PrefixDigits;
  /** The algorithms that the site's Sysmon writes. */
  readonly algorithms: readonly HashKind[];
  /** Names of the site that match without their subdomains. */
  readonly exactNames: readonly string[];
  readonly firstId: number;
  readonly maxRules: number;
  readonly maxBytes: number;
}

/** All that will be published. It is made without side effects; publishing it can fail only because of the target. */
export interface Plan {
  /** Those that its rules look up, with the rows that are on. */
  readonly fields: readonly EventField[];
  readonly lists: readonly CompiledList[];
  /** Is published with the lists; the engine does not read it. */
  readonly networkMap: NetworkMap;
  readonly gates: GatePlan;
  readonly ruleFiles: readonly RuleFile[];
  /** What a person puts into `ossec.conf`. */
  readonly snippet: string;
}

/**
 * Makes the plan for the values.
 * @throws KnownError when a rule would not be accepted. The lines of a list throw the first time that they are read to their
 * end, which is before anything is published.
 */
export function compilePlan(values: ValueSet, options: PlanOptions): Plan {
  const { target = 'api' } = options;
  const { fields } = options.rules;
  const lists = lintLists(
    compileLists(values, target, { fields, canaries: options.canaries === true }),
    target,
  );
  const networkMap = compileNetworkMap(values);
  lintList({ ...networkMap, target: 'engine' });
  const gates = planGates(values, options.gates, {
    fields: fields.filter(({ patterns }) => patterns !== null),
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
  const snippet = renderTemplate('ossec.conf.snippet', {
    lists: fields.flatMap(({ list }) => (list === null ? [] : [list])),
  });
  return { fields, lists, networkMap, gates, ruleFiles, snippet };
}

/** Lists that share their lines go on sharing them. They are checked when they are hashed: a pass more would cost as much. */
function lintLists(lists: readonly CompiledList[], target: ListTarget): CompiledList[] {
  const checked = new Map<CompiledList['lines'], CompiledList['lines']>();
  return lists.map((list) => {
    const lines = checked.get(list.lines) ?? withLint({ ...list, target });
    checked.set(list.lines, lines);
    return { ...list, lines };
  });
}

/** What a set of gates depends on in addition to values and settings. */
interface GateContext {
  readonly fields: readonly EventField[];
  readonly earlierPrefix: number | null;
  /** True when no list can have a key with a dotted mapped address: then gates match these addresses. */
  readonly mappedByGates: boolean;
}

/** Returns the gates for what no list can match: composite hashes, subdomains and any case, networks. */
function planGates(values: ValueSet, settings: GateSettings, context: GateContext): GatePlan {
  const gateValues = byValueKind((kind) =>
    isWanted(kind, settings, context) ? toScored(values, kind) : toScoredValues([]),
  );
  return compileGates(gateValues, {
    fields: context.fields,
    ids: { from: settings.firstId, to: settings.firstId + blockSizes.gates - 1 },
    prefix: settings.prefix,
    earlierPrefix: context.earlierPrefix,
    isExactOnly: toExactOnly([...settings.exactNames, ...values.exactOnly]),
    maxRules: settings.maxRules,
    maxBytes: settings.maxBytes,
  });
}

function isWanted(
  kind: GateValueKind,
  { hashes, domains, cidr, algorithms }: GateSettings,
  { mappedByGates }: GateContext,
): boolean {
  if (kind === 'name') return domains;
  if (kind === 'ipv4') return cidr && mappedByGates;
  if (kind === 'ipv4-network' || kind === 'ipv6-network') return cidr;
  return hashes && algorithms.includes(kind);
}

/** Returns values sorted as strings; of hashes only the digits that gates compare, since whole ones take much memory. */
function toScored(set: ValueSet, kind: GateValueKind): ScoredValues {
  const numbers = set.sorted(kind);
  const { scores } = set.objects.columns();
  const { digitsAt, textAt } = set.objects.values;
  const isHash = isHashKind(kind);
  if (!isHash) sortAsTexts(numbers, textAt);
  return {
    texts: (digits) =>
      // The store has whole bytes, so the number of digits is rounded up to an even one.
      Array.from(numbers, isHash && digits ? (value) => digitsAt(value, 2 * Math.ceil(digits / 2)) : textAt),
    scores: toScores(numbers, (value) => scores[set.objectOf(value)] as number),
  };
}

/**
 * Sorts values as strings. They have the order of list keys, which differs where a name is the beginning of the next
 * one.
 */
function sortAsTexts(numbers: Uint32Array, toText: (value: number) => string): void {
  const texts = Array.from(numbers, toText);
  const places = Array.from(texts.keys());
  places.sort((a, b) => ((texts[a] as string) < (texts[b] as string) ? -1 : 1));
  numbers.set(places.map((place) => numbers[place] as number));
}
