import { createJudge, reasonOfDeath, reasonOfDemands, type Vote } from '../../compile/evidence.ts';
import { skipOfNetwork } from '../../compile/options.ts';
import { createSelector, type SelectionOptions } from '../../compile/select.ts';
import {
  findObjectsOf,
  findRelated,
  indexObjects,
  type ObjectIndex,
  type ReadObject,
} from '../../compile/value-objects.ts';
import { toObservable } from '../../values/door.ts';
import { type Observable, type SourceRecord, toClaimKind, toSubject } from '../../values/kinds.ts';
import { isSkip, type SkipReason } from '../../values/skip-reasons.ts';
import { emptyIndex, type Listing } from '../../values/value-lists.ts';

/** The result of an object for the value: it counts, or the reason why it does not. */
export type ObjectState = 'counts' | SkipReason;

export interface ExplainedObject {
  /** OpenCTI's internal id. */
  readonly id: string;
  readonly type: 'observable' | 'indicator';
  readonly score: number | null;
  readonly author: string | null;
  readonly labels: readonly string[];
  readonly markings: readonly string[];
  /** ISO 8601; null: without a bound, or an observable. */
  readonly valid_from: string | null;
  readonly valid_until: string | null;
  readonly revoked: boolean;
  readonly state: ObjectState;
  /** Why an indicator that names the value cannot add it to the lists; null: it can. */
  readonly names_only: SkipReason | null;
  /** It is the object that decided. */
  readonly decides: boolean;
}

export interface RelatedIndicator {
  readonly id: string;
  /** The observable that it is based on. */
  readonly observable: string;
  readonly reason: SkipReason;
  /** Why it is dead; null: it is alive. */
  readonly death: 'revoked' | 'expired' | null;
}

export interface Decided {
  readonly decision: 'in' | 'out' | 'unknown';
  readonly reason: SkipReason | null;
  /** The decision if all objects were equally trusted, when `select.trust` makes a difference; else null. */
  readonly untrusted: SkipReason | null;
  readonly vote: Vote | null;
  readonly listing: Listing | null;
  /** For an unknown value: why it would be out with any object of OpenCTI. */
  readonly wouldBeOut: SkipReason | null;
  /** The objects that take part in the decision, the one that decides first. */
  readonly objects: readonly ExplainedObject[];
  /**
   * Indicators that OpenCTI relates to one of these objects, and whose patterns name nothing by which a refresh could
   * find the relation.
   */
  readonly related: readonly RelatedIndicator[];
  /** Other hashes of the same file, by which objects of it were found. */
  readonly linked: readonly Observable[];
}

/** The decision about a value without any object. */
export const undecided: Decided = {
  decision: 'unknown',
  reason: null,
  untrusted: null,
  vote: null,
  listing: null,
  wouldBeOut: null,
  objects: [],
  related: [],
  linked: [],
};

function toUnknown(
  observable: Observable,
  { kinds, networks, lists = emptyIndex }: SelectionOptions,
): Decided {
  const listing = lists.find(observable);
  const isAsked = kinds === undefined || kinds.includes(toClaimKind(observable.kind));
  const byList = listing && (listing.isAllowFile ? 'allowed' : 'warning-list');
  const wouldBeOut = skipOfNetwork(observable, networks)?.skip ?? (isAsked ? byList : 'filtered-kind');
  return { ...undecided, listing, wouldBeOut };
}

/** Decides with the same selection as a refresh, over the objects of the value only: so the two always agree. */
export function decideValue(observable: Observable, index: ObjectIndex, options: SelectionOptions): Decided {
  const { objects: found, linked } = findObjectsOf(observable, index);
  const having = found.map(({ record }) => record);
  if (found.length === 0) return toUnknown(observable, options);
  const network = skipOfNetwork(observable, options.networks);
  const { selected, skipped } = selectOne(observable, having, options);
  const vote = selected?.vote ?? skipped?.vote ?? null;
  const naming = new Map(found.map((each) => [each.record, findNaming(each, observable, linked)]));
  const objects = having.map((record) =>
    toExplained(record, observable, options, vote, naming.get(record) ?? null),
  );
  const reason = selected ? null : (skipped?.reason ?? network?.skip ?? firstOf(naming.values()));
  const isTrustUsed = selected !== undefined && (options.trust ?? []).length > 0;
  return {
    decision: selected ? 'in' : 'out',
    reason,
    untrusted: isTrustUsed
      ? (selectOne(observable, having, { ...options, trust: [] }).skipped?.reason ?? null)
      : null,
    vote,
    listing: skipped?.listing ?? null,
    wouldBeOut: null,
    objects: objects.sort((a, b) => Number(b.decides) - Number(a.decides)),
    related: toRelated(found, index, options),
    linked,
  };
}

