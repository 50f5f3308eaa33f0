import { type ClaimKind, type Observable, type ObservableKind, toClaimKind } from '../values/kinds.ts';
import { type Skip, type SkipReason, skip } from '../values/skip-reasons.ts';
import type { Listing, ValueIndex } from '../values/value-lists.ts';
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

/** Null: networks are not matched. */
export type NetworkLimit = { readonly maxAddresses: number } | null;

/** A shorter prefix is a part of the internet, not of an adversary. */
const shortestPrefix = 8;
/** An IPv6 host has a whole /64, so IPv6 networks are measured in these. */
const ipv6HostPrefix = 64;

/** Why a network is not compiled; null for one that is, and for all that is no network. */
export function skipOfNetwork({ kind, value }: Observable, limit: NetworkLimit): Skip | null {
  if (kind !== 'ipv4-network' && kind !== 'ipv6-network') return null;
  if (limit === null) return skip('network');
  const prefix = Number(value.slice(value.indexOf('/') + 1));
  const freeBits = Math.max(0, (kind === 'ipv4-network' ? 32 : ipv6HostPrefix) - prefix);
  return prefix < shortestPrefix || 2 ** freeBits > limit.maxAddresses ? skip('network-too-large') : null;
}
