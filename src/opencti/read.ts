import {
  type ClaimKind,
  hashKinds,
  type IndicatorRecord,
  type ObjectDetails,
  type ObjectFilter,
  type ObjectFilters,
  type ObservableRecord,
} from '../values/kinds.ts';
import type { OpenCtiClient } from './client.ts';
import { fetchTotal, type OnSmallerPage, type Page, readPages } from './pages.ts';
import type { Platform } from './platform.ts';
import { renderIndicatorsQuery, renderObservablesQuery } from './queries.ts';
import { type Row, toDetails, toIndicatorRecord, toObservableRecord } from './rows.ts';
import {
  allObservableTypes,
  type Filter,
  type FilterGroup,
  joinFilters,
  type ObservableType,
  observableTypes,
} from './types.ts';

export interface ReadOptions {
  /** How many rows one request asks for; the platform may give fewer. */
  readonly pageSize: number;
  /** Whether labels, markings and author of each object are read, too. */
  readonly details?: boolean;
  /** The objects that the platform gives; all of them by default. */
  readonly filters?: FilterGroup | null;
  readonly signal?: AbortSignal | undefined;
  /** For reading changes: see `PageSource`. */
  readonly stopAtTotal?: boolean | undefined;
  readonly onSmallerPage?: OnSmallerPage | undefined;
}

export interface ReadObservablesOptions extends ReadOptions {
  /** The types that are read, at least one; all of them by default. */
  readonly types?: readonly ObservableType[];
}

/**
 * Reads all observables of some types that the token can see and the filters let through, the oldest first.
 * @throws OpenCtiError
 */
export function readObservables(
  client: OpenCtiClient,
  platform: Pick<Platform, 'shape'>,
  options: ReadObservablesOptions,
): AsyncGenerator<Page<ObservableRecord>> {
  const { types = allObservableTypes, details = false, filters = null } = options;
  if (types.length === 0) throw new RangeError('no types: OpenCTI would return all observables');
  const asked = new Set<string>(types);
  const detailsOf = toDetailsReader(details);
  return readPages(client, {
    ...options,
    document: renderObservablesQuery(types, { shape: platform.shape, details }),
    root: 'stixCyberObservables',
    variables: { types, ...(filters && { filters }) },
    what: 'observables',
    isFlat: platform.shape === 'lists',
    toRecord: (row) => toObservableRecord(row, asked, detailsOf(row)),
  });
}

/**
 * Reads all indicators that the token can see and the filters let through, the oldest first. No filter is about score,
 * validity or revocation: the decision needs the dead indicators, too.
 * @throws OpenCtiError
 */
export function readIndicators(
  client: OpenCtiClient,
  platform: Pick<Platform, 'shape'>,
  options: ReadOptions,
): AsyncGenerator<Page<IndicatorRecord>> {
  const { details = false, filters = null } = options;
  const detailsOf = toDetailsReader(details);
  return readPages(client, {
    ...options,
    document: renderIndicatorsQuery({ shape: platform.shape, details }),
    root: 'indicators',
    variables: { ...(filters && { filters }) },
    what: 'indicators',
    isFlat: platform.shape === 'lists',
    toRecord: (row) => toIndicatorRecord(row, detailsOf(row)),
  });
}

/** Returns the filter for the objects that changed after a time. @param time in milliseconds since the epoch. */
export function toChangedSince(time: number): FilterGroup {
  const values = [new Date(time).toISOString()];
  return joinFilters('and', [{ key: ['updated_at'], values, operator: 'gt', mode: 'or' }]);
}

/** Fetches how many observables of the types, or indicators, the token can see. @throws OpenCtiError */
export function fetchCount(
  client: OpenCtiClient,
  platform: Pick<Platform, 'shape'>,
  root: 'stixCyberObservables' | 'indicators',
  types: readonly ObservableType[],
): Promise<number> {
  const options = { shape: platform.shape, details: false };
  const isObservables = root === 'stixCyberObservables';
  return fetchTotal(client, {
    document: isObservables ? renderObservablesQuery(types, options) : renderIndicatorsQuery(options),
    root,
    variables: isObservables ? { types } : {},
    isFlat: platform.shape === 'lists',
  });
}

function toDetailsReader(details: boolean): (row: Row) => ObjectDetails | undefined {
  return details ? toDetails : () => undefined;
}

/**
 * Returns the part of the filters that the platform can apply to observables exactly as we would; null when there is none.
 * An object that the filters let in is one alternative, an object with a label of `labels.none` the other: it keeps its
 * value out, so it has to be read.
 *
 * Indicators are read without filters: one that cannot bring a value in can still be dead, and then it keeps the value
 * out.
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

/** Returns a filter that asks for one of the ids with `eq`, for none of them with `not_eq`. */
function toFilter(key: string, ids: Iterable<string>, operator: 'eq' | 'not_eq'): Filter {
  return { key: [key], values: [...ids], operator, mode: operator === 'eq' ? 'or' : 'and' };
}

function toAgeFilter(key: string, after: number | null): Filter[] {
  if (after === null) return [];
  return [{ key: [key], values: [new Date(after).toISOString()], operator: 'gt', mode: 'or' }];
}

/** Returns the types whose texts can be of one of the kinds. */
export function toObservableTypes(kinds: readonly ClaimKind[]): ObservableType[] {
  const wanted = new Set<ClaimKind>(kinds);
  return allObservableTypes.filter((type) => mayBe(observableTypes[type].valueKind, wanted));
}

function mayBe(valueKind: ClaimKind | null, wanted: ReadonlySet<ClaimKind>): boolean {
  // The hashes of one file stand and fall together, so all of them are read for the sake of one.
  if (valueKind === null) return hashKinds.some((kind) => wanted.has(kind));
  // An IPv4-mapped IPv6 address is the IPv4 address.
  return wanted.has(valueKind) || (valueKind === 'ipv6' && wanted.has('ipv4'));
}
