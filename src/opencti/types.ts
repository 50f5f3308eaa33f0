import type { ClaimKind } from '../values/kinds.ts';

/**
 * The types of observable that an event field carries. `typename` is GraphQL's name; `valueKind` is the kind of the plain
 * value, and null means hashes. OpenCTI ignores type names that it does not know, without an error, and returns all
 * observables when no other name is left.
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
