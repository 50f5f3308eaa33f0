import type { Collection } from './data/collection.ts';
import type { StoredObject } from './data/objects.ts';
import { type Order, type SortKey, toSortKey } from './data/order.ts';
import type { AcceptHead } from './data/reading.ts';

export interface Edge<T> {
  readonly cursor: string;
  readonly node: T;
}

interface PageInfo {
  readonly startCursor: string;
  readonly endCursor: string;
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly globalCount: number;
}

export interface Connection<T> {
  readonly pageInfo: PageInfo;
  readonly edges: readonly Edge<T>[];
}

export interface PageRequest {
  /** The number of rows that was requested. */
  readonly first: number;
  /** The most rows that the platform gives. */
  readonly limit: number;
  readonly after: string | null;
  readonly order: Order;
  readonly accept: AcceptHead;
  /** Null: every accepted row counts. */
  readonly matches: ((row: StoredObject) => boolean) | null;
  readonly texts: readonly string[] | null;
}

export function readPage<T extends StoredObject>(
  rows: Collection<T>,
  request: PageRequest,
  globalCount: number,
): Connection<T> {
  const { matches, order } = request;
  const edges: Edge<T>[] = [];
  const size = Math.min(request.first, request.limit);
  // An empty cursor is no cursor: the last, empty page's `endCursor` starts from the top again.
  const after = request.after ? parseCursor(request.after) : null;
  if (size > 0) {
    for (const node of rows.rows({ ...request, after })) {
      if (matches && !matches(node)) continue;
      edges.push({ cursor: formatCursor(toSortKey(node, order.field)), node });
      if (edges.length === size) break;
    }
  }
  return toConnection(edges, request, globalCount);
}

/**
 * Makes a page. `hasNextPage` compares with the requested number, as OpenCTI does: a clamped page says false, so that a
 * client that believes it loses rows; a last page that is just full says true.
 */
export function toConnection<T>(
  edges: readonly Edge<T>[],
  request: Pick<PageRequest, 'first' | 'after'>,
  globalCount: number,
): Connection<T> {
  return {
    pageInfo: {
      startCursor: edges.at(0)?.cursor ?? '',
      endCursor: edges.at(-1)?.cursor ?? '',
      hasNextPage: edges.length > 0 && edges.length === request.first,
      hasPreviousPage: Boolean(request.after),
      globalCount,
    },
    edges,
  };
}

/** Stateless: the sort values of the row. */
function formatCursor(key: SortKey): string {
  return Buffer.from(JSON.stringify([key.time, key.id])).toString('base64');
}

function parseCursor(cursor: string): SortKey {
  const values: unknown = JSON.parse(Buffer.from(cursor, 'base64').toString('utf8'));
  if (!Array.isArray(values)) throw new Error('the cursor holds no sort values');
  return { time: Number(values[0]), id: String(values[1]) };
}
