import type { ClaimKind } from '../observable/kinds.ts';

/**
 * The types of observable that an event field carries. `typename` is GraphQL's name; the plain value has
 * `valueKind`, null means hashes. OpenCTI drops names that it does not know without a word, and returns all
 * observables when none is left.
 */
export const observableTypes = {
  StixFile: { typename: 'StixFile', valueKind: null },
  Artifact: { typename: 'Artifact', valueKind: null },
  'IPv4-Addr': { typename: 'IPv4Addr', valueKind: 'ipv4' },
  'IPv6-Addr': { typename: 'IPv6Addr', valueKind: 'ipv6' },
  'Domain-Name': { typename: 'DomainName', valueKind: 'name' },
  Hostname: { typename: 'Hostname', valueKind: 'name' },
} as const satisfies Record<string, { typename: string; valueKind: ClaimKind | null }>;

export type ObservableType = keyof typeof observableTypes;

export const allObservableTypes = Object.keys(observableTypes) as readonly ObservableType[];
