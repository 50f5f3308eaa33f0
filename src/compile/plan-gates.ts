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
  set: ValueSet,
  kind: GateValueKind,
  canaries: readonly SelectedValue[],
  prefix: number | null,
): ScoredValues {
  const numbers = set.sorted(kind);
  const { scores } = set.objects.columns();
  const { digitsAt, textAt } = set.objects.values;
  const own = canaries.filter((canary) => canary.kind === kind);
  // Whole bytes.
  const digits = kind in hexDigits ? 2 * Math.ceil((prefix ?? mostDigits) / 2) : 0;
  const toText = digits > 0 ? (value: number) => digitsAt(value, digits) : textAt;
  if (digits === 0) sortAsTexts(numbers, toText);
  return own.reduce<ScoredValues>(
    (scored, { value, score }) =>
      insert(scored, digits > 0 ? value.slice(0, digits).toUpperCase() : value, score),
    {
      texts: () => Array.from(numbers, toText),
      scores: toScores(numbers, (value) => scores[set.objectOf(value)] as number),
    },
  );
}

/** They come in the order of list keys, which is another one where a name is the beginning of the next. */
function sortAsTexts(numbers: Uint32Array, toText: (value: number) => string): void {
  const texts = Array.from(numbers, toText);
  const places = Array.from(texts.keys());
  places.sort((a, b) => ((texts[a] as string) < (texts[b] as string) ? -1 : 1));
  numbers.set(places.map((place) => numbers[place] as number));
}

/** One that is there already keeps the better score. */
function insert({ texts, scores }: ScoredValues, text: string, score: number): ScoredValues {
  const before = texts();
  const found = before.findIndex((other) => other >= text);
  const place = found < 0 ? before.length : found;
  const isKnown = before[place] === text;
  return {
    texts: isKnown ? texts : () => texts().toSpliced(place, 0, text),
    scores: isKnown
      ? scores.with(place, Math.max(score, scores[place] as number))
      : withScore(scores, place, score),
  };
}

function withScore(scores: Uint8Array, place: number, score: number): Uint8Array {
  const more = new Uint8Array(scores.length + 1);
  more.set(scores.subarray(0, place));
  more[place] = score;
  more.set(scores.subarray(place), place + 1);
  return more;
}
