import { decide } from '../../../src/compile/decide.ts';
import { type DecidedValue, type SkippedValue, toKindRules } from '../../../src/compile/decide-value.ts';
import { toEvidence, type Vote } from '../../../src/compile/evidence.ts';
import { createJudge } from '../../../src/compile/judge.ts';
import { skipOfNetwork } from '../../../src/compile/network-limit.ts';
import type { SelectionOptions } from '../../../src/compile/selection.ts';
import type { SkipCounts } from '../../../src/compile/skipped-values.ts';
import { type Observable, toSubject } from '../../../src/observable/kinds.ts';
import type { SourceRecord } from '../../../src/observable/record.ts';
import { isSkip } from '../../../src/observable/skip.ts';
import type { SkipReason } from '../../../src/observable/skip-reasons.ts';
import { toObservable } from '../../../src/observable/to-observable.ts';
import { emptyIndex, withParents } from '../../../src/value-lists/value-index.ts';
import { type Candidate, createCandidates } from './candidates.ts';

type Plain<T extends { vote: Vote | null }> = Omit<T, 'vote'> & {
  readonly vote: Omit<Vote, 'traits'> | null;
};

export interface ReferenceSelection {
  readonly values: readonly Plain<DecidedValue>[];
  readonly skippedValues: readonly Plain<SkippedValue>[];
  readonly skipped: SkipCounts;
}

/** The selection as the rule says it, with a string a value and an object an object: what the packed one must equal. */
export function selectPlainly(
  records: readonly SourceRecord[],
  options: SelectionOptions,
): ReferenceSelection {
  const candidates = createCandidates();
  const skipped: SkipCounts = {};
  for (const record of records) addRecord(record, candidates, skipped, options);
  return decideAll(candidates, options, skipped);
}

function addRecord(
  record: SourceRecord,
  candidates: ReturnType<typeof createCandidates>,
  skipped: SkipCounts,
  options: SelectionOptions,
): void {
  const { networks, now, grace = 0, detection = false, minConfidence = null, filters = null } = options;
  const judge = createJudge(filters);
  for (const { reason } of record.unusable) count(skipped, reason);
  let file: Candidate | null = null;
  for (const claim of record.claims) {
    const observable = toObservable(claim);
    const skip = isSkip(observable) ? observable : skipOfNetwork(observable, networks);
    if (skip !== null) {
      count(skipped, skip.skip);
      continue;
    }
    const standing = judge(record, toSubject((observable as Observable).kind));
    const evidence = toEvidence(record, toVote(record), standing, { now, grace, detection, minConfidence });
    const candidate = candidates.note(observable as Observable, evidence);
    if (!record.oneFile || (record.type === 'observable' && evidence.own === null)) continue;
    file = file === null ? candidate : candidates.unite(file, candidate);
  }
}

function toVote(record: SourceRecord): Vote {
  const { score, id, type } = record;
  return { score, id, type, validUntil: record.type === 'indicator' ? record.validUntil : null, traits: 0 };
}

function decideAll(
  candidates: ReturnType<typeof createCandidates>,
  options: SelectionOptions,
  skipped: SkipCounts,
): ReferenceSelection {
  const { lists = emptyIndex } = options;
  const { isAsked, bySubject } = toKindRules(options);
  const parents = [...lists.names()].flatMap((name) =>
    [...withParents(name)].filter((each) => each !== name),
  );
  const values: Plain<DecidedValue>[] = [];
  const skippedValues: Plain<SkippedValue>[] = [];
  const skip = (value: Plain<SkippedValue>) => {
    count(skipped, value.reason);
    skippedValues.push(value);
  };
  for (const { observable, evidence } of candidates.entries()) {
    const { kind, value } = observable;
    if (!isAsked(kind)) {
      skip({ kind, value, reason: 'filtered-kind', vote: null, listing: null });
      continue;
    }
    const decision = decide(evidence, bySubject[toSubject(kind)]);
    if ('skip' in decision) {
      skip({ kind, value, reason: decision.skip, vote: withoutTraits(decision.vote), listing: null });
      continue;
    }
    const listing = lists.find(observable);
    const vote = withoutTraits(decision);
    if (listing !== null) {
      skip({ kind, value, reason: listing.isAllowFile ? 'allowed' : 'warning-list', vote, listing });
      continue;
    }
    const isExactOnly = kind === 'name' && parents.includes(value);
    values.push({
      kind,
      value,
      score: decision.score,
      id: decision.id,
      vote,
      ...(isExactOnly && { exactOnly: true as const }),
    });
  }
  return { values, skippedValues, skipped };
}

function withoutTraits(vote: Vote | null): Omit<Vote, 'traits'> | null {
  if (vote === null) return null;
  const { traits, ...rest } = vote;
  return rest;
}

function count(counts: SkipCounts, reason: SkipReason): void {
  counts[reason] = (counts[reason] ?? 0) + 1;
}
