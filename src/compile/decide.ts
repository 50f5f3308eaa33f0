import { type Skip, skip } from '../observable/skip.ts';
import type { SkipReason } from '../observable/skip-reasons.ts';
import type { Evidence, Vote } from './evidence.ts';

export interface DecisionOptions {
  readonly minScore: number;
  /** An observable alone brings nothing in. */
  readonly withIndicator: boolean;
}

/** In with the object that decides, or out; `vote` is the object that speaks against it, where one does. */
export type Decision = (Vote & { readonly score: number }) | (Skip & { readonly vote: Vote | null });

/**
 * One decision a value. Indicators that are alive decide by their best score; if indicators are known and all
 * are dead the value is out, even if its observable lives on, since OpenCTI never expires an observable; if no
 * indicator is known, the observable's own score decides. With filters: see `docs/selection.md`.
 */
export function decide({ alive, against, own, limits }: Evidence, options: DecisionOptions): Decision {
  if (limits !== null && limits.barredBy !== null) return out('barred-label', limits.barredBy);
  if (alive !== null) return byScore(alive, options.minScore);
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
