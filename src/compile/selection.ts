import type { Observable, ObservableKind } from '../observable/kinds.ts';
import type { SourceRecord } from '../observable/record.ts';
import { isSkip } from '../observable/skip.ts';
import type { SkipReason } from '../observable/skip-reasons.ts';
import { toObservable } from '../observable/to-observable.ts';
import { decide, type Evidence, mergeEvidence, toEvidence } from './evidence.ts';
import { type NetworkLimit, skipOfNetwork } from './network-limit.ts';

export interface SelectionOptions {
  /** 0-100; a value whose deciding object has less, or no score, is out. */
  readonly minScore: number;
  readonly networks: NetworkLimit;
  /** Milliseconds since the epoch: when validity is judged. */
  readonly now: number;
}

/** A value that goes into lists and gates. */
export interface SelectedValue extends Observable {
  readonly score: number;
  /** OpenCTI's internal id of the object that decided. */
  readonly id: string;
}

/** How many values are out, by reason. */
export type SkipCounts = Partial<Record<SkipReason, number>>;

export interface Selection {
  readonly values: readonly SelectedValue[];
  /**
   * A value that is out counts once, however many objects carry it. A text that is no value has no normal form
   * to be told apart by, so each of its occurrences counts.
   */
  readonly skipped: SkipCounts;
}

export interface Selector {
  add(record: SourceRecord): void;
  finish(): Selection;
}

/** A value and its evidence; the hashes of one file share the evidence of their leader. */
interface Candidate {
  evidence: Evidence;
  leader: Candidate | null;
}

/** Takes objects in any order and decides each value once, at the end. */
export function createSelector({ minScore, networks, now }: SelectionOptions): Selector {
  const candidates = new Map<ObservableKind, Map<Observable['value'], Candidate>>();
  const skipped: SkipCounts = {};

  function note({ kind, value }: Observable, evidence: Evidence): Candidate {
    const ofKind = candidates.get(kind) ?? new Map<Observable['value'], Candidate>();
    candidates.set(kind, ofKind);
    const known = ofKind.get(value);
    if (known === undefined) {
      const candidate = { evidence, leader: null };
      ofKind.set(value, candidate);
      return candidate;
    }
    const leader = leaderOf(known);
    leader.evidence = mergeEvidence(leader.evidence, evidence);
    return leader;
  }

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
      const evidence = toEvidence(record, now);
      let file: Candidate | null = null;
      for (const observable of usable(record)) {
        const candidate = note(observable, evidence);
        if (record.oneFile) file = file === null ? candidate : unite(file, candidate);
      }
    },
    finish() {
      const values: SelectedValue[] = [];
      for (const [kind, ofKind] of candidates) {
        for (const [value, candidate] of ofKind) {
          const verdict = decide(leaderOf(candidate).evidence, minScore);
          if (isSkip(verdict)) count(skipped, verdict.skip);
          else values.push({ kind, value, ...verdict });
        }
      }
      return { values, skipped };
    },
  };
}

function leaderOf(candidate: Candidate): Candidate {
  let leader = candidate;
  while (leader.leader !== null) leader = leader.leader;
  if (leader !== candidate) candidate.leader = leader;
  return leader;
}

/** Makes two candidates stand and fall together. */
function unite(a: Candidate, b: Candidate): Candidate {
  const [leader, other] = [leaderOf(a), leaderOf(b)];
  if (leader === other) return leader;
  leader.evidence = mergeEvidence(leader.evidence, other.evidence);
  other.leader = leader;
  return leader;
}

function count(counts: SkipCounts, reason: SkipReason): void {
  counts[reason] = (counts[reason] ?? 0) + 1;
}
