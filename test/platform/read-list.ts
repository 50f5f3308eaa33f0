import { toPredicate } from './filters.ts';
import { defaultPageSize, type ListArguments } from './list-arguments.ts';
import { type Connection, toConnection } from './paging.ts';

/** A page of a short list, in the order of the ids; `search` looks into the text. */
export function readList<T extends { readonly id: string }>(
  objects: Iterable<T>,
  toText: (object: T) => string,
  args: ListArguments,
): Connection<T> {
  const filter = args.filters ? toPredicate(args.filters) : null;
  const wanted = args.search?.toLowerCase() ?? '';
  const found = [...objects]
    .filter((object) => toText(object).toLowerCase().includes(wanted) && (filter?.(object) ?? true))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const first = args.first ?? defaultPageSize;
  const after = args.after ?? '';
  const edges = found.map((node) => ({ node, cursor: Buffer.from(node.id).toString('base64') }));
  const start = after === '' ? 0 : edges.findIndex((edge) => edge.cursor === after) + 1;
  return toConnection(edges.slice(start, start + first), { first, after }, found.length);
}
