import { type ClaimKind, type Observable, toClaimKind, toSubject } from '../observable/kinds.ts';
import type { SkipReason } from '../observable/skip-reasons.ts';
import { emptyIndex, type Listing, type ValueIndex } from '../value-lists/value-index.ts';
import type { Subject } from '../wazuh/event-fields.ts';
import { decide, type Evidence, type Vote } from './evidence.ts';

/** What decides about a value, when all evidence is there. */
export interface ValueOptions {
  /** 0-100; a value whose deciding object has less, or no score, is out. */
  readonly minScore: number;
  /** In place of `minScore`; null: that one. */
  readonly minScores?: Readonly<Record<Subject, number | null>>;
  /** All by default. */
  readonly kinds?: readonly ClaimKind[];
  /** An observable alone brings nothing in. */
  readonly withIndicator?: boolean;
  /** What never is compiled, whoever says what of it. */
  readonly lists?: ValueIndex;
}

/** A value that goes into lists and gates. */
export interface SelectedValue extends Observable {
  readonly score: number;
  /** OpenCTI's internal id of the object that decided. */
  readonly id: string;
  /** No gate may match its subdomains: one of them is listed by the site or as harmless. */
  readonly exactOnly?: true;
}

export interface DecidedValue extends SelectedValue {
  /** The object that decided. */
  readonly vote: Vote;
}

export interface SkippedValue extends Observable {
  readonly reason: SkipReason;
  /** The object that speaks against it, where one does; else the one that would have brought it in. */
  readonly vote: Vote | null;
  /** Of the reasons `allowed` and `warning-list`. */
  readonly listing: Listing | null;
}

export type ValueDecider = (observable: Observable, evidence: Evidence) => DecidedValue | SkippedValue;

/**
 * What costs nothing comes first, so what is listed is only asked of a value that would be in: the counts say what
 * an allow file or warning list took out.
 */
export function createDecider(options: ValueOptions): ValueDecider {
  const { minScore, minScores, withIndicator = false, lists = emptyIndex } = options;
  const kinds = new Set(options.kinds);
  const isAsked = (kind: Observable['kind']) => options.kinds === undefined || kinds.has(toClaimKind(kind));
  const bySubject = {
    hash: { minScore: minScores?.hash ?? minScore, withIndicator },
    address: { minScore: minScores?.address ?? minScore, withIndicator },
    name: { minScore: minScores?.name ?? minScore, withIndicator },
  };
  return ({ kind, value }, evidence) => {
    const skipWith = (reason: SkipReason, vote: Vote | null, listing: Listing | null = null) =>
      ({ kind, value, reason, vote, listing }) as const;
    if (!isAsked(kind)) return skipWith('filtered-kind', null);
    const decision = decide(evidence, bySubject[toSubject(kind)]);
    if ('skip' in decision) return skipWith(decision.skip, decision.vote);
    const listing = lists.find({ kind, value });
    if (listing !== null)
      return skipWith(listing.isAllowFile ? 'allowed' : 'warning-list', decision, listing);
    return { kind, value, score: decision.score, id: decision.id, vote: decision };
  };
}
