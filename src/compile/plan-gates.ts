import { type HashKind, hexDigits } from '../observable/kinds.ts';
import { compileGates, type GatePlan } from './gates/compile-gates.ts';
import { toExactOnly } from './gates/exact-only.ts';
import { byValueKind, type GateValueKind, type ScoredValues } from './gates/gate.ts';
import { gateFields } from './gates/ids.ts';
import { toScoredValues, toScores } from './gates/keep-best.ts';
import type { SelectedValue } from './selection.ts';
import type { ValueSet } from './value-set.ts';

/** What gates are made of, and how many there may be. */
export interface GateSettings {
  readonly hashes: boolean;
  readonly domains: boolean;
  readonly cidr: boolean;
  /** Hex digits of a hash that a gate compares; null: by the number of hashes. */
  readonly prefix: number | null;
  /** Those that the site's Sysmon writes. */
  readonly algorithms: readonly HashKind[];
  /** Names of the site that match without their subdomains. */
  readonly exactNames: readonly string[];
  readonly firstId: number;
  readonly maxRules: number;
  readonly maxBytes: number;
}

/** The block of ids that the gates use, from the first one on. */
const idCount = 100_000;

/** The gates for what no list can match: composite hashes, subdomains and any case, networks. */
export function planGates(
  values: ValueSet,
  settings: GateSettings,
  canaries: readonly SelectedValue[] = [],
): GatePlan {
  const gateValues = byValueKind((kind) =>
    isWanted(kind, settings) ? toScored(values, kind, canaries) : toScoredValues([]),
  );
  return compileGates(gateValues, {
    fields: gateFields,
    ids: { from: settings.firstId, to: settings.firstId + idCount - 1 },
    prefix: settings.prefix ?? 'auto',
    isExactOnly: toExactOnly([...settings.exactNames, ...values.exactOnly]),
    maxRules: settings.maxRules,
    maxBytes: settings.maxBytes,
  });
}

function isWanted(kind: GateValueKind, { hashes, domains, cidr, algorithms }: GateSettings): boolean {
  if (kind === 'name') return domains;
  if (kind === 'ipv4-network' || kind === 'ipv6-network') return cidr;
  return hashes && algorithms.includes(kind);
}

/** Sorted as strings are: what `toScoredValues` makes of values and scores, without a map of them. */
function toScored(
  { objects, sorted, objectOf }: ValueSet,
  kind: GateValueKind,
  canaries: readonly SelectedValue[],
): ScoredValues {
  const own = canaries.filter((canary) => canary.kind === kind);
  const numbers = sorted(kind);
  const { scores } = objects.columns();
  const texts = Array.from(numbers, objects.values.textAt);
  const ofValues = toScores(numbers, (value) => scores[objectOf(value)] as number);
  const isSorted = kind in hexDigits && own.length === 0;
  if (isSorted) return { values: texts, scores: ofValues };
  const pairs = texts.map((text, index) => [text as string, ofValues[index] as number] as const);
  return toScoredValues([...pairs, ...own.map(({ value, score }) => [value as string, score] as const)]);
}
