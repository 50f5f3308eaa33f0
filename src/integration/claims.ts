import type { Claim, ClaimKind, Observable } from '../observable/kinds.ts';
import { otherHashDigits } from '../observable/other-hash.ts';
import { isSkip } from '../observable/skip.ts';
import { toHash } from '../observable/to-hash.ts';
import { OpenCtiError } from '../opencti/errors.ts';
import { readHash } from '../opencti/hash-algorithm.ts';
import { type ObservableType, observableTypes } from '../opencti/observable-types.ts';
import { isJsonObject, type JsonObject, toText } from './json.ts';

/** What an object of an answer says. */
export interface Said {
  /** The values that it has. */
  readonly claims: readonly Claim[];
  /** Of an indicator: what its pattern names and cannot bring in. */
  readonly named: readonly Claim[];
  /** Hashes that no event field carries. */
  readonly otherHashes: readonly string[];
}

const nothing: readonly never[] = [];

export function readObservable(node: JsonObject): Said {
  const type = observableTypes[node.entity_type as ObservableType];
  if (type?.valueKind)
    return { claims: toClaim(type.valueKind, node.value), named: nothing, otherHashes: nothing };
  const hashes = Array.isArray(node.hashes) ? node.hashes.filter(isJsonObject) : [];
  const readings = hashes.flatMap(({ algorithm, hash }) =>
    typeof hash === 'string' ? [readHash(toText(algorithm) ?? '', hash)] : [],
  );
  return {
    claims: readings.flatMap(({ claim }) => claim ?? []),
    named: nothing,
    otherHashes: readings.flatMap(({ other }) => other ?? []),
  };
}

function toClaim(kind: ClaimKind, value: unknown): Claim[] {
  return typeof value === 'string' ? [{ kind, text: value }] : [];
}

/** Reads what the indicators of an answer say, each pattern once. */
export type IndicatorReader = (node: JsonObject) => Promise<Said>;

/** Characters of all patterns of an answer: a second of work. Most patterns have a hundred. */
const mostPatternText = 1_000_000;

/** The parser of patterns is loaded only when an indicator came back. */
export function createIndicatorReader(): IndicatorReader {
  const known = new Map<JsonObject, Said>();
  let left = mostPatternText;
  return async (node) => {
    const read = known.get(node);
    if (read !== undefined) return read;
    const pattern = toText(node.pattern);
    if (pattern === null || !isStix(node)) return { claims: nothing, named: nothing, otherHashes: nothing };
    left -= pattern.length;
    if (left < 0)
      throw new OpenCtiError(
        'answer',
        `the patterns in the answer of OpenCTI have more than ${mostPatternText.toLocaleString('en')} characters: none is used`,
      );
    const { readPattern } = await import('../opencti/pattern/read-pattern.ts');
    const { claims, named = nothing, otherHashes = nothing } = readPattern(pattern);
    const said = { claims, named, otherHashes };
    known.set(node, said);
    return said;
  };
}

/** A rule of another engine describes content, not the object that it was made of. */
export const isStix = (node: JsonObject) => toText(node.pattern_type)?.toLowerCase() === 'stix';

/** All that an object is about, each in a form that is the same for all spellings. */
export async function toKeys({ claims, named, otherHashes }: Said): Promise<ReadonlySet<string>> {
  const values = await toValues([...claims, ...named]);
  return new Set([
    ...values.map(({ kind, value }) => `${kind} ${value}`),
    ...otherHashes.map((hash) => `other ${hash.slice(0, otherHashDigits)}`),
  ]);
}

/** Through the one door, for spellings that differ: IDN, IPv6, networks. Hashes do not need the rest of it. */
export async function toValues(claims: readonly Claim[]): Promise<Observable[]> {
  const values: Observable[] = [];
  for (const claim of claims) {
    const { kind, text } = claim;
    const isPlainHash = kind === 'sha256' || kind === 'sha1' || kind === 'md5';
    const observable = isPlainHash ? toHash(kind, text) : await throughDoor(claim);
    if (!isSkip(observable)) values.push(observable);
  }
  return values;
}

async function throughDoor(claim: Claim) {
  const { toObservable } = await import('../observable/to-observable.ts');
  return toObservable(claim);
}
