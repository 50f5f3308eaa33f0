import { createDetailsTable, type SharedDetails } from './details-table.ts';
import { createIds, type SavedIds } from './ids.ts';
import { createObjectStore, type ObjectColumns, type ObjectStore, reasonNames } from './object-store.ts';
import { storedKinds } from './value-columns.ts';
import { createValueStore } from './value-store.ts';

/** What is in a store beside its arrays. Both lists only grow. */
export interface PackedTexts {
  readonly details: readonly (SharedDetails | null)[];
  readonly otherIds: SavedIds['others'];
}

export interface PackedObjects extends PackedTexts {
  /** In the order that `toObjects` takes them. While objects come, and until values are sorted, each only grows at its end. */
  readonly arrays: readonly (Uint8Array | Int32Array | Uint32Array | Float64Array)[];
}

/** A store as files have it; for reading only, and only until the next change. */
export function packObjects(objects: ObjectStore): PackedObjects {
  const { size } = objects;
  const columns = objects.columns();
  const values = objects.values.columns();
  const ids = objects.ids.save();
  const arrays = [
    columns.flags.subarray(0, size),
    columns.scores.subarray(0, size),
    columns.confidences.subarray(0, size),
    columns.validFrom.subarray(0, size),
    columns.validUntil.subarray(0, size),
    columns.createdAt.subarray(0, size),
    columns.updatedAt.subarray(0, size),
    columns.details.subarray(0, size),
    columns.linkStarts.subarray(0, size + 1),
    columns.links.subarray(0, columns.linkStarts[size]),
    ids.bytes,
    values.kinds,
    values.bytes,
    values.starts,
  ] as const;
  return { arrays, details: objects.details.all, otherIds: ids.others };
}

/** Arrays whose length tells how many there are: ids of objects, kinds of values. The others may have room behind them. */
export const exactParts: ReadonlySet<number> = new Set([10, 11]);

/**
 * @param parts the bytes of each array, each at a multiple of eight in its memory.
 * @param sortedValues how many values, from the first on, are in order.
 */
export function toObjects(
  parts: readonly Uint8Array[],
  { details, otherIds }: PackedTexts,
  sortedValues: number,
): ObjectStore {
  const bytes = (index: number) => parts[index] as Uint8Array;
  const integers = (index: number) => view(bytes(index), Int32Array);
  const counts = (index: number) => view(bytes(index), Uint32Array);
  const times = (index: number) => view(bytes(index), Float64Array);
  // The room behind the rows is counted in bytes, and each has as many rows as the others.
  const rows = Math.min(bytes(0).length, integers(1).length, times(3).length);
  const columns: ObjectColumns = {
    flags: bytes(0).subarray(0, rows),
    scores: integers(1).subarray(0, rows),
    confidences: integers(2).subarray(0, rows),
    validFrom: times(3).subarray(0, rows),
    validUntil: times(4).subarray(0, rows),
    createdAt: times(5).subarray(0, rows),
    updatedAt: times(6).subarray(0, rows),
    details: counts(7).subarray(0, rows),
    linkStarts: counts(8),
    links: integers(9),
  };
  return createObjectStore({
    values: createValueStore({ kinds: bytes(11), bytes: bytes(12), starts: counts(13) }, sortedValues),
    details: createDetailsTable(details),
    ids: createIds({ bytes: bytes(10), others: otherIds }),
    columns,
  });
}

type Typed<A> = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => A;

function view<A>(bytes: Uint8Array, Type: Typed<A> & { readonly BYTES_PER_ELEMENT: number }): A {
  return new Type(bytes.buffer, bytes.byteOffset, bytes.byteLength / Type.BYTES_PER_ELEMENT);
}

/** What numbers in the arrays mean on this machine and to this version. */
export interface Layout {
  readonly byteOrder: number;
  readonly kinds: readonly string[];
  readonly reasons: readonly string[];
}

export function ownLayout(): Layout {
  const byteOrder = new Uint8Array(Uint32Array.of(1).buffer)[0] ?? 0;
  return { byteOrder, kinds: storedKinds, reasons: reasonNames };
}

export function isOwnLayout({ byteOrder, kinds, reasons }: Layout): boolean {
  const own = ownLayout();
  return (
    byteOrder === own.byteOrder && kinds.join() === own.kinds.join() && reasons.join() === own.reasons.join()
  );
}
