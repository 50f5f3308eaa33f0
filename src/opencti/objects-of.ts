import type { SourceRecord } from '../values/kinds.ts';
import { OpenCtiError } from './errors.ts';
import type { Shape } from './platform.ts';
import { renderIndicatorFields, renderObservableFields } from './queries.ts';
import {
  type Row,
  takeIntegerOrNull,
  takeRow,
  takeRowOrNull,
  takeRows,
  takeTextOrNull,
  toDetails,
  toIndicatorRecord,
  toObservableRecord,
} from './rows.ts';
import { toIndicatorFilters, toObservableFilters, type Wanted } from './spellings.ts';
import { allObservableTypes } from './types.ts';

/** Sends a document. @returns the data of an answer without errors. */
export type Ask = (document: string, variables: Readonly<Record<string, unknown>>) => Promise<Row>;

export interface ObjectsQuestion extends Wanted {
  /** Milliseconds within which the last page has to be requested. */
  readonly timeLimit: number;
}

/** The most rows that OpenCTI gives at once, and more objects than most values have. */
const pageSize = 5_000;

const roots = ['stixCyberObservables', 'indicators'] as const;
type Root = (typeof roots)[number];

/**
 * Reads every object that has one of the values in any spelling, whatever the filters of the configuration say; other
 * objects may be among them. It is one request, unless OpenCTI has more than a page.
 * @throws OpenCtiError; `incomplete` when there is no time for all pages: nothing is known of the rest.
 */
export async function readObjectsOf(
  ask: Ask,
  shape: Shape,
  { timeLimit, ...wanted }: ObjectsQuestion,
): Promise<SourceRecord[]> {
  const started = performance.now();
  const document = renderObjectsQuery(shape);
  const filters = {
    types: allObservableTypes,
    first: pageSize,
    observables: toObservableFilters(wanted, 'every'),
    indicators: toIndicatorFilters(wanted, 'every'),
  };
  const records = new Map<string, SourceRecord>();
  const readings = { stixCyberObservables: createReading(), indicators: createReading() };
  const isGoingOn = () => roots.some((root) => readings[root].goesOn);
  while (isGoingOn()) {
    const data = await ask(document, { ...filters, ...toPaging(readings) });
    const nodes = { stixCyberObservables: [] as Row[], indicators: [] as Row[] };
    for (const root of roots) {
      if (!readings[root].goesOn) continue;
      const connection = takeConnection(data, root);
      advance(readings[root], connection);
      nodes[root] = takeRows(connection, 'edges').map((edge) => takeRow(edge, 'node'));
    }
    for (const record of toRecords(nodes.stixCyberObservables, nodes.indicators))
      records.set(record.id, record);
    if (isGoingOn() && performance.now() - started >= timeLimit) throw toCutError(readings, timeLimit);
  }
  return [...records.values()];
}

const mostIndicators = 50;

/**
 * Returns the query for both kinds of object, or for further pages of one of them. The field `indicators` costs the server
 * a query for each observable: acceptable for one value, but not for an export.
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

/** How many pages of a root field are read. */
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

/** Returns a connection. When it is missing, nothing is known of its rows, and that must not count as no rows. */
function takeConnection(data: Row, root: Root): Row {
  const connection = takeRowOrNull(data, root);
  if (connection !== null) return connection;
  throw new OpenCtiError(
    'answer',
    `the answer of OpenCTI does not fit at "${root}": expected the rows of the query`,
  );
}

/**
 * Notes a page. There are more until a page is empty or the count is reached: a server that cuts `first` says
 * `hasNextPage: false`.
 */
function advance(reading: Reading, connection: Row): void {
  const pageInfo = takeRow(connection, 'pageInfo');
  const endCursor = takeTextOrNull(pageInfo, 'endCursor') ?? '';
  const rows = takeRows(connection, 'edges').length;
  reading.read += rows;
  reading.total = takeIntegerOrNull(pageInfo, 'globalCount') || reading.total;
  reading.goesOn = rows > 0 && reading.read < reading.total;
  if (reading.goesOn && (endCursor === '' || endCursor === reading.after)) {
    throw new OpenCtiError('answer', 'OpenCTI gave no cursor for the next page: the rest cannot be read');
  }
  reading.after = endCursor;
}

function toCutError(readings: Record<Root, Reading>, timeLimit: number): OpenCtiError {
  const sumOf = (field: 'read' | 'total') =>
    roots.reduce((sum, root) => sum + readings[root][field], 0).toLocaleString('en');
  const seconds = `${timeLimit / 1_000} s (opencti.timeout)`;
  const problem = `OpenCTI has ${sumOf('total')} objects that may have the value and gave ${sumOf('read')} of them`;
  const next = 'a part is not enough for an answer; raise the time, or use --offline';
  return new OpenCtiError('incomplete', `${problem} within ${seconds}: ${next}`);
}

const types: ReadonlySet<string> = new Set(allObservableTypes);

/**
 * Returns the nodes of an answer as records, each object once. The indicators that are based on an observable are below its
 * node; an indicator that is among `indicators`, too, is taken from there.
 * @param withDetails whether labels, markings, author and the other details are read.
 * @throws OpenCtiError that names the field that does not fit.
 */
export function toRecords(
  observables: readonly Row[],
  indicators: readonly Row[],
  withDetails = true,
): SourceRecord[] {
  const detailsOf = withDetails ? toDetails : () => undefined;
  const records = new Map<string, SourceRecord>();
  const take = (record: SourceRecord) => {
    records.set(record.id, record);
    return record.id;
  };
  const takeIndicator = (row: Row) => take(toIndicatorRecord(row, detailsOf(row)));
  for (const row of observables) {
    const edges = takeRows(takeRowOrNull(row, 'indicators') ?? {}, 'edges');
    const basedOn = edges.map((edge) => takeIndicator(takeRow(edge, 'node')));
    take({ ...toObservableRecord(row, types, detailsOf(row)), basedOn });
  }
  for (const row of indicators) takeIndicator(row);
  return [...records.values()];
}
