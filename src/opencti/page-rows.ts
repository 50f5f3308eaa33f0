/** The `edges` of an answer. */
export interface PageRows extends Iterable<unknown> {
  readonly length: number;
}

export function isRows(value: unknown): value is PageRows {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

/**
 * What stands between two edges in compact JSON, and nowhere else in an answer whose nodes have no edges of their own:
 * inside of a text its quotes would be escaped.
 */
const between = '},{"node":{';

const rowsAtOnce = 250;

/**
 * The document of a page, its `edges` parsed a few at a time as they are asked for. A page of 5,000 rows as a whole is
 * more than V8 has room for among the young objects: it is copied twice, and that costs as much as the parsing.
 * @param text the answer to a query whose nodes have no `edges`.
 * @throws SyntaxError, also while the rows are gone through
 */
export function parsePage(text: string): unknown {
  const starts = findStarts(text);
  const [second] = starts;
  const last = starts.at(-1);
  if (second === undefined || last === undefined || starts.length <= rowsAtOnce) return JSON.parse(text);
  // A document without some elements of one list is a document.
  const rest: unknown = JSON.parse(`${text.slice(0, second)}${text.slice(last)}`);
  for (const connection of Object.values((rest as { data?: object | null }).data ?? {})) {
    const edges: unknown = connection?.edges;
    if (Array.isArray(edges)) connection.edges = toRows(text, starts, edges);
  }
  return rest;
}

/** Where each edge but the first one starts. */
function findStarts(text: string): number[] {
  const starts: number[] = [];
  for (let at = text.indexOf(between); at >= 0; at = text.indexOf(between, at + between.length))
    starts.push(at + between.indexOf('{'));
  return starts;
}

/** @param edges the first and the last one. */
function toRows(text: string, starts: readonly number[], edges: readonly unknown[]): PageRows {
  return {
    length: starts.length + 1,
    *[Symbol.iterator]() {
      yield edges[0];
      for (let from = 0; from < starts.length - 1; from += rowsAtOnce) {
        const to = Math.min(from + rowsAtOnce, starts.length - 1);
        // Without the comma.
        yield* JSON.parse(`[${text.slice(starts[from], (starts[to] as number) - 1)}]`) as unknown[];
      }
      yield* edges.slice(1);
    },
  };
}
