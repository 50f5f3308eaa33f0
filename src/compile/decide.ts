import { type Skip, skip } from '../observable/skip.ts';
import type { SkipReason } from '../observable/skip-reasons.ts';
import { better, type Evidence, mergeEvidence, type Vote } from './evidence.ts';

export interface DecisionOptions {
  readonly minScore: number;
  /** An observable alone brings nothing in. */
  readonly withIndicator: boolean;
}

/** In with the object that decides, or out; `vote` is the object that speaks against it, where one does. */
export type Decision = (Vote & { readonly score: number }) | (Skip & { readonly vote: Vote | null });

/**
 * One decision a value, by whose word counts: the most trusted objects alone, then these with the next ones, and so on; the
 * first of these questions that brings the value in does, and the last one is that of all. So what is less trusted can
 * bring a value in, and takes none out that the more trusted bring in.
 * @param byRank the evidence of each rank of trust, the most trusted first; null: there is none.
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
 * One decision a value, where all objects are equal. Indicators that are alive decide by their best score; if indicators are known and all
 * are dead the value is out, even if its observable lives on, since OpenCTI never expires an observable; if no
 * indicator is known, the observable's own score decides. An indicator that only names the value counts as one of it where
 * something else brings the value in. With filters: see `docs/selection.md`.
 */
export function decide({ alive, named, against, own, limits }: Evidence, options: DecisionOptions): Decision {
  if (limits !== null && limits.barredBy !== null) return out('barred-label', limits.barredBy);
  const best = alive === null && own === null ? null : better(alive, named);
  if (best !== null) return byScore(best, options.minScore);
  if (against !== null) return out(against.reason, against.vote);
  if (own === null)
    return out(limits?.outside ?? limits?.ownOutside ?? 'no-score', limits?.elsewhere ?? null);
  // Without filters this indicator would decide, and no filter may bring a value in.
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
