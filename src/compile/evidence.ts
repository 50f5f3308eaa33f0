import {
  bySubject,
  type IndicatorRecord,
  type ObjectDetails,
  type ObjectFilter,
  type ObjectFilters,
  type SourceRecord,
  type Subject,
} from '../values/kinds.ts';
import { type FilterReason, type Skip, type SkipReason, skip } from '../values/skip-reasons.ts';

/** What one OpenCTI object says about a value. An object has one vote, however many values it has. */
export interface Vote {
  readonly score: number | null;
  readonly id: string;
  readonly type: SourceRecord['type'];
  /** Milliseconds since the epoch; null when it has no end. */
  readonly validUntil: number | null;
  /** Its place in the selection's table of traits. */
  readonly traits: number;
}

/** The reasons why indicators count against a value; the strongest has the lowest rank. */
const againstRanks = { revoked: 0, expired: 1, 'no-detection': 2, 'low-confidence': 3 } as const;

type Against = { readonly reason: keyof typeof againstRanks; readonly vote: Vote };

/** The part of the evidence that only filters cause; most values have none of it. */
interface Limits {
  /** An object whose label keeps the value out. */
  readonly barredBy: Vote | null;
  /** Why an observable could not bring the value in. Where OpenCTI itself filters, it was not even read. */
  readonly ownOutside: FilterReason | null;
  /** Why an indicator that is alive could not bring the value in. */
  readonly outside: FilterReason | null;
  /** The best of the indicators that are alive and could not bring the value in. */
  readonly elsewhere: Vote | null;
}

/**
 * What all objects so far say about one value. Merging is commutative and associative, so neither the
 * order of the objects nor the size of the pages can change a decision.
 */
export interface Evidence {
  /** The best of the indicators that are alive, pass the filters and can bring the value in. */
  readonly alive: Vote | null;
  /** The best of the indicators that are alive and pass the filters, and only name the value. */
  readonly named: Vote | null;
  /** The strongest reason why other indicators keep the value out. */
  readonly against: Against | null;
  /** The best of the observables that pass the filters. */
  readonly own: Vote | null;
  readonly limits: Limits | null;
  /** True when there are only indicators that name the value: so far it is not selected. */
  readonly isOnlyNamed: boolean;
}

export interface LifeOptions extends IndicatorDemands {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Milliseconds after `valid_until` in which an indicator still counts as alive. */
  readonly grace: number;
}

const noLimits: Limits = { barredBy: null, ownOutside: null, outside: null, elsewhere: null };
const nothing: Evidence = {
  alive: null,
  named: null,
  against: null,
  own: null,
  limits: null,
  isOnlyNamed: false,
};

/** Returns the evidence of one object. @param isNamer whether the object names the value and cannot bring it in. */
export function toEvidence(
  record: SourceRecord,
  vote: Vote,
  standing: Standing,
  life: LifeOptions,
  isNamer = false,
): Evidence {
  const plain = record.type === 'observable' ? toOwn(vote, standing) : toLife(record, vote, standing, life);
  const evidence = isNamer ? { ...plain, alive: null, named: plain.alive, isOnlyNamed: true } : plain;
  if (!standing.isBarred) return evidence;
  return { ...evidence, limits: { ...noLimits, ...evidence.limits, barredBy: vote } };
}

/** Returns the evidence of an observable. One outside of the filters counts as if it were not there. */
function toOwn(vote: Vote, { outside }: Standing): Evidence {
  if (outside === null) return { ...nothing, own: vote };
  return { ...nothing, limits: { ...noLimits, ownOutside: outside } };
}

/** Returns the evidence of an indicator. One outside of the filters brings nothing in, but it counts against a value. */
function toLife(record: IndicatorRecord, vote: Vote, { outside }: Standing, life: LifeOptions): Evidence {
  const dead = reasonOfDeath(record, life);
  if (dead !== null) return { ...nothing, against: { reason: dead, vote } };
  if (outside !== null) return { ...nothing, limits: { ...noLimits, outside, elsewhere: vote } };
  const unfit = reasonOfDemands(record, life);
  return unfit === null ? { ...nothing, alive: vote } : { ...nothing, against: { reason: unfit, vote } };
}

/**
 * Returns why an indicator is dead; null when it is alive. The platform revokes indicators after their end, so the grace
 * applies only to those that it has not revoked.
 */
