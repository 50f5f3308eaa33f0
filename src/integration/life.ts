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

/** The settings of the configuration about indicators. */
export interface LifeRules {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Milliseconds after `valid_until` (`select.indicators.grace`). */
  readonly grace: number;
  /** Indicators are among `select.sources`: a dead one keeps the values of observables out. */
  readonly indicators: boolean;
  /** The ranks of trust: a dead indicator has no effect on objects that are trusted more. */
  readonly trust: readonly TrustRankConfig[];
}

/**
 * Returns the id of the object that decides about the nearest value that an object has; null: no object has any of the
 * values.
 * @param records all objects that may have one of the values, whatever the answer to the usual question was.
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

/** Returns the values that are asked for, each with its nearest candidate. */
export function toDistinct(candidates: readonly Candidate[]): [Observable, Candidate][] {
  const distinct = new Map<string, [Observable, Candidate]>();
  for (const candidate of candidates) {
    const observable = toObservable(candidate);
    const key = `${observable.kind} ${observable.value}`;
    if (!distinct.has(key)) distinct.set(key, [observable, candidate]);
  }
  return [...distinct.values()];
}

/**
 * Indexes objects by their values.
 * @param candidates the values with which a text of a record is compared before the check of values is used, which
 * takes 2 ms to load.
 */
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

/**
 * Returns the values of claims. Hashes do not need the whole check of values, and texts that equal a value that was
 * asked for do not need it at all.
 */
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
  /** The id of the indicator that is against the value. */
  readonly indicator: string;
  /** The observable that has the value nevertheless, if there is one. */
  readonly survivor: string | null;
}

/**
 * Decides whether a value is alive, by the evidence of all its objects, merged as the selection merges it. Scores are
 * not considered: that is the task of the lists.
 */
export function decideValue(value: Observable, index: ObjectIndex, rules: LifeRules): Decided {
  const { objects, linked } = findObjectsOf(value, index);
  const isIt = (each: Observable) => each.kind === value.kind && each.value === value.value;
  const having = objects.filter(({ has }) => has.some(isIt)).map(({ record }) => record);
  const observables = having.filter(({ type }) => type === 'observable');
  // When indicators are no source of the lists, an indicator counts only if there is no observable.
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

/** Decides by the evidence; null: the objects only name the value. */
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

/** Returns the evidence without filters and without scores: values below the limit of the lists are in none. */
function toEvidenceOf(record: SourceRecord, isNamer: boolean, { now, grace }: LifeRules): Evidence {
  const vote = { id: record.id, type: record.type, score: 0, validUntil: null, traits: 0 };
  const standing = { outside: null, isBarred: false };
  return toEvidence(record, vote, standing, { now, grace, detection: false, minConfidence: null }, isNamer);
}

function isAlive(record: SourceRecord, rules: LifeRules): boolean {
  return record.type === 'observable' || reasonOfDeath(record, rules) === null;
}

/** Returns the ranks by the names of authors, since an answer and the configuration have only the names. */
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
 * Returns why an indicator is dead, as a text that follows its name; null: it is alive. The selection decides by the
 * same function.
 * @throws OpenCtiError when its fields are not valid
 */
export function whyDead(node: JsonObject, rules: LifeRules): string | null {
  const validity = toValidity(node);
  const reason = reasonOfDeath(validity, rules);
  if (reason === null) return null;
  if (reason === 'revoked') return 'is revoked';
  const isAhead = validity.validFrom !== null && validity.validFrom > rules.now;
  return isAhead ? `is valid from ${node.valid_from}` : `was valid until ${node.valid_until}`;
}
