import { isVisible, type Platform } from './context.ts';
import type { Collection } from './data/collection.ts';
import { graphqlTypes, type StoredObject } from './data/objects.ts';
import type { Order } from './data/order.ts';
import { findNeededTexts, toPredicate } from './filters.ts';
import { defaultPageSize, type ListArguments } from './list-arguments.ts';
import { type Connection, type PageRequest, readPage } from './paging.ts';

/** Returns a page of a table; by `name` its counts are kept apart from those of other tables. */
export function readTable<T extends StoredObject>(
  platform: Platform,
  name: string,
  table: Collection<T>,
  args: ListArguments,
): Connection<T> {
  const types = toTypes(args.types);
  const accept = (entityType: string, markings: readonly string[]) =>
    (types === null || types.has(entityType)) && isVisible(platform, markings);
  const question = JSON.stringify([name, args.types, args.filters, args.search]);
  const first = args.first ?? defaultPageSize;
  const request: PageRequest = {
    first,
    limit: platform.traits.clampsPages ? platform.maxPageSize : first,
    after: args.after ?? null,
    order: toOrder(args),
    accept,
    matches: toMatch(args),
    texts: args.filters ? findNeededTexts(args.filters) : null,
  };
  const globalCount = platform.counts.get(question, table.revision(), () => countRows(table, request));
  return readPage(table, request, globalCount);
}

/** Returns the types. Names that no observable has are ignored; when no other is left, every type is meant. */
function toTypes(types: ListArguments['types']): ReadonlySet<string> | null {
  const known = (types ?? []).flatMap((type) => (type !== null && type in graphqlTypes ? type : []));
  return known.length > 0 ? new Set(known) : null;
}

/** The tables know two orders; any other order that the schema allows reads by creation. */
function toOrder(args: ListArguments): Order {
  const field = args.orderBy === 'updated_at' ? 'updated_at' : 'created_at';
  return { field, descending: args.orderMode === 'desc' };
}

function toMatch(args: ListArguments): ((row: StoredObject) => boolean) | null {
  const filter = args.filters ? toPredicate(args.filters) : null;
  const wanted = args.search?.toLowerCase();
  if (!wanted) return filter;
  return (row) => {
    const texts = 'pattern' in row ? [row.name, row.pattern] : [row.value ?? '', row.name ?? ''];
    return texts.some((text) => text.toLowerCase().includes(wanted)) && (filter?.(row) ?? true);
  };
}

function countRows<T extends StoredObject>(table: Collection<T>, request: PageRequest): number {
  if (!request.matches) return table.count(request.accept);
  let total = 0;
  for (const row of table.rows({ ...request, after: null })) {
    if (request.matches(row)) total += 1;
  }
  return total;
}

export function readOne<T extends StoredObject>(
  platform: Platform,
  table: Collection<T>,
  id: string,
): T | null {
  const object = table.get(id);
  return object && isVisible(platform, object.objectMarking) ? object : null;
}