export function reasonOfDeath(
  { revoked, validFrom, validUntil }: Pick<IndicatorRecord, 'revoked' | 'validFrom' | 'validUntil'>,
  { now, grace }: Pick<LifeOptions, 'now' | 'grace'>,
): 'revoked' | 'expired' | null {
  if (revoked) return 'revoked';
  const begun = validFrom === null || validFrom <= now;
  const over = validUntil !== null && validUntil + grace <= now;
  return begun && !over ? null : 'expired';
}

/**
 * Returns which demand an indicator does not meet; null when it meets all. One without a confidence is below any
 * minimum.
 */
export function reasonOfDemands(
  { details }: IndicatorRecord,
  { detection, minConfidence }: IndicatorDemands,
): 'no-detection' | 'low-confidence' | null {
  if (detection && details?.detection !== true) return 'no-detection';
  if (minConfidence !== null && (details?.confidence ?? -1) < minConfidence) return 'low-confidence';
  return null;
}

export function mergeEvidence(a: Evidence, b: Evidence): Evidence {
  return {
    alive: better(a.alive, b.alive),
    named: better(a.named, b.named),
    against: stronger(a.against, b.against),
    own: better(a.own, b.own),
    limits: mergeLimits(a.limits, b.limits),
    isOnlyNamed: a.isOnlyNamed && b.isOnlyNamed,
  };
}

/**
 * Returns the vote with the higher score (none is the lowest); of equal ones that of the smaller id, which never
 * varies.
 */
function better(a: Vote | null, b: Vote | null): Vote | null {
  if (a === null || b === null) return a ?? b;
  const difference = (a.score ?? -1) - (b.score ?? -1);
  if (difference !== 0) return difference > 0 ? a : b;
  return a.id <= b.id ? a : b;
}

function stronger(a: Against | null, b: Against | null): Against | null {
  if (a === null || b === null) return a ?? b;
  const difference = againstRanks[a.reason] - againstRanks[b.reason];
  if (difference !== 0) return difference < 0 ? a : b;
  return a.vote.id <= b.vote.id ? a : b;
}

function mergeLimits(a: Limits | null, b: Limits | null): Limits | null {
  if (a === null || b === null) return a ?? b;
  return {
    barredBy: better(a.barredBy, b.barredBy),
    ownOutside: smaller(a.ownOutside, b.ownOutside),
    outside: smaller(a.outside, b.outside),
    elsewhere: better(a.elsewhere, b.elsewhere),
  };
}

/** Returns the smaller text: any choice would do that does not depend on the order. */
function smaller<T extends string>(a: T | null, b: T | null): T | null {
  if (a === null || b === null) return a ?? b;
  return a <= b ? a : b;
}

export interface DecisionOptions {
  readonly minScore: number;
  /** True when an observable alone brings nothing in. */
  readonly withIndicator: boolean;
}

/**
 * A value is in, with the vote of the object that decides, or out; then `vote` is that of the object against it, if
 * any.
 */
export type Decision = (Vote & { readonly score: number }) | (Skip & { readonly vote: Vote | null });

/**
 * Decides about a value by trust. First the most trusted objects decide alone, then these with the next rank, and so on, and
 * at last all together; the value is in when one of these decisions brings it in. So a less trusted object can bring a value
 * in, and cannot take out one that the more trusted objects bring in.
 * @param byRank the evidence of each rank of trust, the most trusted first; null when a rank has none.
 */
export function decideByTrust(byRank: readonly (Evidence | null)[], options: DecisionOptions): Decision {
  const all = byRank.reduce(merge, null);
  if (all === null) throw new RangeError('nothing is known of the value');
  if (all.limits?.barredBy) return decide(all, options);
  let known: Evidence | null = null;
  for (const evidence of byRank) {
    if (evidence === null) continue;
    known = merge(known, evidence);
    const decision = decide(known as Evidence, options);
    if (!('skip' in decision)) return decision;
  }
  return decide(all, options);
}

function merge(a: Evidence | null, b: Evidence | null): Evidence | null {
  return a === null || b === null ? (a ?? b) : mergeEvidence(a, b);
}

/**
 * Decides about a value when all objects are equal. Indicators that are alive decide by their best score. If indicators are
 * known and all are dead, the value is out, even if it still has an observable, since OpenCTI never expires an observable.
 * If no indicator is known, the observable's own score decides. An indicator that only names the value counts as one of its
 * indicators when another object brings the value in. For the filters see `docs/selection.md`.
 */
