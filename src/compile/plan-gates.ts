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
    isWanted(kind, settings) ? toScored(values, kind, canaries, settings.prefix) : toScoredValues([]),
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

/** As many digits of a hash as a gate compares at most, if nobody says otherwise. */
const mostDigits = 16;

/** Sorted as strings are; of hashes the beginnings that gates compare, since whole ones fill the memory. */
function toScored(
  { objects, sorted, objectOf }: ValueSet,
  kind: GateValueKind,
  canaries: readonly SelectedValue[],
  prefix: number | null,
): ScoredValues {
  const numbers = sorted(kind);
  const { scores } = objects.columns();
  const { digitsAt, textAt } = objects.values;
  // Whole bytes.
  const digits = 2 * Math.ceil((prefix ?? mostDigits) / 2);
  const isHash = kind in hexDigits;
  const texts: string[] = Array.from(numbers, isHash ? (value) => digitsAt(value, digits) : textAt);
  const ofTexts = toScores(numbers, (value) => scores[objectOf(value)] as number);
  const own = canaries.filter((canary) => canary.kind === kind);
  if (isHash)
    return own.reduce<ScoredValues>((scored, canary) => insertHash(scored, canary, digits), {
      values: texts,
      scores: ofTexts,
    });
  const pairs = texts.map((text, index) => [text, ofTexts[index] as number] as const);
  return toScoredValues([...pairs, ...own.map(({ value, score }) => [value as string, score] as const)]);
}

function insertHash(
  { values, scores }: ScoredValues,
  { value, score }: SelectedValue,
  digits: number,
): ScoredValues {
  const text = value.slice(0, digits);
  const found = values.findIndex((other) => other >= text);
  const place = found < 0 ? values.length : found;
  return {
    values: [...values.slice(0, place), text, ...values.slice(place)],
    scores: withScore(scores, place, score),
  };
}

function withScore(scores: Uint8Array, place: number, score: number): Uint8Array {
  const more = new Uint8Array(scores.length + 1);
  more.set(scores.subarray(0, place));
  more[place] = score;
  more.set(scores.subarray(place), place + 1);
  return more;
}
