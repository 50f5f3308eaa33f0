import { createHash } from 'node:crypto';
import type { SourceRecord } from '../values/kinds.ts';
import {
  createDetailsTable,
  createObjectStore,
  flags,
  type ObjectColumns,
  type ObjectStore,
  reasonNames,
  type SharedDetails,
} from './object-store.ts';
import { createIds, type SavedIds } from './packing.ts';
import { storedKinds } from './sort.ts';
import { createValueStore } from './value-store.ts';

/**
 * What was read from a platform. Its file is a line of JSON, then the arrays one after another, each at a multiple of
 * eight bytes, then the SHA-256 of all bytes before it. The file is for this machine alone: numbers have its byte order,
 * and a file that is not exactly as this version writes it counts as no record.
 */
export interface PlatformRecord {
  readonly objects: ObjectStore;
  /** Describes the read that it comes from. */
  readonly origin: RecordOrigin;
}

export interface RecordOrigin {
  /** The record can be used only while this is the same: version, configuration, platform, user. */
  readonly fingerprint: string;
  /** When the last read of everything began; milliseconds since the epoch. */
  readonly fullAt: number;
  /** When the last read began, by the platform's clock: the record may not have an edit that was made during it. */
  readonly since: number;
}

const magic = 'opencti-wazuh record 4';
const digestBytes = 32;
const alignment = 8;

interface Header extends PackedTexts, Layout {
  readonly magic: string;
  readonly origin: RecordOrigin;
  /** So many values, from the first on, are in the order of kinds and list keys. */
  readonly sortedValues: number;
  /** How many bytes each array has. */
  readonly sizes: readonly number[];
}

/** Yields the parts of the file in their order. */
export function* renderRecordFile({ objects, origin }: PlatformRecord): Generator<Uint8Array> {
  const { arrays, ...texts } = packObjects(objects);
  const { sortedSize: sortedValues } = objects.values;
  const sizes = arrays.map(({ byteLength }) => byteLength);
  const header: Header = { magic, ...ownLayout(), origin, ...texts, sortedValues, sizes };
  const line = Buffer.from(`${JSON.stringify(header)}\n`);
  const hash = createHash('sha256');
  for (const part of [line, ...arrays]) {
    const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
    const padding = Buffer.alloc(toPadding(bytes.byteLength));
    hash.update(bytes).update(padding);
    yield bytes;
    yield padding;
  }
  yield hash.digest();
}

const toPadding = (size: number) => (alignment - (size % alignment)) % alignment;

/** Parses the file of a record; returns null when it is not one that this version has written completely. */
export function parseRecordFile(file: ReadableBytes): PlatformRecord | null {
  try {
    const hash = createHash('sha256');
    const line = readLine(file);
    const header = JSON.parse(line.toString()) as Header;
    if (header.magic !== magic || !isOwnLayout(header)) return null;
    let at = line.length;
    const skipPadding = (size: number) => {
      hash.update(readAt(file, at, toPadding(size)));
      at += toPadding(size);
    };
    hash.update(line);
    skipPadding(line.length);
    const parts = header.sizes.map((size, index) => {
      const part = withRoom(size, exactParts.has(index));
      file.read(part.subarray(0, size), at);
      hash.update(part.subarray(0, size));
      at += size;
      skipPadding(size);
      return part;
    });
    const isWhole = file.size === at + digestBytes && readAt(file, at, digestBytes).equals(hash.digest());
    if (!isWhole) return null;
    return { objects: toObjects(parts, header, header.sortedValues), origin: header.origin };
  } catch {
    return null;
  }
}

const headBytes = 1 << 16;

/** Returns the first line with its end. @throws RangeError when there is none. */
function readLine(file: ReadableBytes): Buffer {
  for (let size = headBytes; ; size *= 4) {
    const head = readAt(file, 0, Math.min(size, file.size));
    const end = head.indexOf(10);
    if (end >= 0) return head.subarray(0, end + 1);
    if (size >= file.size) throw new RangeError('no line');
  }
}

function readAt(file: ReadableBytes, place: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  file.read(bytes, place);
  return bytes;
}

/**
 * Returns memory that is aligned for each type of array, with room for changes: a column without room is copied at the
 * first new row, and then both copies are in memory. The system gives no memory to the pages that are not written to.
 */
function withRoom(size: number, isExact: boolean): Uint8Array {
  if (isExact) return new Uint8Array(size);
  const wanted = size + Math.ceil(size / 16) + leastRoom;
  return new Uint8Array(wanted + toPadding(wanted));
}

const leastRoom = 1 << 15;

/** The parts of a store that are not arrays of numbers. Both lists only grow. */
export interface PackedTexts {
  readonly details: readonly (SharedDetails | null)[];
  readonly otherIds: SavedIds['others'];
}

