import type { SkipReason } from './skip-reasons.ts';

/** What is written of each kind of value in the table below. */
interface KindRow {
  /** What levels, groups and filters tell apart. */
  readonly subject: string;
  /** The kind as which a source names it: a network is named as an address. */
  readonly claim: string;
  /** Hexadecimal digits of every value, which are kept as bytes; null: values are other texts. */
  readonly digits: number | null;
  /** The number of the kind in the files of the record: never changed, never used for another kind. 8 is taken. */
  readonly stored: number;
}

/**
 * What an observable's value can be, after the check; Wazuh and OpenCTI each have their own names for these. A new kind is a
 * new row. The compiler then names the tables that lack it; CONTRIBUTING.md has what it cannot name. The order is that of
 * messages, and of hashes the better first.
 */
export const kinds = {
  sha256: { subject: 'hash', claim: 'sha256', digits: 64, stored: 0 },
  sha1: { subject: 'hash', claim: 'sha1', digits: 40, stored: 1 },
  md5: { subject: 'hash', claim: 'md5', digits: 32, stored: 2 },
  ipv4: { subject: 'address', claim: 'ipv4', digits: null, stored: 3 },
  ipv6: { subject: 'address', claim: 'ipv6', digits: null, stored: 4 },
  name: { subject: 'name', claim: 'name', digits: null, stored: 5 },
  'ipv4-network': { subject: 'address', claim: 'ipv4', digits: null, stored: 6 },
  'ipv6-network': { subject: 'address', claim: 'ipv6', digits: null, stored: 7 },
} as const satisfies Record<string, KindRow>;

export type ObservableKind = keyof typeof kinds;
/** What levels, groups and filters tell apart. */
export type Subject = (typeof kinds)[ObservableKind]['subject'];
/** What a source says a text is. An address claim may turn out to be a network. */
export type ClaimKind = (typeof kinds)[ObservableKind]['claim'];

type KindOf<S extends Subject> = {
  [K in ObservableKind]: (typeof kinds)[K]['subject'] extends S ? K : never;
}[ObservableKind];
export type HashKind = KindOf<'hash'>;
export type AddressKind = KindOf<'address'> & ClaimKind;
export type NetworkKind = `${AddressKind}-network`;

export const observableKinds = Object.keys(kinds) as readonly ObservableKind[];
export const claimKinds = observableKinds.filter(isClaimKind);
export const hashKinds = observableKinds.filter(isHashKind);
export const addressKinds = ['ipv4', 'ipv6'] as const satisfies readonly AddressKind[];

export function isHashKind(kind: ObservableKind): kind is HashKind {
  return toSubject(kind) === 'hash';
}

function isClaimKind(kind: ObservableKind): kind is ClaimKind {
  return toClaimKind(kind) === kind;
}

/** The kind without the difference between an address and a network of addresses. */
export function toClaimKind(kind: ObservableKind): ClaimKind {
  return kinds[kind].claim;
}

export function toSubject(kind: ObservableKind): Subject {
  return kinds[kind].subject;
}

const allSubjects = [...new Set(observableKinds.map(toSubject))];

/** An object with a member for each subject, in their order. */
export function bySubject<T>(toValue: (subject: Subject) => T): Record<Subject, T> {
  return byKey(allSubjects, toValue);
}

/** An object with a member for each of the keys, in their order: a table for all kinds that a new kind is in, too. */
export function byKey<K extends string, T>(keys: readonly K[], toValue: (key: K) => T): Record<K, T> {
  return Object.fromEntries(keys.map((key) => [key, toValue(key)])) as Record<K, T>;
}

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
export type ObjectFilters = Readonly<Record<'all' | 'observables' | 'indicators' | Subject, ObjectFilter>>;

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
