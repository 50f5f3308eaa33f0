import type { Claim, ClaimKind, Observable, ObservableKind } from '../observable/kinds.ts';
import { isSkip } from '../observable/skip.ts';
import { toHash } from '../observable/to-hash.ts';
import { toHashKind } from '../opencti/hash-algorithm.ts';
import { type ObservableType, observableTypes } from '../opencti/observable-types.ts';
import type { Candidate } from './candidate.ts';
import { isJsonObject, type JsonObject, readNodes, toText } from './json.ts';

/** An object of the answer that really has one of the values that were asked for. */
export interface Confirmed {
  readonly id: string;
  readonly type: 'observable' | 'indicator';
  readonly node: JsonObject;
  readonly candidate: Candidate;
}

/** An indicator that has the value and is dead: it confirms nothing. */
export interface DeadIndicator {
  readonly id: string;
  readonly why: string;
}

export interface Confirmation {
  readonly confirmed: readonly Confirmed[];
  readonly dead: readonly DeadIndicator[];
}

/**
 * Compares what came back with what was asked: the server's equality knows no case and no accents, and an object
 * may have been edited since its id went into a list.
 * @param candidates the nearest first.
 */
export async function confirmAnswer(
  data: JsonObject,
  candidates: readonly Candidate[],
  now: number,
): Promise<Confirmation> {
  const observables = uniqueById([...toNodes(data.byId), ...readNodes(data.byValue)]);
  const indicators = uniqueById([...toNodes(data.indicator), ...readNodes(data.indicators)]);
  const confirmed: Confirmed[] = [];
  const dead: DeadIndicator[] = [];
  for (const node of observables) {
    const candidate = await findCandidate(readObservableClaims(node), candidates);
    if (candidate) confirmed.push({ id: toText(node.id) ?? '', type: 'observable', node, candidate });
  }
  for (const node of indicators) {
    const candidate = await findCandidate(await readIndicatorClaims(node), candidates);
    if (!candidate) continue;
    const id = toText(node.id) ?? '';
    const why = whyDead(node, now);
    if (why === null) confirmed.push({ id, type: 'indicator', node, candidate });
    else dead.push({ id, why });
  }
  return { confirmed, dead };
}

const toNodes = (value: unknown) => (isJsonObject(value) ? [value] : []);

function uniqueById(nodes: readonly JsonObject[]): JsonObject[] {
  return [...new Map(nodes.map((node) => [node.id, node])).values()];
}

function whyDead({ revoked, valid_until: validUntil }: JsonObject, now: number): string | null {
  if (revoked === true) return 'is revoked';
  const until = typeof validUntil === 'string' ? Date.parse(validUntil) : Number.NaN;
  return until <= now ? `was valid until ${validUntil}` : null;
}

function readObservableClaims(node: JsonObject): Claim[] {
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

/** The parser of patterns is loaded only when an indicator came back. */
async function readIndicatorClaims(node: JsonObject): Promise<readonly Claim[]> {
  const pattern = toText(node.pattern);
  if (pattern === null || node.pattern_type !== 'stix') return [];
  const { readPattern } = await import('../opencti/pattern/read-pattern.ts');
  return readPattern(pattern).claims;
}

/** The nearest candidate that one of the claims is. */
async function findCandidate(
  claims: readonly Claim[],
  candidates: readonly Candidate[],
): Promise<Candidate | undefined> {
  // As it is in nearly every platform; the one door takes 2 ms more to load than this.
  const plain = claims.map(({ kind, text }) => `${kind} ${text.toLowerCase()}`);
  const byText = candidates.find(({ kind, value }) => plain.includes(`${toClaimKind(kind)} ${value}`));
  if (byText || claims.length === 0) return byText;
  const values = await toValues(claims);
  return candidates.find(({ kind, value }) =>
    values.some((observable) => observable.kind === kind && observable.value === value),
  );
}

/** OpenCTI has a network as the value of an address. */
function toClaimKind(kind: ObservableKind): ClaimKind {
  if (kind === 'ipv4-network') return 'ipv4';
  return kind === 'ipv6-network' ? 'ipv6' : kind;
}

/** Through the one door, for spellings that differ: IDN, IPv6, networks. Hashes do not need the rest of it. */
async function toValues(claims: readonly Claim[]): Promise<Observable[]> {
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
