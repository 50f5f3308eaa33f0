import * as v from 'valibot';
import type { Observable } from '../observable/kinds.ts';
import type { SourceRecord } from '../observable/record.ts';
import type { OpenCtiClient } from './client.ts';
import { toDetails } from './details.ts';
import { OpenCtiError } from './errors.ts';
import { type Row, takeRow, takeRowOrNull, takeRows } from './fields.ts';
import { allObservableTypes } from './observable-types.ts';
import type { Platform } from './preflight.ts';
import { renderIndicatorFields, renderObservableFields } from './queries.ts';
import { toIndicatorRecord } from './to-indicator-record.ts';
import { toObservableRecord } from './to-observable-record.ts';
import { toIndicatorsOf, toObservablesOf } from './value-filters.ts';
import type { Shape } from './version.ts';

/** The most that OpenCTI gives at once, and more objects than most values have. */
const pageSize = 5_000;
const mostIndicators = 50;

const roots = ['stixCyberObservables', 'indicators'] as const;
type Root = (typeof roots)[number];

/**
 * Both kinds of object in one request, and the rest of each by itself. `indicators` of an observable costs the server a
 * query a node: right for one value, wrong for an export.
 */
export function renderObjectsQuery(shape: Shape): string {
  const options = { shape, details: true };
  const indicator = renderIndicatorFields(options);
  const paging = 'pageInfo { endCursor globalCount }';
  const order = 'orderBy: created_at, orderMode: asc';
  return `query Objects(
  $types: [String], $first: Int,
  $observables: FilterGroup, $afterObservable: ID, $withObservables: Boolean!,
  $indicators: FilterGroup, $afterIndicator: ID, $withIndicators: Boolean!
) {
  stixCyberObservables(
    first: $first, after: $afterObservable, types: $types, filters: $observables, ${order}
  ) @include(if: $withObservables) {
    ${paging}
    edges { node {
      ${renderObservableFields(allObservableTypes, options)}
      indicators(first: ${mostIndicators}) { edges { node { ${indicator} } } }
    } }
  }
  indicators(first: $first, after: $afterIndicator, filters: $indicators, ${order}) @include(if: $withIndicators) {
    ${paging}
    edges { node { ${indicator} } }
  }
}`;
}

export interface ObjectsQuestion {
  readonly observables: readonly Observable[];
  /** Hashes of a file that no event field carries. */
  readonly otherHashes: readonly string[];
  /** Objects that are known to have one, under whatever spelling. */
  readonly ids: readonly string[];
  /** Milliseconds within which the last page has to be asked for. */
  readonly timeLimit: number;
}

/**
 * Every object that has one of the values, whatever the filters say; others may be among them. One request, unless OpenCTI
 * has more than a page.
 * @throws OpenCtiError; `incomplete` when there is no time for all pages: nothing is known of the rest
 */
export async function readObjectsOf(
  client: OpenCtiClient,
  { shape }: Pick<Platform, 'shape'>,
  { observables, otherHashes, ids, timeLimit }: ObjectsQuestion,
): Promise<SourceRecord[]> {
  const started = performance.now();
  const document = renderObjectsQuery(shape);
  const filters = {
    types: allObservableTypes,
    first: pageSize,
    observables: toObservablesOf(observables, otherHashes, ids),
    indicators: toIndicatorsOf(observables, otherHashes, ids),
  };
  const records = new Map<string, SourceRecord>();
  const take = createTaker(shape, records);
  const readings = { stixCyberObservables: createReading(), indicators: createReading() };
  const isGoingOn = () => roots.some((root) => readings[root].goesOn);
  while (isGoingOn()) {
    const { data } = await client.request(document, { ...filters, ...toPaging(readings) }, schema);
    for (const root of roots) {
      const connection = data[root];
      if (!connection) continue;
      advance(readings[root], connection);
      for (const edge of takeRows(connection, 'edges')) take[root](takeRow(edge, 'node'));
    }
    if (isGoingOn() && performance.now() - started >= timeLimit) throw toCutError(readings, timeLimit);
  }
  return [...records.values()];
}

const connection = v.object({
  pageInfo: v.object({ endCursor: v.nullish(v.string(), ''), globalCount: v.number() }),
  edges: v.array(v.unknown()),
});
const schema = v.object({
  stixCyberObservables: v.optional(connection),
  indicators: v.optional(connection),
});

/** How far the pages of a root field have come. */
interface Reading {
  goesOn: boolean;
  read: number;
  total: number;
  after: string | null;
}

const createReading = (): Reading => ({ goesOn: true, read: 0, total: 0, after: null });

function toPaging({ stixCyberObservables, indicators }: Record<Root, Reading>) {
  return {
    withObservables: stixCyberObservables.goesOn,
    withIndicators: indicators.goesOn,
    ...(stixCyberObservables.after !== null && { afterObservable: stixCyberObservables.after }),
    ...(indicators.after !== null && { afterIndicator: indicators.after }),
  };
}

/** Until a page is empty or the count is reached: a server that cuts `first` says `hasNextPage: false`. */
function advance(reading: Reading, { pageInfo, edges }: v.InferOutput<typeof connection>): void {
  const { endCursor, globalCount } = pageInfo;
  reading.read += edges.length;
  reading.total = globalCount || reading.total;
  reading.goesOn = edges.length > 0 && reading.read < reading.total;
  if (reading.goesOn && (endCursor === '' || endCursor === reading.after)) {
    throw new OpenCtiError('answer', 'OpenCTI gave no cursor that leads on: the rest cannot be read');
  }
  reading.after = endCursor;
}

function createTaker(shape: Shape, records: Map<string, SourceRecord>) {
  const types = new Set<string>(allObservableTypes);
  const note = (row: Row, record: SourceRecord) =>
    records.set(record.id, { ...record, details: toDetails(row, shape) });
  const takeIndicator = (row: Row) => {
    const record = toIndicatorRecord(row);
    note(row, record);
    return record.id;
  };
  return {
    indicators: takeIndicator,
    stixCyberObservables(row: Row) {
      const edges = takeRows(takeRowOrNull(row, 'indicators') ?? {}, 'edges');
      const basedOn = edges.map((edge) => takeIndicator(takeRow(edge, 'node')));
      note(row, { ...toObservableRecord(row, types), basedOn });
    },
  } satisfies Record<Root, (row: Row) => unknown>;
}

function toCutError(readings: Record<Root, Reading>, timeLimit: number): OpenCtiError {
  const sumOf = (field: 'read' | 'total') =>
    roots.reduce((sum, root) => sum + readings[root][field], 0).toLocaleString('en');
  const seconds = `${timeLimit / 1_000} s (opencti.timeout)`;
  const problem = `OpenCTI has ${sumOf('total')} objects that may have the value and gave ${sumOf('read')} of them`;
  const next = 'no answer is made of a part; raise it, or ask with --offline';
  return new OpenCtiError('incomplete', `${problem} within ${seconds}: ${next}`);
}
