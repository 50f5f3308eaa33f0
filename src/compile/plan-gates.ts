import { type HashKind, hexDigits } from '../observable/kinds.ts';
import { blockSizes } from '../wazuh/rule-ids.ts';
import { compileGates, type GatePlan, type PrefixDigits } from './gates/compile-gates.ts';
import { toExactOnly } from './gates/exact-only.ts';
import { byValueKind, type GateValueKind, type ScoredValues } from './gates/gate.ts';
import { gateFields } from './gates/ids.ts';
import { toScoredValues, toScores } from './gates/keep-best.ts';
import type { ValueSet } from './value-set.ts';

/** What gates are made of, and how many there may be. */
export interface GateSettings {
  readonly hashes: boolean;
  readonly domains: boolean;
  readonly cidr: boolean;
  /** Hex digits of a hash that a gate compares; `auto`: as many as there is room for. */
  readonly prefix: PrefixDigits;
  /** Those that the site's Sysmon writes. */
  readonly algorithms: readonly HashKind[];
  /** Names of the site that match without their subdomains. */
  readonly exactNames: readonly string[];
  readonly firstId: number;
  readonly maxRules: number;
  readonly maxBytes: number;
}

/** What a set of gates depends on beside values and settings. */
export interface GateContext {
  /** The prefix of the set before; null: there is none, or it is not known. */
  readonly earlierPrefix: number | null;
  /** The lists can have no key with a dotted mapped address: then gates match those. */
  readonly mappedByGates: boolean;
}

/** The gates for what no list can match: composite hashes, subdomains and any case, networks. */
export function planGates(values: ValueSet, settings: GateSettings, context: GateContext): GatePlan {
  const gateValues = byValueKind((kind) =>
    isWanted(kind, settings, context) ? toScored(values, kind) : toScoredValues([]),
  );
  return compileGates(gateValues, {
    fields: gateFields,
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

/** Sorted as strings are; of hashes the beginnings that gates compare, since whole ones fill the memory. */
function toScored(set: ValueSet, kind: GateValueKind): ScoredValues {
  const numbers = set.sorted(kind);
  const { scores } = set.objects.columns();
  const { digitsAt, textAt } = set.objects.values;
  const isHash = kind in hexDigits;
  if (!isHash) sortAsTexts(numbers, textAt);
  return {
    texts: (digits) =>
      // Whole bytes.
      Array.from(numbers, isHash && digits ? (value) => digitsAt(value, 2 * Math.ceil(digits / 2)) : textAt),
    scores: toScores(numbers, (value) => scores[set.objectOf(value)] as number),
  };
}

/** They come in the order of list keys, which is another one where a name is the beginning of the next. */
function sortAsTexts(numbers: Uint32Array, toText: (value: number) => string): void {
  const texts = Array.from(numbers, toText);
  const places = Array.from(texts.keys());
  places.sort((a, b) => ((texts[a] as string) < (texts[b] as string) ? -1 : 1));
  numbers.set(places.map((place) => numbers[place] as number));
}
