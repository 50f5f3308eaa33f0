import {
  type Decision,
  decideByTrust,
  type Evidence,
  mergeEvidence,
  reasonOfDeath,
  toEvidence,
} from '../compile/evidence.ts';
import {
  findObjectsOf,
  findRelated,
  indexObjects,
  type ObjectIndex,
  type ReadObject,
} from '../compile/value-objects.ts';
import type { TrustRankConfig } from '../config/schema.ts';
import { toValidity } from '../opencti/rows.ts';
import { toNameKey } from '../opencti/types.ts';
import { toHash } from '../values/hash.ts';
import {
  type Claim,
  isHashKind,
  type Observable,
  rankOf,
  type SourceRecord,
  type Trust,
  toClaimKind,
} from '../values/kinds.ts';
import { isSkip } from '../values/skip-reasons.ts';
import { type Candidate, toObservable } from './candidates.ts';
import type { JsonObject } from './json.ts';

/** What the configuration says of indicators. */
export interface LifeRules {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Milliseconds after `valid_until` (`select.indicators.grace`). */
  readonly grace: number;
  /** Indicators are among `select.sources`: a dead one keeps the values of observables out. */
  readonly indicators: boolean;
  /** Whose word counts: a dead indicator speaks against nothing that is trusted more. */
  readonly trust: readonly TrustRankConfig[];
}

/**
 * The id of the object that decides about the nearest value that one has; null: none has any.
 * @param records all that may have one, whatever the answer to the usual question was.
 */
export async function findDecider(
  records: readonly SourceRecord[],
  candidates: readonly Candidate[],
  rules: LifeRules,
): Promise<string | null> {
  const index = await indexValues(records, candidates);
  for (const [value] of toDistinct(candidates)) {
    const { alive, death } = decideValue(value, index, rules);
    const [first] = [...alive].sort(
      (a, b) => Number(a.type === 'indicator') - Number(b.type === 'indicator'),
    );
    const decider = first?.id ?? death?.indicator ?? null;
    if (decider !== null) return decider;
  }
  return null;
}

/** The values that are asked for, each with its nearest candidate. */
export function toDistinct(candidates: readonly Candidate[]): [Observable, Candidate][] {
  const distinct = new Map<string, [Observable, Candidate]>();
  for (const candidate of candidates) {
    const observable = toObservable(candidate);
    const key = `${observable.kind} ${observable.value}`;
    if (!distinct.has(key)) distinct.set(key, [observable, candidate]);
  }
  return [...distinct.values()];
}

/** @param candidates what a text of a record is compared with before the one door is asked, which takes 2 ms to load. */
export async function indexValues(
  records: readonly SourceRecord[],
  candidates: readonly Candidate[],
): Promise<ObjectIndex> {
  const known = new Map(
    candidates.map(toObservable).map((each) => [`${toClaimKind(each.kind)} ${each.value}`, each]),
  );
  const objects = [];
  for (const record of records) {
    const has = await toValues(record.claims, known);
    objects.push({ record, has, names: await toValues(record.named ?? [], known) });
  }
  return indexObjects(objects);
}

/** Hashes do not need the rest of the door, and texts that are asked for as they are do not need it at all. */
async function toValues(
  claims: readonly Claim[],
  known: ReadonlyMap<string, Observable>,
): Promise<Observable[]> {
  const plain = claims.flatMap((claim) => {
    const { kind, text } = claim;
    const value = isHashKind(kind) ? toHash(kind, text) : known.get(`${kind} ${text.toLowerCase()}`);
    return value === undefined || isSkip(value) ? [] : [value];
  });
  if (plain.length > 0 || claims.length === 0) return plain;
  const door = await import('../values/door.ts');
  return claims.flatMap((claim): Observable[] => {
    const value = door.toObservable(claim);
    return isSkip(value) ? [] : [value];
  });
}

interface Decided {
  /** The objects that have the value, where it is alive. */
  readonly alive: readonly SourceRecord[];
  readonly death: Death | null;
}

export interface Death {
  /** The id of the indicator that speaks against the value. */
  readonly indicator: string;
  /** The observable that has the value all the same, where one does. */
  readonly survivor: string | null;
}

