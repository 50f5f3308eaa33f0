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
