import { type HashKind, hexDigits, type ObservableKind } from '../observable/kinds.ts';
import { compileGates, type GatePlan, type GateValues } from './gates/compile-gates.ts';
import { toExactOnly } from './gates/exact-only.ts';
import type { ScoredValues } from './gates/gate.ts';
import { gateFields } from './gates/ids.ts';
import { toScoredValues } from './gates/keep-best.ts';
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
  const of = (kind: ObservableKind, wanted: boolean): ScoredValues =>
    wanted ? toScored(values, kind, canaries) : toScoredValues([]);
  const ofHash = (kind: HashKind) => of(kind, settings.hashes && settings.algorithms.includes(kind));
  const gateValues: GateValues = {
    sha256: ofHash('sha256'),
    sha1: ofHash('sha1'),
    md5: ofHash('md5'),
    name: of('name', settings.domains),
    'ipv4-network': of('ipv4-network', settings.cidr),
    'ipv6-network': of('ipv6-network', settings.cidr),
  };
  return compileGates(gateValues, {
    fields: gateFields,
    ids: { from: settings.firstId, to: settings.firstId + idCount - 1 },
    prefix: settings.prefix ?? 'auto',
    isExactOnly: toExactOnly([...settings.exactNames, ...values.exactOnly]),
    maxRules: settings.maxRules,
    maxBytes: settings.maxBytes,
  });
}

/** Sorted as strings are: what `toScoredValues` makes of values and scores, without a map of them. */
function toScored(
  { objects, sorted, objectOf }: ValueSet,
  kind: ObservableKind,
  canaries: readonly SelectedValue[],
): ScoredValues {
  const own = canaries.filter((canary) => canary.kind === kind);
  const numbers = sorted(kind);
  const { scores } = objects.columns();
  const texts = Array.from(numbers, objects.values.textAt);
  const ofValues = Uint8Array.from(numbers, (value) => scores[objectOf(value)] as number);
  const isSorted = kind in hexDigits && own.length === 0;
  if (isSorted) return { values: texts, scores: ofValues };
  const pairs = texts.map((text, index) => [text as string, ofValues[index] as number] as const);
  return toScoredValues([...pairs, ...own.map(({ value, score }) => [value as string, score] as const)]);
}
