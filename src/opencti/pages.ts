import * as v from 'valibot';
import type { OpenCtiClient } from './client.ts';
import { OpenCtiError } from './errors.ts';
import { type Row, takeRow, toRow } from './rows.ts';

/** The `edges` of an answer. */
export interface PageRows extends Iterable<unknown> {
  readonly length: number;
}

function isRows(value: unknown): value is PageRows {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

/**
 * The text between two edges in compact JSON. It is nowhere else in an answer whose nodes have no edges of their own: inside
 * of a string its quotes would be escaped.
 */
const between = '},{"node":{';

const rowsAtOnce = 250;

/**
 * Parses the document of a page; its `edges` are parsed some at a time, when they are iterated. A whole page of 5,000 rows
 * is more than V8 has room for among the young objects: it is copied twice, which takes as long as the parsing.
 * @param text the answer to a query whose nodes have no `edges`.
 * @throws SyntaxError, also while the rows are iterated.
 */
export function parsePage(text: string): unknown {
  const starts = findStarts(text);
  const [second] = starts;
  const last = starts.at(-1);
  if (second === undefined || last === undefined || starts.length <= rowsAtOnce) return JSON.parse(text);
  // Without some elements of one list it is still a document.
  const rest: unknown = JSON.parse(`${text.slice(0, second)}${text.slice(last)}`);
  for (const connection of Object.values((rest as { data?: object | null }).data ?? {})) {
    const edges: unknown = connection?.edges;
    if (Array.isArray(edges)) connection.edges = toRows(text, starts, edges);
  }
  return rest;
}

/** Returns where each edge but the first one starts. */
function findStarts(text: string): number[] {
  const starts: number[] = [];
  for (let at = text.indexOf(between); at >= 0; at = text.indexOf(between, at + between.length))
    starts.push(at + between.indexOf('{'));
  return starts;
}

/** Returns all edges. @param edges the first and the last edge, which are parsed already. */
function toRows(text: string, starts: readonly number[], edges: readonly unknown[]): PageRows {
  return {
    length: starts.length + 1,
    *[Symbol.iterator]() {
      yield edges[0];
      for (let from = 0; from < starts.length - 1; from += rowsAtOnce) {
        const to = Math.min(from + rowsAtOnce, starts.length - 1);
        // The comma before the next edge is left out.
        yield* JSON.parse(`[${text.slice(starts[from], (starts[to] as number) - 1)}]`) as unknown[];
      }
      yield* edges.slice(1);
    },
  };
}

/** A page of rows in the order of the platform. */
export interface Page<T> {
  readonly records: Iterable<T>;
  /** How many rows were read so far, including these. */
  readonly read: number;
  /** How many requests were sent so far, including the one for the next page. */
  readonly requests: number;
  /** The last `globalCount` of the platform. It is not exact while the platform is written to. */
  readonly total: number;
}

export interface PageSource<T> {
  /** The query, which has the variables `first` and `after` in addition to its own. */
  readonly document: string;
  readonly root: 'stixCyberObservables' | 'indicators';
  readonly variables: Readonly<Record<string, unknown>>;
  readonly pageSize: number;
  /** The name of the rows in messages, such as `observables`. */
  readonly what: string;
  readonly toRecord: (row: Row) => T;
  /** True when nodes have no `edges` of their own. */
  readonly isFlat: boolean;
  /**
   * True to end with the last row by `globalCount`, without a request for the empty page after it. It is for reading
   * changes: those that are made meanwhile are read the next time.
   */
  readonly stopAtTotal?: boolean | undefined;
  readonly onSmallerPage?: OnSmallerPage | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Called when a page did not arrive in time, or was too large, and the next pages will be smaller. */
export type OnSmallerPage = (from: number, to: number, why: 'timeout' | 'too-large') => void;

interface RawPage {
  readonly edges: PageRows;
  readonly endCursor: string;
  readonly total: number;
}

/** Rows are added and removed while the platform is read; when the share of rows is below this, some were lost. */
const leastShare = 0.99;

/**
 * When a platform gives more rows than its count times `mostShare`, and `mostOnTop` more, its pages have no end, although
 * each page has a cursor of its own.
 */
const mostShare = 2;
const mostOnTop = 100_000;
/** In characters. All cursors are kept in memory; those of OpenCTI have about a hundred characters. */
const longestCursor = 4_096;
/** Ten times what the lists hold by default; with more the memory would be full before the last page. */
const mostRows = 20_000_000;

/**
 * Yields all pages of a query; the next page is requested while the caller works on this one. Each request continues at
 * `endCursor`, until a page is empty: a server that cuts `first` says `hasNextPage: false` (OpenCTI 5.12.10 and later), so
 * a cut page costs requests, never rows.
 * @throws OpenCtiError; `incomplete` when the platform gave fewer rows than it said it has.
 */
export async function* readPages<T>(client: OpenCtiClient, source: PageSource<T>): AsyncGenerator<Page<T>> {
  const stop = new AbortController();
  const signal = source.signal ? AbortSignal.any([source.signal, stop.signal]) : stop.signal;
  const cursors = new Set<string>();
  const size: PageSize = { rows: source.pageSize };
  let requests = 1;
  let read = 0;
  let total = 0;
  let pending: Promise<RawPage> | null = fetchPage(client, source, null, size, signal);
  try {
    while (pending !== null) {
      const page: RawPage = await pending;
      // An empty last page may have the count 0.
      total = page.total || total;
      if (page.edges.length === 0) break;
      checkCursor(page.endCursor, cursors, { what: source.what, read });
      cursors.add(page.endCursor);
      read += page.edges.length;
      checkEnd(read, total, source.what);
      const isLast = source.stopAtTotal === true && read >= total;
      pending = isLast ? null : fetchPage(client, source, page.endCursor, size, signal);
      if (!isLast) requests += 1;
      // It is awaited in the next round; until then this round may fail, and an error of it must not be unhandled.
      pending?.catch(() => {});
      yield {
        records: toRecords(page.edges, source),
        read,
        requests,
        total,
      };
    }
    if (read < total * leastShare) throw toIncompleteError(source.what, read, total);
  } finally {
    stop.abort();
    await pending?.catch(() => {});
  }
}

/** Fetches how many rows the query has, by the platform's count. @throws OpenCtiError */
export async function fetchTotal(
  client: OpenCtiClient,
  source: Pick<PageSource<unknown>, 'document' | 'root' | 'variables' | 'signal' | 'isFlat'>,
): Promise<number> {
  const signal = source.signal ?? new AbortController().signal;
  return (await fetchPageOf(client, source, null, 1, signal)).total;
}

const connectionSchema = v.object({
  pageInfo: v.object({ endCursor: v.nullish(v.string(), ''), globalCount: v.number() }),
  edges: v.custom<PageRows>(isRows, 'a list'),
});

/** A page size that becomes smaller when the platform is too slow for it, and stays so. */
interface PageSize {
  rows: number;
}

/** In rows. Smaller pages would take more requests than they are worth. */
const smallestPage = 50;

/**
 * Fetches a page. When it does not arrive in time, or is too large, a quarter of it is requested.
 * @throws OpenCtiError
 */
async function fetchPage<T>(
  client: OpenCtiClient,
  source: PageSource<T>,
  after: string | null,
  size: PageSize,
  signal: AbortSignal,
): Promise<RawPage> {
  for (;;) {
    const asked = size.rows;
    try {
      return await fetchPageOf(client, source, after, asked, signal);
    } catch (error) {
      const why = error instanceof OpenCtiError ? error.failure : null;
      if ((why !== 'timeout' && why !== 'too-large') || asked <= smallestPage) throw error;
      size.rows = Math.max(smallestPage, Math.floor(asked / 4));
      source.onSmallerPage?.(asked, size.rows, why);
    }
  }
}

async function fetchPageOf(
  client: OpenCtiClient,
  source: Pick<PageSource<unknown>, 'document' | 'root' | 'variables' | 'isFlat'>,
  after: string | null,
  first: number,
  signal: AbortSignal,
): Promise<RawPage> {
  const { document, variables, root } = source;
  const paging = { first, ...(after !== null && { after }) };
  const schema = v.pipe(
    v.object({ [root]: connectionSchema } as Record<typeof root, typeof connectionSchema>),
    v.transform((data) => data[root]),
  );
  const parse = source.isFlat ? parsePage : undefined;
  const options = { signal, parse, retryTimeouts: first <= smallestPage };
  const { data } = await client.request(document, { ...variables, ...paging }, schema, options);
  const { pageInfo, edges } = data;
  return { edges, endCursor: pageInfo.endCursor, total: pageInfo.globalCount };
}

/** Yields the records of a page. @throws OpenCtiError while they are iterated. */
function* toRecords<T>(edges: PageRows, { what, toRecord }: PageSource<T>): Generator<T> {
  try {
    // In every schema so far an edge of indicators may be null.
    for (const edge of edges) if (edge !== null) yield toRecord(takeRow(toRow(edge, 'edges'), 'node'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new OpenCtiError('answer', `a page of ${what} from OpenCTI is not JSON within its rows`);
  }
}

function checkCursor(
  cursor: string,
  known: ReadonlySet<string>,
  { what, read }: { readonly what: string; readonly read: number },
): void {
  // An empty cursor is refused: `after: ""` begins with the first page again.
  if (cursor !== '' && cursor.length <= longestCursor && !known.has(cursor)) return;
  const found = cursor === '' ? 'no cursor' : describeCursor(cursor);
  throw new OpenCtiError('answer', `OpenCTI gave ${found} after ${read} ${what}: the rest cannot be read`);
}

function describeCursor({ length }: string): string {
  return length > longestCursor ? `a cursor of ${length} characters` : 'a cursor that was there before';
}

function checkEnd(read: number, total: number, what: string): void {
  if (read <= mostRows && read <= total * mostShare + mostOnTop) return;
  const limit = read > mostRows ? `, and no more than ${mostRows.toLocaleString('en')} are taken` : '';
  throw new OpenCtiError(
    'answer',
    `OpenCTI says it has ${total} ${what} and gave ${read} so far${limit}: its pages have no end, and nothing was used; ` +
      'try again, or find out what answers in its place',
  );
}

function toIncompleteError(what: string, read: number, total: number): OpenCtiError {
  return new OpenCtiError(
    'incomplete',
    `OpenCTI has ${total} ${what} and gave ${read}, less than 99 %: no list is made of a part of them; try again`,
  );
}