/** Returns the decision of a refresh about the value, if these were all objects. */
function selectOne(observable: Observable, records: readonly SourceRecord[], options: SelectionOptions) {
  const selector = createSelector(options);
  for (const record of records) selector.add(record);
  const { values, skippedValues } = selector.finish();
  const isIt = (each: Observable) => each.kind === observable.kind && each.value === observable.value;
  return { selected: [...values].find(isIt), skipped: [...skippedValues].find(isIt) };
}

/** The reasons that concern patterns, which explain why an indicator that names a value cannot add it. */
const namingReasons: ReadonlySet<SkipReason> = new Set<SkipReason>([
  'pattern-and',
  'pattern-negated',
  'pattern-sequence',
  'pattern-qualifier',
  'unused-object',
]);

/** Returns why an object that names the value, or a hash of the same file, cannot add it; null: it can. */
function findNaming(
  { record, has }: ReadObject,
  observable: Observable,
  linked: readonly Observable[],
): SkipReason | null {
  const wanted = new Set([observable, ...linked].map(({ value }) => value));
  if (has.some(({ value }) => wanted.has(value)) || (record.otherHashes ?? []).length > 0) return null;
  return record.unusable.find(({ reason }) => namingReasons.has(reason))?.reason ?? null;
}

function firstOf(reasons: Iterable<SkipReason | null>): SkipReason | null {
  for (const reason of reasons) if (reason !== null) return reason;
  return null;
}

function toRelated(
  having: readonly ReadObject[],
  index: ObjectIndex,
  { now, grace = 0 }: SelectionOptions,
): RelatedIndicator[] {
  return findRelated(having, index).flatMap(({ indicator, observable }): RelatedIndicator[] => {
    const reason = indicator.unusable[0]?.reason;
    if (reason === undefined) return [];
    const death = reasonOfDeath(indicator, { now, grace });
    return [{ id: indicator.id, observable: observable.id, reason, death }];
  });
}

/** Returns the objects, with their values as the check of values reads them. */
export function createEvidenceIndex(records: readonly SourceRecord[]): ObjectIndex {
  return indexObjects(
    records.map((record) => ({
      record,
      has: toObservables(record),
      names: toObservables({ claims: record.named ?? [] }),
    })),
  );
}

export function toObservables({ claims }: Pick<SourceRecord, 'claims'>): Observable[] {
  return claims.flatMap((claim): Observable[] => {
    const observable = toObservable(claim);
    return isSkip(observable) ? [] : [observable];
  });
}

function toExplained(
  record: SourceRecord,
  observable: Observable,
  options: SelectionOptions,
  vote: Vote | null,
  naming: SkipReason | null,
): ExplainedObject {
  const { id, type, score, details } = record;
  const validity =
    record.type === 'indicator' ? record : { validFrom: null, validUntil: null, revoked: false };
  return {
    id,
    type,
    score,
    author: details?.author?.name ?? null,
    labels: details?.labels.map(({ name }) => name) ?? [],
    markings: details?.markings.map(({ name }) => name) ?? [],
    valid_from: toIso(validity.validFrom),
    valid_until: toIso(validity.validUntil),
    revoked: validity.revoked,
    state: stateOf(record, observable, options),
    names_only: naming,
    decides: vote?.id === id,
  };
}

/** Returns the state of an object as `toEvidence` judges it, in words. */
function stateOf(record: SourceRecord, { kind }: Observable, options: SelectionOptions): ObjectState {
  const { grace = 0, detection = false, minConfidence = null, filters = null, now } = options;
  const { outside, isBarred } = createJudge(filters)(record, toSubject(kind));
  if (isBarred) return 'barred-label';
  if (record.type === 'observable') return outside ?? 'counts';
  return (
    reasonOfDeath(record, { now, grace }) ??
    outside ??
    reasonOfDemands(record, { detection, minConfidence }) ??
    'counts'
  );
}

function toIso(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
