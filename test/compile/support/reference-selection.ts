import {
  createJudge,
  type Decision,
  type DecisionOptions,
  decide,
  type Evidence,
  toEvidence,
  type Vote,
} from '../../../src/compile/evidence.ts';
import {
  type DecidedValue,
  type SkippedValue,
  skipOfNetwork,
  toKindRules,
} from '../../../src/compile/options.ts';
import type { SelectionOptions } from '../../../src/compile/select.ts';
import type { SkipCounts } from '../../../src/compile/value-set.ts';
import { toObservable } from '../../../src/values/door.ts';
import { type Observable, type SourceRecord, type Trust, toSubject } from '../../../src/values/kinds.ts';
import { isSkip, type SkipReason } from '../../../src/values/skip-reasons.ts';
import { emptyIndex, withParents } from '../../../src/values/value-lists.ts';
import { type Candidate, createCandidates } from './candidates.ts';

type Plain<T extends { vote: Vote | null }> = Omit<T, 'vote'> & {
  readonly vote: Omit<Vote, 'traits'> | null;
};

export interface ReferenceSelection {
  readonly values: readonly Plain<DecidedValue>[];
  readonly skippedValues: readonly Plain<SkippedValue>[];
  readonly skipped: SkipCounts;
}

/** Selects as the rule says, with plain strings and objects. The packed selection must have the same result. */
export function selectPlainly(
  records: readonly SourceRecord[],
  options: SelectionOptions,
): ReferenceSelection {
  const { trust = [] } = options;
  const candidates = createCandidates();
  const skipped: SkipCounts = {};
  for (const record of records) addRecord(record, candidates, skipped, options);
  const questions = trust.map((_, number) => {
    const trusted = createCandidates();
    // Less trusted objects only say which hashes are those of one file.
    for (const record of records) addRecord(record, trusted, {}, options, isTrusted(record, trust, number));
    return trusted;
  });
  return decideAll(candidates, questions, options, skipped);
}

/** The record is of one of the ranks up to this one. */
function isTrusted({ details }: SourceRecord, trust: Trust, last: number): boolean {
  return trust
    .slice(0, last + 1)
    .some((rank) =>
      'authors' in rank
        ? rank.authors.has(details?.author?.id ?? '')
        : (details?.confidence ?? -1) >= rank.confidence,
    );
}

/** @param counts false when the record only says which hashes are those of one file. */
function addRecord(
  record: SourceRecord,
  candidates: ReturnType<typeof createCandidates>,
  skipped: SkipCounts,
  options: SelectionOptions,
  counts = true,
): void {
  const { now, grace = 0, detection = false, minConfidence = null, filters = null } = options;
  const judge = createJudge(filters);
  const say = (subject: ReturnType<typeof toSubject>, isNamer = false) => {
    const life = { now, grace, detection, minConfidence };
    return counts ? toEvidence(record, toVote(record), judge(record, subject), life, isNamer) : null;
  };
  for (const { reason } of record.unusable) count(skipped, reason);
  const values = record.claims.flatMap((claim) => {
    const observable = toObservable(claim);
    const skip = isSkip(observable) ? observable : skipOfNetwork(observable, options.networks);
    if (skip !== null) count(skipped, skip.skip);
    return skip === null ? [observable as Observable] : [];
  });
  const hashes = [
    ...values.map((value) => candidates.note(value, say(toSubject(value.kind)))),
    ...(record.otherHashes ?? []).map((hash) => candidates.noteOther(hash.slice(0, 32), say('hash'))),
  ];
  const joins = record.oneFile && (record.type === 'indicator' || judge(record, 'hash').outside === null);
  if (joins) hashes.slice(1).forEach((hash) => void candidates.unite(hashes[0] as Candidate, hash));
  for (const observable of (record.named ?? []).map(toObservable)) {
    if (!isSkip(observable)) candidates.note(observable, say(toSubject(observable.kind), true));
  }
}

function toVote(record: SourceRecord): Vote {
  const { score, id, type } = record;
  return { score, id, type, validUntil: record.type === 'indicator' ? record.validUntil : null, traits: 0 };
}

function decideAll(
  candidates: ReturnType<typeof createCandidates>,
  questions: readonly ReturnType<typeof createCandidates>[],
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
    if (evidence === null || evidence.isOnlyNamed || skipOfNetwork(observable, options.networks)) continue;
    if (!isAsked(kind)) {
      skip({ kind, value, reason: 'filtered-kind', vote: null, listing: null });
      continue;
    }
    const trusted = questions.map((each) => each.of(observable)).concat(evidence);
    const decision = decideInTurn(trusted, bySubject[toSubject(kind)]);
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

/** Returns the first decision that brings the value in, else the last one; a label that bars decides before all of them. */
function decideInTurn(evidence: readonly (Evidence | null)[], options: DecisionOptions): Decision {
  const asked = evidence.filter((each) => each !== null).map((each) => decide(each, options));
  const last = asked.at(-1) as Decision;
  if ('skip' in last && last.skip === 'barred-label') return last;
  return asked.find((decision) => !('skip' in decision)) ?? last;
}

function withoutTraits(vote: Vote | null): Omit<Vote, 'traits'> | null {
  if (vote === null) return null;
  const { traits, ...rest } = vote;
  return rest;
}

function count(counts: SkipCounts, reason: SkipReason): void {
  counts[reason] = (counts[reason] ?? 0) + 1;
}
