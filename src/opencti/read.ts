import type { IndicatorRecord, ObjectDetails, ObservableRecord } from '../observable/record.ts';
import type { OpenCtiClient } from './client.ts';
import { toDetails } from './details.ts';
import type { Row } from './fields.ts';
import { type FilterGroup, joinFilters } from './filter-group.ts';
import { allObservableTypes, type ObservableType } from './observable-types.ts';
import { fetchTotal, type OnSmallerPage, type Page, readPages } from './pages.ts';
import type { Platform } from './preflight.ts';
import { renderIndicatorsQuery, renderObservablesQuery } from './queries.ts';
import { toIndicatorRecord } from './to-indicator-record.ts';
import { toObservableRecord } from './to-observable-record.ts';

export type { OnSmallerPage, Page } from './pages.ts';

export interface ReadOptions {
  /** Rows asked for in one request; the platform may give fewer. */
  readonly pageSize: number;
  /** Labels, markings and author of each object too. */
  readonly details?: boolean;
  /** What the platform leaves out; nothing by default. */
  readonly filters?: FilterGroup | null;
  readonly signal?: AbortSignal | undefined;
  /** For reading changes: see `PageSource`. */
  readonly stopAtTotal?: boolean | undefined;
  readonly onSmallerPage?: OnSmallerPage | undefined;
}

export interface ReadObservablesOptions extends ReadOptions {
  /** At least one; all of them by default. */
  readonly types?: readonly ObservableType[];
}

/**
 * All observables of the asked types that the token may see and the filters let through, oldest first.
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
 * All indicators that the token may see and the filters let through, oldest first. No filter is about score, validity
 * or revocation: the decision needs to know the dead.
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

/** Milliseconds since the epoch -> the filter for what changed since then. */
export function toChangedSince(time: number): FilterGroup {
  const values = [new Date(time).toISOString()];
  return joinFilters('and', [{ key: ['updated_at'], values, operator: 'gt', mode: 'or' }]);
}

/** How many observables of the types, or indicators, the token may see. @throws OpenCtiError */
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
