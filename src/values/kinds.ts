import type { SkipReason } from './skip-reasons.ts';

/**
 * Which objects may bring a value in, with the ids and times that OpenCTI compares. Null asks for nothing. A set is
 * never empty.
 */
export interface ObjectFilter {
  readonly labelsAny: ReadonlySet<string> | null;
  /** Not about the object but about its value: any object that carries one keeps the value out. */
  readonly labelsNone: ReadonlySet<string> | null;
  readonly authorsIn: ReadonlySet<string> | null;
  readonly authorsOut: ReadonlySet<string> | null;
  readonly markingsAny: ReadonlySet<string> | null;
  /** Those above the TLP ceiling among them. */
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

/** What of an object is looked at. */
type Author = Pick<ObjectDetails, 'author' | 'confidence'>;

/** Whose objects belong to a rank: those of authors, by their internal ids, or those with at least this confidence. */
export type TrustRank = { readonly authors: ReadonlySet<string> } | { readonly confidence: number };

/** The most trusted rank first; objects of none come after all of them. Empty: all objects are equal. */
export type Trust = readonly TrustRank[];

/** The first rank that an object fits, or one more than the last. */
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
  /** In OpenCTI; milliseconds since the epoch. */
  readonly createdAt: number | null;
  readonly updatedAt: number | null;
  /** Of indicators; null: OpenCTI has none, and of observables. */
  readonly confidence: number | null;
  /** Of indicators: meant for detection. */
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
  /** All hashes are those of one file: they stand and fall together. */
  readonly oneFile: boolean;
  /**
   * Of indicators: what their patterns name and cannot bring in. A dead one speaks against it, and one that is alive decides
   * the score. Left out: nothing.
   */
  readonly named?: readonly Claim[] | undefined;
  /** Checked hashes that no event field carries (SHA-512): they join the objects of one file. Left out: none. */
  readonly otherHashes?: readonly string[] | undefined;
  /** Only when the reader was asked for them. */
  readonly details?: ObjectDetails | undefined;
}

export interface ObservableRecord extends SourceObject {
  readonly type: 'observable';
  /** Ids of the indicators that OpenCTI has as based on it. Only where one value is asked for: it costs a query a node. */
  readonly basedOn?: readonly string[] | undefined;
}

export interface IndicatorRecord extends SourceObject {
  readonly type: 'indicator';
  readonly revoked: boolean;
  /** Milliseconds since the epoch, or null: without a bound. */
  readonly validFrom: number | null;
  readonly validUntil: number | null;
}

/** One OpenCTI object, reduced to what a decision needs. */
export type SourceRecord = ObservableRecord | IndicatorRecord;

/** What an observable's value is, after the check. Wazuh and OpenCTI each have their own names for these. */
export const hashKinds = ['sha256', 'sha1', 'md5'] as const;
export const addressKinds = ['ipv4', 'ipv6'] as const;

export type HashKind = (typeof hashKinds)[number];
export type AddressKind = (typeof addressKinds)[number];
export type NetworkKind = `${AddressKind}-network`;
export type ObservableKind = HashKind | AddressKind | NetworkKind | 'name';

export const claimKinds = [...hashKinds, ...addressKinds, 'name'] as const;

/** What a source says a text is. An address claim may turn out to be a network. */
export type ClaimKind = (typeof claimKinds)[number];

/** An unchecked text as OpenCTI has it, and what OpenCTI says it is. */
export interface Claim {
  readonly kind: ClaimKind;
  readonly text: string;
}

declare const checked: unique symbol;

/** A string that came through `toObservable`; nothing else makes one. */
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

/** The kind without the difference between an address and a network of addresses. */
export function toClaimKind(kind: ObservableKind): ClaimKind {
  if (kind === 'ipv4-network') return 'ipv4';
  return kind === 'ipv6-network' ? 'ipv6' : kind;
}

/** What levels, groups and filters tell apart. */
export function toSubject(kind: ObservableKind): 'hash' | 'address' | 'name' {
  if (kind in hexDigits) return 'hash';
  return kind === 'name' ? 'name' : 'address';
}
