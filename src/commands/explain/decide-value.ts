import { reasonOfDeath, reasonOfDemands, type Vote } from '../../compile/evidence.ts';
import { createJudge } from '../../compile/judge.ts';
import { skipOfNetwork } from '../../compile/network-limit.ts';
import { createSelector, type SelectionOptions } from '../../compile/selection.ts';
import { type Observable, toClaimKind, toSubject } from '../../observable/kinds.ts';
import { otherHashDigits } from '../../observable/other-hash.ts';
import type { SourceRecord } from '../../observable/record.ts';
import type { SkipReason } from '../../observable/skip-reasons.ts';
import { emptyIndex, type Listing } from '../../value-lists/value-index.ts';
import type { ExplainedObject, ObjectState } from './explanation.ts';
import { toObservables } from './read-evidence.ts';

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
  /** What the decision would be if all objects were equal, where `select.trust` makes it another one; else null. */
  readonly untrusted: SkipReason | null;
  readonly vote: Vote | null;
  readonly listing: Listing | null;
  /** Of a value that is unknown: why it would be out whatever OpenCTI said of it. */
  readonly wouldBeOut: SkipReason | null;
  /** Those that have a say, the one that decides first. */
  readonly objects: readonly ExplainedObject[];
  /** Indicators that OpenCTI relates to one of these, and whose patterns name nothing by which a refresh could know. */
  readonly related: readonly RelatedIndicator[];
  /** Other hashes of the same file, by which objects of it were found. */
  readonly linked: readonly Observable[];
}

function toUnknown(
  observable: Observable,
  { kinds, networks, lists = emptyIndex }: SelectionOptions,
): Decided {
  const listing = lists.find(observable);
  const isAsked = kinds === undefined || kinds.includes(toClaimKind(observable.kind));
  const byList = listing && (listing.isAllowFile ? 'allowed' : 'warning-list');
  const wouldBeOut = skipOfNetwork(observable, networks)?.skip ?? (isAsked ? byList : 'filtered-kind');
  return {
    decision: 'unknown',
    reason: null,
    untrusted: null,
    vote: null,
    listing,
    wouldBeOut,
    objects: [],
    related: [],
    linked: [],
  };
}

/** The very selection that a refresh makes, over the objects of the value alone: so the two cannot disagree. */
export function decideValue(
  observable: Observable,
  index: EvidenceIndex,
  options: SelectionOptions,
): Decided {
  const { having, linked } = findFile(observable, index);
  if (having.length === 0) return toUnknown(observable, options);
  const network = skipOfNetwork(observable, options.networks);
  const { selected, skipped } = selectOne(observable, having, options);
  const vote = selected?.vote ?? skipped?.vote ?? null;
  const naming = new Map(having.map((record) => [record, findNaming(record, observable, linked, index)]));
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
    related: findRelated(having, index, options),
    linked,
  };
}

/** What a refresh would make of the value, if these were all objects. */
function selectOne(observable: Observable, records: readonly SourceRecord[], options: SelectionOptions) {
  const selector = createSelector(options);
  for (const record of records) selector.add(record);
  const { values, skippedValues } = selector.finish();
  const isIt = (each: Observable) => each.kind === observable.kind && each.value === observable.value;
  return { selected: [...values].find(isIt), skipped: [...skippedValues].find(isIt) };
}

/** Reasons of patterns, which say why one that names a value cannot bring it in. */
const namingReasons: ReadonlySet<SkipReason> = new Set<SkipReason>([
  'pattern-and',
  'pattern-negated',
  'pattern-sequence',
  'pattern-qualifier',
  'unused-object',
]);

/** Why an object names the value, or a hash of the same file, and cannot bring it in; null: it can. */
function findNaming(
  record: SourceRecord,
  observable: Observable,
  linked: readonly Observable[],
  { valuesOf }: EvidenceIndex,
): SkipReason | null {
  const wanted = new Set([observable, ...linked].map(({ value }) => value));
  const has = (valuesOf.get(record) ?? []).some(({ value }) => wanted.has(value));
  if (has || (record.otherHashes ?? []).length > 0) return null;
  return record.unusable.find(({ reason }) => namingReasons.has(reason))?.reason ?? null;
}

function firstOf(reasons: Iterable<SkipReason | null>): SkipReason | null {
  for (const reason of reasons) if (reason !== null) return reason;
  return null;
}

function findRelated(
  having: readonly SourceRecord[],
  { byId }: EvidenceIndex,
  { now, grace = 0 }: SelectionOptions,
): RelatedIndicator[] {
  return having.flatMap((record) =>
    (record.type === 'observable' ? (record.basedOn ?? []) : []).flatMap((id): RelatedIndicator[] => {
      const indicator = byId.get(id);
      const reason = indicator?.unusable[0]?.reason;
      if (indicator?.type !== 'indicator' || reason === undefined || having.includes(indicator)) return [];
      // The integration looks at the same ones: see `oppose.ts`.
      if (indicator.claims.length > 0 || reason === 'pattern-type') return [];
      return [{ id, observable: record.id, reason, death: reasonOfDeath(indicator, { now, grace }) }];
    }),
  );
}

/** What objects there are, by the values that they have or name. */
export interface EvidenceIndex {
  readonly byValue: ReadonlyMap<string, readonly SourceRecord[]>;
  readonly byId: ReadonlyMap<string, SourceRecord>;
  /** Those that an object has. */
  readonly valuesOf: ReadonlyMap<SourceRecord, readonly Observable[]>;
}

export function createEvidenceIndex(records: readonly SourceRecord[]): EvidenceIndex {
  const byValue = new Map<string, SourceRecord[]>();
  const valuesOf = new Map(records.map((record) => [record, toObservables(record)]));
  const note = (key: string, record: SourceRecord) => {
    const having = byValue.get(key) ?? [];
    byValue.set(key, having);
    having.push(record);
  };
  for (const [record, values] of valuesOf) {
    for (const { value } of values) note(value, record);
    for (const { value } of toObservables({ claims: record.named ?? [] })) note(value, record);
    for (const hash of record.otherHashes ?? []) note(toOtherKey(hash), record);
  }
  return { byValue, byId: new Map(records.map((record) => [record.id, record])), valuesOf };
}

/** As the selection joins them. */
const toOtherKey = (hash: string) => `other ${hash.slice(0, otherHashDigits)}`;

/** The objects that have the value, or a hash of the same file as it. */
function findFile(observable: Observable, { byValue, valuesOf }: EvidenceIndex) {
  const file = new Map<string, Observable | null>([[observable.value, observable]]);
  const having = new Set<SourceRecord>();
  // Grows while it is walked.
  for (const key of file.keys()) {
    for (const record of byValue.get(key) ?? []) {
      having.add(record);
      if (!record.oneFile) continue;
      for (const each of valuesOf.get(record) ?? []) file.set(each.value, each);
      for (const hash of record.otherHashes ?? []) file.set(toOtherKey(hash), null);
    }
  }
  file.delete(observable.value);
  return { having: [...having], linked: [...file.values()].filter((each) => each !== null) };
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

/** As `toEvidence` sees it, in words. */
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

export function toIso(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
