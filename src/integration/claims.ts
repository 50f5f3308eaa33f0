import type { Claim, ClaimKind, Observable } from '../observable/kinds.ts';
import { isSkip } from '../observable/skip.ts';
import { toHash } from '../observable/to-hash.ts';
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

/** What an indicator's pattern says; the parser of patterns is loaded only when an indicator came back. */
export async function readIndicatorClaims(node: JsonObject): Promise<readonly Claim[]> {
  const pattern = toText(node.pattern);
  if (pattern === null || toText(node.pattern_type)?.toLowerCase() !== 'stix') return [];
  const { readPattern } = await import('../opencti/pattern/read-pattern.ts');
  return readPattern(pattern).claims;
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
