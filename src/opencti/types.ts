import type { ClaimKind } from '../values/kinds.ts';

/**
 * The types of observable that an event field carries. `typename` is GraphQL's name; the plain value has
 * `valueKind`, null means hashes. OpenCTI drops names that it does not know without a word, and returns all
 * observables when none is left. `stix` has the objects of a pattern whose `value` is the same, the usual one first.
 */
export const observableTypes = {
  StixFile: { typename: 'StixFile', valueKind: null, stix: [] },
  Artifact: { typename: 'Artifact', valueKind: null, stix: [] },
  'IPv4-Addr': { typename: 'IPv4Addr', valueKind: 'ipv4', stix: ['ipv4-addr'] },
  'IPv6-Addr': { typename: 'IPv6Addr', valueKind: 'ipv6', stix: ['ipv6-addr'] },
  'Domain-Name': { typename: 'DomainName', valueKind: 'name', stix: ['domain-name'] },
  // OpenCTI 5.2 and older wrote `x-opencti-hostname`.
  Hostname: { typename: 'Hostname', valueKind: 'name', stix: ['hostname', 'x-opencti-hostname'] },
} as const satisfies Record<string, ObservableTypeRow>;

interface ObservableTypeRow {
  readonly typename: string;
  readonly valueKind: ClaimKind | null;
  readonly stix: readonly string[];
}

export type ObservableType = keyof typeof observableTypes;

export const allObservableTypes = Object.keys(observableTypes) as readonly ObservableType[];

/** OpenCTI's `FilterGroup` since 5.12. All three members are mandatory, and values are texts on every version. */
export interface FilterGroup {
  readonly mode: 'and' | 'or';
  readonly filters: readonly Filter[];
  readonly filterGroups: readonly FilterGroup[];
}

export interface Filter {
  readonly key: readonly string[];
  readonly values: readonly string[];
  readonly operator: 'eq' | 'not_eq' | 'gt' | 'contains';
  /** How several values are joined. */
  readonly mode: 'and' | 'or';
}

export function joinFilters(
  mode: FilterGroup['mode'],
  filters: readonly Filter[],
  filterGroups: readonly FilterGroup[] = [],
): FilterGroup {
  return { mode, filters, filterGroups };
}

/** Returns a text that is equal for equal names of labels and authors: case and blanks at the ends do not count. */
export function toNameKey(name: string): string {
  return name.trim().toLowerCase();
}
