import { type Evidence, mergeEvidence } from '../../../src/compile/evidence.ts';
import type { Observable, ObservableKind } from '../../../src/values/kinds.ts';

/** A value and its evidence; the hashes of one file share the evidence of their leader. */
export interface Candidate {
  /** Null when no object says anything about it. */
  evidence: Evidence | null;
  leader: Candidate | null;
  /** Null for a hash that no event field carries. */
  readonly observable: Observable | null;
}

/** Every value so far, with its evidence. It does not depend on filters and scores. */
export interface Candidates {
  /** Adds evidence to a value, known or new. */
  note(observable: Observable, evidence: Evidence | null): Candidate;
  noteOther(hash: string, evidence: Evidence | null): Candidate;
  /** Joins two candidates, so that both are in or out. */
  unite(a: Candidate, b: Candidate): Candidate;
  of(observable: { readonly kind: ObservableKind; readonly value: string }): Evidence | null;
  entries(): Iterable<{ readonly observable: Observable; readonly evidence: Evidence | null }>;
}

export function createCandidates(): Candidates {
  const all = new Map<string, Candidate>();
  const toKey = ({ kind, value }: { readonly kind: string; readonly value: string }) => `${kind} ${value}`;
  const take = (key: string, observable: Observable | null) => {
    const known = all.get(key);
    if (known !== undefined) return known;
    const candidate: Candidate = { evidence: null, leader: null, observable };
    all.set(key, candidate);
    return candidate;
  };
  const note = (key: string, observable: Observable | null, evidence: Evidence | null) => {
    const leader = leaderOf(take(key, observable));
    leader.evidence = merge(leader.evidence, evidence);
    return leader;
  };
  const evidenceOf = (candidate: Candidate) => leaderOf(candidate).evidence;
  return {
    note: (observable, evidence) => note(toKey(observable), observable, evidence),
    noteOther: (hash, evidence) => note(`other ${hash}`, null, evidence),
    unite(a, b) {
      const [leader, other] = [leaderOf(a), leaderOf(b)];
      if (leader === other) return leader;
      leader.evidence = merge(leader.evidence, other.evidence);
      other.leader = leader;
      return leader;
    },
    of(observable) {
      const candidate = all.get(toKey(observable));
      return candidate === undefined ? null : evidenceOf(candidate);
    },
    *entries() {
      for (const candidate of all.values()) {
        const { observable } = candidate;
        if (observable !== null) yield { observable, evidence: evidenceOf(candidate) };
      }
    },
  };
}

function merge(a: Evidence | null, b: Evidence | null): Evidence | null {
  return a === null || b === null ? (a ?? b) : mergeEvidence(a, b);
}

function leaderOf(candidate: Candidate): Candidate {
  let leader = candidate;
  while (leader.leader !== null) leader = leader.leader;
  if (leader !== candidate) candidate.leader = leader;
  return leader;
}