/** By the evidence of all objects of the value, as the selection merges it. Scores are left to the lists. */
export function decideValue(value: Observable, index: ObjectIndex, rules: LifeRules): Decided {
  const { objects, linked } = findObjectsOf(value, index);
  const isIt = (each: Observable) => each.kind === value.kind && each.value === value.value;
  const having = objects.filter(({ has }) => has.some(isIt)).map(({ record }) => record);
  const observables = having.filter(({ type }) => type === 'observable');
  // Where indicators are no source of the lists, one counts only where there is nothing else.
  const isOfObservables = !rules.indicators && observables.length > 0;
  const ofFile = new Set([value, ...linked].map((each) => each.value));
  const isMember = ({ has, record }: ReadObject) =>
    has.some((each) => ofFile.has(each.value)) || (record.otherHashes ?? []).length > 0;
  const members = objects.filter(isMember).map(({ record }) => record);
  const namers = [
    ...objects.filter((object) => !isMember(object)).map(({ record }) => record),
    ...findRelated(objects, index).map(({ indicator }) => indicator),
  ];
  const decision = isOfObservables ? decide(observables, [], rules) : decide(members, namers, rules);
  if (decision === null) return { alive: [], death: null };
  if (!('skip' in decision)) return { alive: having.filter((record) => isAlive(record, rules)), death: null };
  const isKnown = having.length > 0 && decision.vote !== null;
  const death = isKnown ? { indicator: decision.vote.id, survivor: observables[0]?.id ?? null } : null;
  return { alive: [], death };
}

/** Null: the objects only name the value. */
function decide(
  members: readonly SourceRecord[],
  namers: readonly SourceRecord[],
  rules: LifeRules,
): Decision | null {
  const trust = toTrust(rules.trust);
  const byRank: (Evidence | null)[] = Array(trust.length + 1).fill(null);
  const add = (record: SourceRecord, isNamer: boolean) => {
    const rank = rankOf(byName(record), trust);
    const evidence = toEvidenceOf(record, isNamer, rules);
    const known = byRank[rank] ?? null;
    byRank[rank] = known === null ? evidence : mergeEvidence(known, evidence);
  };
  for (const record of members) add(record, false);
  for (const record of namers) add(record, true);
  if (byRank.every((evidence) => evidence === null || evidence.isOnlyNamed)) return null;
  return decideByTrust(byRank, { minScore: 0, withIndicator: false });
}

/** No filter, and no score: what is below the limit of the lists is in none. */
function toEvidenceOf(record: SourceRecord, isNamer: boolean, { now, grace }: LifeRules): Evidence {
  const vote = { id: record.id, type: record.type, score: 0, validUntil: null, traits: 0 };
  const standing = { outside: null, isBarred: false };
  return toEvidence(record, vote, standing, { now, grace, detection: false, minConfidence: null }, isNamer);
}

function isAlive(record: SourceRecord, rules: LifeRules): boolean {
  return record.type === 'observable' || reasonOfDeath(record, rules) === null;
}

/** By the names of authors, which is what an answer and the configuration have. */
function toTrust(ranks: LifeRules['trust']): Trust {
  return ranks.map((rank) => ('authors' in rank ? { authors: new Set(rank.authors.map(toNameKey)) } : rank));
}

function byName({ details }: SourceRecord): Parameters<typeof rankOf>[0] {
  const author = details?.author ?? null;
  return {
    author: author && { ...author, id: toNameKey(author.name) },
    confidence: details?.confidence ?? null,
  };
}

/**
 * Why an indicator is dead, as what follows its name; null: it is alive. The selection decides by the same function.
 * @throws OpenCtiError when its fields do not fit
 */
export function whyDead(node: JsonObject, rules: LifeRules): string | null {
  const validity = toValidity(node);
  const reason = reasonOfDeath(validity, rules);
  if (reason === null) return null;
  if (reason === 'revoked') return 'is revoked';
  const isAhead = validity.validFrom !== null && validity.validFrom > rules.now;
  return isAhead ? `is valid from ${node.valid_from}` : `was valid until ${node.valid_until}`;
}