export interface PackedObjects extends PackedTexts {
  /**
   * In the order of `toObjects`. While objects are added, and until values are sorted, each array only grows at its
   * end.
   */
  readonly arrays: readonly (Uint8Array | Int32Array | Uint32Array | Float64Array)[];
}

/** Returns a store as files have it. It is for reading only, and valid only until the next change. */
function packObjects(objects: ObjectStore): PackedObjects {
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

/**
 * Arrays whose length is a count: ids of objects, kinds of values. The others may have unused room after their
 * elements.
 */
const exactParts: ReadonlySet<number> = new Set([10, 11]);

/**
 * @param parts the bytes of each array, each at a multiple of eight in its memory.
 * @param sortedValues how many values, from the first on, are in order.
 */
function toObjects(
  parts: readonly Uint8Array[],
  { details, otherIds }: PackedTexts,
  sortedValues: number,
): ObjectStore {
  const bytes = (index: number) => parts[index] as Uint8Array;
  const integers = (index: number) => view(bytes(index), Int32Array);
  const counts = (index: number) => view(bytes(index), Uint32Array);
  const times = (index: number) => view(bytes(index), Float64Array);
  // The unused room is counted in bytes, so it is a different number of rows in each; all columns get the smallest number.
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

/** The meaning of the numbers in the arrays, on this machine and for this version. */
export interface Layout {
  readonly byteOrder: number;
  readonly kinds: readonly string[];
  readonly reasons: readonly string[];
}

function ownLayout(): Layout {
  const byteOrder = new Uint8Array(Uint32Array.of(1).buffer)[0] ?? 0;
  return { byteOrder, kinds: storedKinds, reasons: reasonNames };
}

function isOwnLayout({ byteOrder, kinds, reasons }: Layout): boolean {
  const own = ownLayout();
  return (
    byteOrder === own.byteOrder && kinds.join() === own.kinds.join() && reasons.join() === own.reasons.join()
  );
}

/** How many objects of each kind there are. */
export interface ObjectCounts {
  readonly observables: number;
  readonly indicators: number;
}

/** Counts the objects that are not gone. */
export function countObjects(store: ObjectStore): ObjectCounts {
  const states = store.columns().flags;
  let observables = 0;
  let indicators = 0;
  for (let object = 0; object < store.size; object += 1) {
    const state = states[object] as number;
    if ((state & flags.gone) !== 0) continue;
    if ((state & flags.indicator) === 0) observables += 1;
    else indicators += 1;
  }
  return { observables, indicators };
}

/** Returns the newest `updated_at` of the objects of a kind that are not gone; null when there is none. */
export function findNewest(store: ObjectStore, type: SourceRecord['type']): number | null {
  const { flags: states, updatedAt } = store.columns();
  const wanted = type === 'indicator' ? flags.indicator : 0;
  let newest = Number.NEGATIVE_INFINITY;
  for (let object = 0; object < store.size; object += 1) {
    const isWanted = ((states[object] as number) & (flags.indicator | flags.gone)) === wanted;
    if (isWanted) newest = Math.max(newest, (updatedAt[object] as number) || Number.NEGATIVE_INFINITY);
  }
  return newest === Number.NEGATIVE_INFINITY ? null : newest;
}

/** Replaces objects by their new states, and adds new objects. When an object is given twice, the last state counts. */
export function applyChanges(store: ObjectStore, records: Iterable<SourceRecord>): void {
  const changed = new Map([...records].map((record) => [toKey(record.type, record.id), record]));
  const ids = new Set([...changed.values()].map(({ id }) => id));
  const states = store.columns().flags;
  for (const object of store.ids.findAll(ids)) {
    const state = states[object] as number;
    const type = (state & flags.indicator) === 0 ? 'observable' : 'indicator';
    if ((state & flags.gone) === 0 && changed.has(toKey(type, store.ids.at(object)))) store.remove(object);
  }
  for (const record of changed.values()) store.add(record);
}

const toKey = (type: SourceRecord['type'], id: string) => `${type} ${id}`;

/** Bytes that are read straight into their target, so that a large file is in memory only once. */
export interface ReadableBytes {
  readonly size: number;
  /** Fills the target with the bytes from a position on. @throws RangeError when there are not enough. */
  read(target: Uint8Array, place: number): void;
}

export function readableBuffer(bytes: Uint8Array): ReadableBytes {
  return {
    size: bytes.length,
    read(target, place) {
      if (place + target.length > bytes.length) throw new RangeError('there are fewer bytes');
      target.set(bytes.subarray(place, place + target.length));
    },
  };
}
