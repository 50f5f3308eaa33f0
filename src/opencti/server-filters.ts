import type { ClaimKind } from '../observable/kinds.ts';
import type { ObjectFilter, ObjectFilters } from '../observable/object-filter.ts';
import { type Filter, type FilterGroup, joinFilters } from './filter-group.ts';
import { allObservableTypes, type ObservableType, observableTypes } from './observable-types.ts';

/**
 * The part of the filters that the platform can decide about observables exactly as we would; null: nothing is left
 * out. What lets an object in is one alternative, a label of `labels.none` the other: whoever carries one keeps its
 * value out, so it has to be read.
 *
 * Nothing of the kind goes along with indicators: one that may bring nothing in can still be dead, and then it keeps
 * its value out.
 */
export function toObservableFilters({ all, observables }: ObjectFilters): FilterGroup | null {
  const filters = [all, observables].flatMap(toFilters);
  if (filters.length === 0) return null;
  const barring = [all, observables].flatMap(({ labelsNone }) =>
    labelsNone === null ? [] : [toFilter('objectLabel', labelsNone, 'eq')],
  );
  const wanted = joinFilters('and', filters);
  return barring.length === 0 ? wanted : joinFilters('or', barring, [wanted]);
}

function toFilters(filter: ObjectFilter): Filter[] {
  const { labelsAny, authorsIn, authorsOut, markingsAny, markingsNone } = filter;
  return [
    ...(labelsAny ? [toFilter('objectLabel', labelsAny, 'eq')] : []),
    ...(authorsIn ? [toFilter('createdBy', authorsIn, 'eq')] : []),
    ...(authorsOut ? [toFilter('createdBy', authorsOut, 'not_eq')] : []),
    ...(markingsAny ? [toFilter('objectMarking', markingsAny, 'eq')] : []),
    ...(markingsNone ? [toFilter('objectMarking', markingsNone, 'not_eq')] : []),
    ...toAgeFilter('created_at', filter.createdAfter),
    ...toAgeFilter('updated_at', filter.updatedAfter),
  ];
}

/** One of the ids for `eq`, none of them for `not_eq`. */
function toFilter(key: string, ids: Iterable<string>, operator: 'eq' | 'not_eq'): Filter {
  return { key: [key], values: [...ids], operator, mode: operator === 'eq' ? 'or' : 'and' };
}

function toAgeFilter(key: string, after: number | null): Filter[] {
  if (after === null) return [];
  return [{ key: [key], values: [new Date(after).toISOString()], operator: 'gt', mode: 'or' }];
}

/** The types whose texts can be of one of the kinds. */
export function toObservableTypes(kinds: readonly ClaimKind[]): ObservableType[] {
  const wanted = new Set<ClaimKind>(kinds);
  return allObservableTypes.filter((type) => mayBe(observableTypes[type].valueKind, wanted));
}

function mayBe(valueKind: 'ipv4' | 'ipv6' | 'name' | null, wanted: ReadonlySet<ClaimKind>): boolean {
  // The hashes of one file stand and fall together, so all of them are read for the sake of one.
  if (valueKind === null) return wanted.has('sha256') || wanted.has('sha1') || wanted.has('md5');
  // An IPv4-mapped IPv6 address is the IPv4 address.
  return wanted.has(valueKind) || (valueKind === 'ipv6' && wanted.has('ipv4'));
}
