import { type ClaimKind, type Observable, type ObservableKind, toClaimKind } from '../observable/kinds.ts';
import type { SkipReason } from '../observable/skip-reasons.ts';
import type { Listing, ValueIndex } from '../value-lists/value-index.ts';
import type { Subject } from '../wazuh/fields.ts';
import type { DecisionOptions, Vote } from './evidence.ts';

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

/** What of the options depends on the kind of a value alone. */
export interface KindRules {
  readonly isAsked: (kind: ObservableKind) => boolean;
  readonly bySubject: Readonly<Record<Subject, DecisionOptions>>;
}

export function toKindRules({ minScore, minScores, withIndicator = false, kinds }: ValueOptions): KindRules {
  const asked = new Set(kinds);
  return {
    isAsked: (kind) => kinds === undefined || asked.has(toClaimKind(kind)),
    bySubject: {
      hash: { minScore: minScores?.hash ?? minScore, withIndicator },
      address: { minScore: minScores?.address ?? minScore, withIndicator },
      name: { minScore: minScores?.name ?? minScore, withIndicator },
    },
  };
}