export function decide({ alive, named, against, own, limits }: Evidence, options: DecisionOptions): Decision {
  if (limits !== null && limits.barredBy !== null) return out('barred-label', limits.barredBy);
  const best = alive === null && own === null ? null : better(alive, named);
  if (best !== null) return byScore(best, options.minScore);
  if (against !== null) return out(against.reason, against.vote);
  if (own === null)
    return out(limits?.outside ?? limits?.ownOutside ?? 'no-score', limits?.elsewhere ?? null);
  // Without the filters this indicator would decide. When it would keep the value out, a filter must not bring it in.
  const elsewhere = limits?.elsewhere ? byScore(limits.elsewhere, options.minScore) : null;
  if (elsewhere !== null && 'skip' in elsewhere) return elsewhere;
  if (options.withIndicator) return out('no-indicator', own);
  return byScore(own, options.minScore);
}

function byScore(vote: Vote, minScore: number): Decision {
  if (vote.score === null) return out('no-score', vote);
  return vote.score < minScore ? out('low-score', vote) : (vote as Vote & { readonly score: number });
}

function out(reason: SkipReason, vote: Vote | null): Decision {
  return { ...skip(reason), vote };
}

/** What the filters say of one object. */
export interface Standing {
  /** Why it cannot bring a value in; null when it can. */
  readonly outside: FilterReason | null;
  /** True when it carries a label that keeps its values out. */
  readonly isBarred: boolean;
}

/** What an indicator has to have, in addition to passing the filters. */
export interface IndicatorDemands {
  readonly detection: boolean;
  readonly minConfidence: number | null;
}

/** Applies the filters to an object, not to a value. Without filters it takes no time. */
export type Judge = (record: SourceRecord, subject: Subject) => Standing;

const inside: Standing = { outside: null, isBarred: false };

/** Makes a judge. @param filters null when there are none. */
export function createJudge(filters: ObjectFilters | null): Judge {
  if (filters === null) return () => inside;
  const of = (type: 'observables' | 'indicators') =>
    bySubject((subject) => [filters.all, filters[type], filters[subject]].filter(asksForSomething));
  const byType = { observable: of('observables'), indicator: of('indicators') };
  return (record, subject) => {
    const applied = byType[record.type][subject];
    return applied.length === 0 ? inside : judge(record.details ?? unknown, applied);
  };
}

/** The details of an object that was read without them: it passes no filter that has a condition. */
const unknown: ObjectDetails = {
  labels: [],
  markings: [],
  author: null,
  createdAt: null,
  updatedAt: null,
  confidence: null,
  detection: null,
};

function asksForSomething(filter: ObjectFilter): boolean {
  return Object.values(filter).some((demand) => demand !== null);
}

function judge(details: ObjectDetails, filters: readonly ObjectFilter[]): Standing {
  let outside: FilterReason | null = null;
  let isBarred = false;
  for (const filter of filters) {
    outside ??= reasonOf(details, filter);
    isBarred ||= filter.labelsNone !== null && hasOne(details.labels, filter.labelsNone);
  }
  return outside === null && !isBarred ? inside : { outside, isBarred };
}

function reasonOf(details: ObjectDetails, filter: ObjectFilter): FilterReason | null {
  const { labels, markings, author } = details;
  if (filter.labelsAny !== null && !hasOne(labels, filter.labelsAny)) return 'filtered-label';
  if (filter.markingsAny !== null && !hasOne(markings, filter.markingsAny)) return 'filtered-marking';
  if (filter.markingsNone !== null && hasOne(markings, filter.markingsNone)) return 'filtered-marking';
  if (filter.authorsIn !== null && !(author !== null && filter.authorsIn.has(author.id)))
    return 'filtered-author';
  if (filter.authorsOut !== null && author !== null && filter.authorsOut.has(author.id))
    return 'filtered-author';
  const isYoung =
    isAfter(details.createdAt, filter.createdAfter) && isAfter(details.updatedAt, filter.updatedAfter);
  return isYoung ? null : 'filtered-age';
}

function hasOne(objects: readonly { readonly id: string }[], ids: ReadonlySet<string>): boolean {
  for (const { id } of objects) if (ids.has(id)) return true;
  return false;
}

function isAfter(time: number | null, bound: number | null): boolean {
  return bound === null || (time !== null && time > bound);
}
