import { type Evidence, mergeEvidence } from '../../../src/compile/evidence.ts';
import type { Observable, ObservableKind } from '../../../src/observable/kinds.ts';

/** A value and its evidence; the hashes of one file share the evidence of their leader. */
export interface Candidate {
  evidence: Evidence;
  leader: Candidate | null;
}

/** Every value seen so far, with all that was said of it. Knows nothing of filters and scores. */
export interface Candidates {
  /** Adds evidence to a value, known or new. */
  note(observable: Observable, evidence: Evidence): Candidate;
  /** Makes two candidates stand and fall together. */
  unite(a: Candidate, b: Candidate): Candidate;
  has(kind: ObservableKind, value: string): boolean;
  entries(): Iterable<{ readonly observable: Observable; readonly evidence: Evidence }>;
}

export function createCandidates(): Candidates {
  const byKind = new Map<ObservableKind, Map<Observable['value'], Candidate>>();
  return {
    note({ kind, value }, evidence) {
      const ofKind = byKind.get(kind) ?? new Map<Observable['value'], Candidate>();
      byKind.set(kind, ofKind);
      const known = ofKind.get(value);
      if (known === undefined) {
        const candidate = { evidence, leader: null };
        ofKind.set(value, candidate);
        return candidate;
      }
      const leader = leaderOf(known);
      leader.evidence = mergeEvidence(leader.evidence, evidence);
      return leader;
    },
    unite(a, b) {
      const [leader, other] = [leaderOf(a), leaderOf(b)];
      if (leader === other) return leader;
      leader.evidence = mergeEvidence(leader.evidence, other.evidence);
      other.leader = leader;
      return leader;
    },
    has: (kind, value) => byKind.get(kind)?.has(value as Observable['value']) ?? false,
    *entries() {
      for (const [kind, ofKind] of byKind) {
        for (const [value, candidate] of ofKind) {
          yield { observable: { kind, value }, evidence: leaderOf(candidate).evidence };
        }
      }
    },
  };
}

function leaderOf(candidate: Candidate): Candidate {
  let leader = candidate;
  while (leader.leader !== null) leader = leader.leader;
  if (leader !== candidate) candidate.leader = leader;
  return leader;
}
