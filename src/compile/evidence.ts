import type { SourceRecord } from '../observable/record.ts';
import { type Skip, skip } from '../observable/skip.ts';

/** What one OpenCTI object says for a value. */
interface Vote {
  readonly score: number | null;
  readonly id: string;
}

/**
 * What all objects seen so far say about one value. Merging is commutative and associative, so neither the
 * order of the objects nor the size of the pages can change a decision.
 */
export interface Evidence {
  /** The best of the indicators that are alive. */
  readonly alive: Vote | null;
  /** Why the dead indicators are dead, when there are any. */
  readonly dead: 'revoked' | 'expired' | null;
  /** The best of the observables. */
  readonly own: Vote | null;
}

export interface Verdict {
  readonly score: number;
  /** OpenCTI's internal id of the object that decided. */
  readonly id: string;
}

/** @param now milliseconds since the epoch. */
export function toEvidence(record: SourceRecord, now: number): Evidence {
  const vote = { score: record.score, id: record.id };
  if (record.type === 'observable') return { alive: null, dead: null, own: vote };
  if (record.revoked) return { alive: null, dead: 'revoked', own: null };
  const begun = record.validFrom === null || record.validFrom <= now;
  const over = record.validUntil !== null && record.validUntil <= now;
  if (!begun || over) return { alive: null, dead: 'expired', own: null };
  return { alive: vote, dead: null, own: null };
}

export function mergeEvidence(a: Evidence, b: Evidence): Evidence {
  return {
    alive: better(a.alive, b.alive),
    dead: a.dead === 'revoked' || b.dead === 'revoked' ? 'revoked' : (a.dead ?? b.dead),
    own: better(a.own, b.own),
  };
}

/** The higher score; no score is the lowest; among equals the smaller id, so that the choice is always the same. */
function better(a: Vote | null, b: Vote | null): Vote | null {
  if (a === null || b === null) return a ?? b;
  const difference = (a.score ?? -1) - (b.score ?? -1);
  if (difference !== 0) return difference > 0 ? a : b;
  return a.id <= b.id ? a : b;
}

/**
 * One decision a value. Indicators that are alive decide by their best score; if indicators are known and all
 * are dead the value is out, even if its observable lives on, since OpenCTI never expires an observable; if no
 * indicator is known, the observable's own score decides.
 */
export function decide({ alive, dead, own }: Evidence, minScore: number): Verdict | Skip {
  if (alive === null && dead !== null) return skip(dead);
  const vote = alive ?? own;
  if (vote === null || vote.score === null) return skip('no-score');
  if (vote.score < minScore) return skip('low-score');
  return { score: vote.score, id: vote.id };
}
