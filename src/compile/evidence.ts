import type { IndicatorRecord, SourceRecord } from '../observable/record.ts';
import type { FilterReason } from '../observable/skip-reasons.ts';
import type { IndicatorDemands, Standing } from './judge.ts';

/** What one OpenCTI object says for a value. Made once an object, however many values it has. */
export interface Vote {
  readonly score: number | null;
  readonly id: string;
  readonly type: SourceRecord['type'];
  /** Milliseconds since the epoch; null: without an end. */
  readonly validUntil: number | null;
  /** A place in the selection's table of traits. */
  readonly traits: number;
}

/** Why indicators speak against a value; the strongest first. */
const againstRanks = { revoked: 0, expired: 1, 'no-detection': 2, 'low-confidence': 3 } as const;

type Against = { readonly reason: keyof typeof againstRanks; readonly vote: Vote };

/** What only filters bring about; most values have none of it. */
interface Limits {
  /** A label keeps the value out. */
  readonly barredBy: Vote | null;
  /** Why an observable could not bring the value in. Where OpenCTI filters, it was not even read. */
  readonly ownOutside: FilterReason | null;
  /** Why an indicator that is alive could not. */
  readonly outside: FilterReason | null;
  /** The best of the indicators that are alive and could not bring the value in. */
  readonly elsewhere: Vote | null;
}

/**
 * What all objects seen so far say about one value. Merging is commutative and associative, so neither the
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
  /** Nothing but indicators that only name the value: so far it is none of ours. */
  readonly isOnlyNamed: boolean;
}

export interface LifeOptions extends IndicatorDemands {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Milliseconds behind `valid_until`. */
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

/** @param isNamer the object names the value and cannot bring it in. */
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

/** An observable outside of the filters is as if it were not there. */
function toOwn(vote: Vote, { outside }: Standing): Evidence {
  if (outside === null) return { ...nothing, own: vote };
  return { ...nothing, limits: { ...noLimits, ownOutside: outside } };
}

/** An indicator outside of the filters brings nothing in, but what it has against a value counts. */
function toLife(record: IndicatorRecord, vote: Vote, { outside }: Standing, life: LifeOptions): Evidence {
  const dead = reasonOfDeath(record, life);
  if (dead !== null) return { ...nothing, against: { reason: dead, vote } };
  if (outside !== null) return { ...nothing, limits: { ...noLimits, outside, elsewhere: vote } };
  const unfit = reasonOfDemands(record, life);
  return unfit === null ? { ...nothing, alive: vote } : { ...nothing, against: { reason: unfit, vote } };
}

/** Null: the indicator is alive. The platform revokes what is over, so grace is only for what it has not revoked. */
export function reasonOfDeath(
  { revoked, validFrom, validUntil }: Pick<IndicatorRecord, 'revoked' | 'validFrom' | 'validUntil'>,
  { now, grace }: Pick<LifeOptions, 'now' | 'grace'>,
): 'revoked' | 'expired' | null {
  if (revoked) return 'revoked';
  const begun = validFrom === null || validFrom <= now;
  const over = validUntil !== null && validUntil + grace <= now;
  return begun && !over ? null : 'expired';
}

/** Null: the indicator is what is demanded. One without a confidence is below any. */
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

/** The higher score; no score is the lowest; among equals the smaller id, so that the choice is always the same. */
export function better(a: Vote | null, b: Vote | null): Vote | null {
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

/** Any choice would do that does not depend on the order. */
function smaller<T extends string>(a: T | null, b: T | null): T | null {
  if (a === null || b === null) return a ?? b;
  return a <= b ? a : b;
}
