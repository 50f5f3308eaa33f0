import { type Observable, toSubject } from '../observable/kinds.ts';
import type { ObjectFilters } from '../observable/object-filter.ts';
import type { SourceRecord } from '../observable/record.ts';
import { isSkip } from '../observable/skip.ts';
import type { SkipReason } from '../observable/skip-reasons.ts';
import { toObservable } from '../observable/to-observable.ts';
import { emptyIndex, type ValueIndex, withParents } from '../value-lists/value-index.ts';
import type { Subject } from '../wazuh/event-fields.ts';
import { type Candidate, createCandidates } from './candidates.ts';
import { createDecider, type DecidedValue, type SkippedValue, type ValueOptions } from './decide-value.ts';
import { type Evidence, type LifeOptions, toEvidence, type Vote } from './evidence.ts';
import { createJudge } from './judge.ts';
import { type NetworkLimit, skipOfNetwork } from './network-limit.ts';
import { createTraitsTable, type Traits } from './traits.ts';

export interface SelectionOptions extends Partial<Omit<LifeOptions, 'now'>>, ValueOptions {
  readonly networks: NetworkLimit;
  /** Milliseconds since the epoch: when validity is judged. */
  readonly now: number;
  /** Null: every object may bring its values in. */
  readonly filters?: ObjectFilters | null;
}

export type { SelectedValue } from './decide-value.ts';

/** How many values are out, by reason. */
export type SkipCounts = Partial<Record<SkipReason, number>>;

export interface Selection {
  readonly values: readonly DecidedValue[];
  readonly skippedValues: readonly SkippedValue[];
  /**
   * A value that is out counts once, however many objects carry it. A text that is no value has no normal form
   * to be told apart by, so each of its occurrences counts.
   */
  readonly skipped: SkipCounts;
  readonly traits: readonly Traits[];
}

export interface Selector {
  add(record: SourceRecord): void;
  finish(): Selection;
}

/** Takes objects in any order and decides each value once, at the end. */
export function createSelector(options: SelectionOptions): Selector {
  const { networks, now, grace = 0, detection = false, minConfidence = null, filters = null } = options;
  const life: LifeOptions = { now, grace, detection, minConfidence };
  const judge = createJudge(filters);
  const candidates = createCandidates();
  const traits = createTraitsTable(now);
  const skipped: SkipCounts = {};

  function* usable(record: SourceRecord): Generator<Observable> {
    for (const claim of record.claims) {
      const observable = toObservable(claim);
      const skip = isSkip(observable) ? observable : skipOfNetwork(observable, networks);
      if (skip !== null) count(skipped, skip.skip);
      else yield observable as Observable;
    }
  }

  return {
    add(record) {
      for (const { reason } of record.unusable) count(skipped, reason);
      const vote = toVote(record, traits.toNumber(record.details));
      const bySubject: Partial<Record<Subject, Evidence>> = {};
      let file: Candidate | null = null;
      for (const observable of usable(record)) {
        const subject = toSubject(observable.kind);
        bySubject[subject] ??= toEvidence(record, vote, judge(record, subject), life);
        const evidence = bySubject[subject];
        const candidate = candidates.note(observable, evidence);
        if (record.oneFile && joinsHashes(record, evidence)) {
          file = file === null ? candidate : candidates.unite(file, candidate);
        }
      }
    },
    finish: () => ({ ...decideAll(candidates, options, skipped), traits: traits.all }),
  };
}

/** An observable outside of the filters is as if it were not there, so it joins nothing either. */
function joinsHashes({ type }: SourceRecord, { own }: Evidence): boolean {
  return type === 'indicator' || own !== null;
}

function toVote(record: SourceRecord, traits: number): Vote {
  const { score, id, type } = record;
  return { score, id, type, validUntil: record.type === 'indicator' ? record.validUntil : null, traits };
}

type Decided = Omit<Selection, 'traits'>;

/** @param skipped counts of what was out before it was a value. */
function decideAll(
  candidates: ReturnType<typeof createCandidates>,
  options: SelectionOptions,
  skipped: SkipCounts,
): Decided {
  const { lists = emptyIndex } = options;
  const decideValue = createDecider(options);
  const exactOnly = new Set(findParents(lists, (name) => candidates.has('name', name)));
  const values: DecidedValue[] = [];
  const skippedValues: SkippedValue[] = [];
  const counts = { ...skipped };
  for (const { observable, evidence } of candidates.entries()) {
    const result = decideValue(observable, evidence);
    if ('reason' in result) {
      count(counts, result.reason);
      skippedValues.push(result);
    } else {
      values.push(exactOnly.has(observable.value) ? { ...result, exactOnly: true } : result);
    }
  }
  return { values, skippedValues, skipped: counts };
}

/** Names above a listed one: their gates would match it. */
function* findParents(lists: ValueIndex, isKnown: (name: string) => boolean): Generator<string> {
  for (const name of lists.names()) {
    for (const parent of withParents(name)) if (parent !== name && isKnown(parent)) yield parent;
  }
}

function count(counts: SkipCounts, reason: SkipReason): void {
  counts[reason] = (counts[reason] ?? 0) + 1;
}
