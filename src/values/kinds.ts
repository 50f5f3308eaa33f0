import type { SkipReason } from './skip-reasons.ts';

/**
 * Says which objects may bring a value in, by the ids and times that OpenCTI compares. Null is no condition. A set is
 * never empty.
 */
export interface ObjectFilter {
  readonly labelsAny: ReadonlySet<string> | null;
  /** A condition on the value, not on the object: any object that carries one of these labels keeps the value out. */
  readonly labelsNone: ReadonlySet<string> | null;
  readonly authorsIn: ReadonlySet<string> | null;
  readonly authorsOut: ReadonlySet<string> | null;
  readonly markingsAny: ReadonlySet<string> | null;
  /** The markings above the TLP ceiling are among them. */
  readonly markingsNone: ReadonlySet<string> | null;
  /** Milliseconds since the epoch; the object has to be younger. */
  readonly createdAfter: number | null;
  readonly updatedAfter: number | null;
}

/** The filters of a run. All that apply to an object have to hold. */
export interface ObjectFilters {
  readonly all: ObjectFilter;
  readonly observables: ObjectFilter;
  readonly indicators: ObjectFilter;
  readonly hash: ObjectFilter;
  readonly address: ObjectFilter;
  readonly name: ObjectFilter;
}

/** The details of an object that decide its rank. */
type Author = Pick<ObjectDetails, 'author' | 'confidence'>;

/**
 * Says which objects belong to a rank: those of authors, by their internal ids, or those with at least this
 * confidence.
 */
export type TrustRank = { readonly authors: ReadonlySet<string> } | { readonly confidence: number };

/** The most trusted rank is the first; objects without a rank are after all of them. When it is empty, all are equal. */
export type Trust = readonly TrustRank[];

/** Returns the number of the first rank that an object fits, or one more than the last number. */
export function rankOf(details: Author | undefined, trust: Trust): number {
  for (const [number, rank] of trust.entries()) if (fits(details, rank)) return number;
  return trust.length;
}

function fits(details: Author | undefined, rank: TrustRank): boolean {
  if ('authors' in rank) return details?.author != null && rank.authors.has(details.author.id);
  return (details?.confidence ?? -1) >= rank.confidence;
}

/** A text of an object that the parser of its pattern or hashes could not use. */
export interface UnusableText {
  readonly text: string;
  readonly reason: SkipReason;
}

export interface Named {
  readonly id: string;
  readonly name: string;
}

/** What filters and reports need of an object. */
export interface ObjectDetails {
  readonly labels: readonly Named[];
  readonly markings: readonly Named[];
  readonly author: Named | null;
  /** When it was created in OpenCTI; milliseconds since the epoch. */
  readonly createdAt: number | null;
  readonly updatedAt: number | null;
  /** The confidence of an indicator; null for an observable, and when OpenCTI has none. */
  readonly confidence: number | null;
  /** Whether an indicator is meant for detection; null for an observable. */
  readonly detection: boolean | null;
}

/** What both kinds of OpenCTI object have in common for the decision. */
interface SourceObject {
  /** OpenCTI's internal id. */
  readonly id: string;
  /** 0-100, or null: OpenCTI has none. */
  readonly score: number | null;
  readonly claims: readonly Claim[];
  readonly unusable: readonly UnusableText[];
  /** All hashes are those of one file: they are in or out together. */
  readonly oneFile: boolean;
  /**
   * What the pattern of an indicator names and cannot bring in. A dead indicator counts against such a value, and one that
   * is alive decides its score. When it is left out, there is nothing.
   */
  readonly named?: readonly Claim[] | undefined;
  /**
   * Checked hashes that no event field carries (SHA-512): they connect the objects of one file. Left out, there are
   * none.
   */
  readonly otherHashes?: readonly string[] | undefined;
  /** Present only when the reader was called for them. */
  readonly details?: ObjectDetails | undefined;
}

export interface ObservableRecord extends SourceObject {
  readonly type: 'observable';
  /**
   * Ids of the indicators that are based on it. Present only where one value is read: it costs OpenCTI a query for
   * each.
   */
  readonly basedOn?: readonly string[] | undefined;
}

export interface IndicatorRecord extends SourceObject {
  readonly type: 'indicator';
  readonly revoked: boolean;
  /** Milliseconds since the epoch; null when there is no bound. */
  readonly validFrom: number | null;
  readonly validUntil: number | null;
}

/** One OpenCTI object, reduced to what a decision needs. */
export type SourceRecord = ObservableRecord | IndicatorRecord;

/** The kinds of a checked value. Wazuh and OpenCTI each have their own names for them. */
export const hashKinds = ['sha256', 'sha1', 'md5'] as const;
export const addressKinds = ['ipv4', 'ipv6'] as const;

export type HashKind = (typeof hashKinds)[number];
export type AddressKind = (typeof addressKinds)[number];
export type NetworkKind = `${AddressKind}-network`;
export type ObservableKind = HashKind | AddressKind | NetworkKind | 'name';

export const claimKinds = [...hashKinds, ...addressKinds, 'name'] as const;

/** The kind of a text by what its source says. The check may find a network in the claim of an address. */
export type ClaimKind = (typeof claimKinds)[number];

/** An unchecked text as OpenCTI has it, and what OpenCTI says it is. */
export interface Claim {
  readonly kind: ClaimKind;
  readonly text: string;
}

declare const checked: unique symbol;

/** A string that `toObservable` has checked; nothing else makes one. */
export type CheckedValue = string & { readonly [checked]: true };

/**
 * A value in its normal form: hashes in lower-case hex, IPv4 as dotted decimals, IPv6 as RFC 5952,
 * networks as `<address>/<length>` with the host bits zero, names in lower case with IDN as `xn--`.
 */
export interface Observable<K extends ObservableKind = ObservableKind> {
  readonly kind: K;
  readonly value: CheckedValue;
}

export const hexDigits = { sha256: 64, sha1: 40, md5: 32 } as const satisfies Record<HashKind, number>;

/** Returns the kind without the difference between an address and a network of addresses. */
export function toClaimKind(kind: ObservableKind): ClaimKind {
  if (kind === 'ipv4-network') return 'ipv4';
  return kind === 'ipv6-network' ? 'ipv6' : kind;
}

/** Returns the part of a kind that levels, groups and filters distinguish. */
export function toSubject(kind: ObservableKind): 'hash' | 'address' | 'name' {
  if (kind in hexDigits) return 'hash';
  return kind === 'name' ? 'name' : 'address';
}
