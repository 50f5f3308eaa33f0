import { createHash } from 'node:crypto';
import type { ObjectStore } from './object-store.ts';
import {
  exactParts,
  isOwnLayout,
  type Layout,
  ownLayout,
  type PackedTexts,
  packObjects,
  toObjects,
} from './packed-objects.ts';
import type { ReadableBytes } from './readable-bytes.ts';

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
  /** When the last read of everything began; milliseconds since the epoch. */
  readonly fullAt: number;
  /** When the last read began, by the platform's clock: an edit that came while it ran may not be in the record. */
  readonly since: number;
}

const magic = 'opencti-wazuh record 4';
const digestBytes = 32;
const alignment = 8;

interface Header extends PackedTexts, Layout {
  readonly magic: string;
  readonly origin: RecordOrigin;
  /** How many values, from the first on, are in the order of kinds and list keys. */
  readonly sortedValues: number;
  /** Bytes of each array. */
  readonly sizes: readonly number[];
}

/** The parts of the file, in order. */
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

/** Null: no record, or not one that this version wrote whole. */
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

/** With its end. @throws when there is none. */
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
 * Memory of its own alignment, with room for what has changed: a column without any is copied at the first new row, and
 * both copies are in memory then. The system gives none for what is not written to.
 */
function withRoom(size: number, isExact: boolean): Uint8Array {
  if (isExact) return new Uint8Array(size);
  const wanted = size + Math.ceil(size / 16) + leastRoom;
  return new Uint8Array(wanted + toPadding(wanted));
}

const leastRoom = 1 << 15;
