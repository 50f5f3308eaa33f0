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
