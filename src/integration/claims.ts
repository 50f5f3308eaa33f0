import type { Claim, ClaimKind, Observable } from '../observable/kinds.ts';
import { isSkip } from '../observable/skip.ts';
import { toHash } from '../observable/to-hash.ts';
import { OpenCtiError } from '../opencti/errors.ts';
import { toHashKind } from '../opencti/hash-algorithm.ts';
import { type ObservableType, observableTypes } from '../opencti/observable-types.ts';
import { isJsonObject, type JsonObject, toText } from './json.ts';

/** What an observable of an answer says that it has. */
export function readObservableClaims(node: JsonObject): Claim[] {
  const type = observableTypes[node.entity_type as ObservableType];
  if (type?.valueKind) return toClaim(type.valueKind, node.value);
  const hashes = Array.isArray(node.hashes) ? node.hashes.filter(isJsonObject) : [];
  return hashes.flatMap(({ algorithm, hash }) => {
    const kind = toHashKind(toText(algorithm) ?? '');
    return kind === null ? [] : toClaim(kind, hash);
  });
}

function toClaim(kind: ClaimKind, value: unknown): Claim[] {
  return typeof value === 'string' ? [{ kind, text: value }] : [];
}

/** Reads what the indicators of an answer say, each pattern once. */
export type PatternReader = (node: JsonObject) => Promise<readonly Claim[]>;

/** Characters of all patterns of an answer: a second of work. Most patterns have a hundred. */
const mostPatternText = 1_000_000;

/** The parser of patterns is loaded only when an indicator came back. */
export function createPatternReader(): PatternReader {
  const known = new Map<JsonObject, readonly Claim[]>();
  let left = mostPatternText;
  return async (node) => {
    const read = known.get(node);
    if (read !== undefined) return read;
    const pattern = toText(node.pattern);
    if (pattern === null || toText(node.pattern_type)?.toLowerCase() !== 'stix') return [];
    left -= pattern.length;
    if (left < 0)
      throw new OpenCtiError(
        'answer',
        `the patterns in the answer of OpenCTI have more than ${mostPatternText.toLocaleString('en')} characters: none is used`,
      );
    const { readPattern } = await import('../opencti/pattern/read-pattern.ts');
    const { claims } = readPattern(pattern);
    known.set(node, claims);
    return claims;
  };
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
