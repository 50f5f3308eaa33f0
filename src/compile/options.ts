import {
  bySubject,
  type ClaimKind,
  type Observable,
  type ObservableKind,
  type Subject,
  toClaimKind,
} from '../values/kinds.ts';
import { type Skip, type SkipReason, skip } from '../values/skip-reasons.ts';
import type { Listing, ValueIndex } from '../values/value-lists.ts';
import type { DecisionOptions, Vote } from './evidence.ts';

/** The options of the decision about a value. */
export interface ValueOptions {
  /** 0-100; a value is out when the object that decides has a lower score, or none. */
  readonly minScore: number;
  /** The minimum for each kind of value; null means `minScore`. */
  readonly minScores?: Readonly<Record<Subject, number | null>>;
  /** The kinds that are compiled; all by default. */
  readonly kinds?: readonly ClaimKind[];
  /** True when an observable alone brings nothing in. */
  readonly withIndicator?: boolean;
  /** The values that are never compiled, whatever OpenCTI says of them. */
  readonly lists?: ValueIndex;
}

/** A value that goes into lists and gates. */
export interface SelectedValue extends Observable {
  readonly score: number;
  /** OpenCTI's internal id of the object that decided. */
  readonly id: string;
  /** True when no gate may match its subdomains: one of them is in an allow file or a warning list. */
  readonly exactOnly?: true;
}

export interface DecidedValue extends SelectedValue {
  /** The vote of the object that decided. */
  readonly vote: Vote;
}

export interface SkippedValue extends Observable {
  readonly reason: SkipReason;
  /** The vote of the object against it, if there is one; else of the object that would have brought it in. */
  readonly vote: Vote | null;
  /** Where it is listed, for the reasons `allowed` and `warning-list`. */
  readonly listing: Listing | null;
}

/** The options that depend on the kind of a value alone. */
export interface KindRules {
  readonly isAsked: (kind: ObservableKind) => boolean;
  readonly bySubject: Readonly<Record<Subject, DecisionOptions>>;
}

export function toKindRules({ minScore, minScores, withIndicator = false, kinds }: ValueOptions): KindRules {
  const asked = new Set(kinds);
  return {
    isAsked: (kind) => kinds === undefined || asked.has(toClaimKind(kind)),
    bySubject: bySubject((subject) => ({ minScore: minScores?.[subject] ?? minScore, withIndicator })),
  };
}

/** The limit for networks; null when networks are not matched. */
export type NetworkLimit = { readonly maxAddresses: number } | null;

/** In bits. A network with a shorter prefix is a part of the internet, not of an adversary. */
const shortestPrefix = 8;
/** An IPv6 host has a whole /64, so IPv6 networks are counted in these. */
const ipv6HostPrefix = 64;

/** Returns why a network is not compiled; null when it is, and for a value that is no network. */
export function skipOfNetwork({ kind, value }: Observable, limit: NetworkLimit): Skip | null {
  if (kind !== 'ipv4-network' && kind !== 'ipv6-network') return null;
  if (limit === null) return skip('network');
  const prefix = Number(value.slice(value.indexOf('/') + 1));
  const freeBits = Math.max(0, (kind === 'ipv4-network' ? 32 : ipv6HostPrefix) - prefix);
  return prefix < shortestPrefix || 2 ** freeBits > limit.maxAddresses ? skip('network-too-large') : null;
}
