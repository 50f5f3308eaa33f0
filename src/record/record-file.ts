import { createHash } from 'node:crypto';
import { createDetailsTable, type SharedDetails } from './details-table.ts';
import { createIds, type SavedIds } from './ids.ts';
import { createObjectStore, type ObjectColumns, type ObjectStore, reasonNames } from './object-store.ts';
import { storedKinds } from './value-columns.ts';
import { createValueStore } from './value-store.ts';

/**
 * What was read from a platform, as one file: a line of JSON, the arrays one behind the other, each at a multiple of
 * eight bytes, and the SHA-256 of all before it. It is a memory of this machine: bytes are in its own order, and whatever
 * is not exactly as this version writes it counts as nothing.
 */
export interface PlatformRecord {
  readonly objects: ObjectStore;
  /** Of the read that it comes from. */
  readonly origin: RecordOrigin;
}

export interface RecordOrigin {
  /** What has to be the same for the record to be of use: version, configuration, platform, user. */
  readonly fingerprint: string;
  /** When everything was read the last time; milliseconds since the epoch. */
  readonly fullAt: number;
}

const magic = 'opencti-wazuh record 2';
const digestBytes = 32;
const alignment = 8;

interface Header {
  readonly magic: string;
  readonly byteOrder: number;
  readonly kinds: readonly string[];
  readonly reasons: readonly string[];
  readonly origin: RecordOrigin;
  readonly details: readonly (SharedDetails | null)[];
  readonly otherIds: SavedIds['others'];
  /** How many values, from the first on, are in the order of kinds and list keys. */
  readonly sortedValues: number;
  /** Bytes of each array, in the order of `arraysOf`. */
  readonly sizes: readonly number[];
}

/** The parts of the file, in order. */
export function* renderRecordFile({ objects, origin }: PlatformRecord): Generator<Uint8Array> {
  const ids = objects.ids.save();
  const arrays = arraysOf(objects, ids);
  const header: Header = {
    magic,
    byteOrder: byteOrder(),
    kinds: storedKinds,
    reasons: reasonNames,
    origin,
    details: objects.details.all,
    otherIds: ids.others,
    sortedValues: objects.values.sortedSize,
    sizes: arrays.map(({ byteLength }) => byteLength),
  };
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

function arraysOf(objects: ObjectStore, ids: SavedIds) {
  const { size } = objects;
  const columns = objects.columns();
  const values = objects.values.columns();
  return [
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
}

/** Null: no record, or not one that this version wrote whole. */
export function parseRecordFile(file: Buffer): PlatformRecord | null {
  try {
    const end = file.indexOf('\n');
    const body = file.subarray(0, file.length - digestBytes);
    const digest = createHash('sha256').update(body).digest();
    if (end < 0 || !digest.equals(file.subarray(body.length))) return null;
    const header = JSON.parse(file.toString('utf8', 0, end)) as Header;
    return isOurs(header) ? toRecord(header, body, end + 1) : null;
  } catch {
    return null;
  }
}

function isOurs(header: Header): boolean {
  return (
    header.magic === magic &&
    header.byteOrder === byteOrder() &&
    header.kinds.join() === storedKinds.join() &&
    header.reasons.join() === reasonNames.join()
  );
}

function byteOrder(): number {
  return new Uint8Array(Uint32Array.of(1).buffer)[0] ?? 0;
}

function toRecord(header: Header, body: Buffer, headerSize: number): PlatformRecord {
  const parts = cut(header, body, headerSize);
  const bytes = (index: number) => parts[index] as Uint8Array;
  const integers = (index: number) => view(bytes(index), Int32Array);
  const counts = (index: number) => view(bytes(index), Uint32Array);
  const times = (index: number) => view(bytes(index), Float64Array);
  const columns: ObjectColumns = {
    flags: bytes(0),
    scores: integers(1),
    confidences: integers(2),
    validFrom: times(3),
    validUntil: times(4),
    createdAt: times(5),
    updatedAt: times(6),
    details: counts(7),
    linkStarts: counts(8),
    links: integers(9),
  };
  const objects = createObjectStore({
    values: createValueStore({ kinds: bytes(11), bytes: bytes(12), starts: counts(13) }, header.sortedValues),
    details: createDetailsTable(header.details),
    ids: createIds({ bytes: bytes(10), others: header.otherIds }),
    columns,
  });
  return { objects, origin: header.origin };
}

/** The arrays, each in memory of its own alignment. */
function cut({ sizes }: Header, body: Buffer, headerSize: number): Uint8Array[] {
  let at = headerSize + toPadding(headerSize);
  const isAligned = body.byteOffset % alignment === 0;
  return sizes.map((size) => {
    const part = body.subarray(at, at + size);
    at += size + toPadding(size);
    return isAligned ? new Uint8Array(part.buffer, part.byteOffset, size) : Uint8Array.from(part);
  });
}

type Typed<A> = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => A;

function view<A>(bytes: Uint8Array, Type: Typed<A> & { readonly BYTES_PER_ELEMENT: number }): A {
  return new Type(bytes.buffer, bytes.byteOffset, bytes.byteLength / Type.BYTES_PER_ELEMENT);
}
