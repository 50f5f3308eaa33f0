import { createHash } from 'node:crypto';
import type { ObjectStore } from './object-store.ts';
import {
  isOwnLayout,
  type Layout,
  ownLayout,
  type PackedTexts,
  packObjects,
  toObjects,
} from './packed-objects.ts';

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

const magic = 'opencti-wazuh record 3';
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
export function parseRecordFile(file: Buffer): PlatformRecord | null {
  try {
    const end = file.indexOf('\n');
    const body = file.subarray(0, file.length - digestBytes);
    const digest = createHash('sha256').update(body).digest();
    if (end < 0 || !digest.equals(file.subarray(body.length))) return null;
    const header = JSON.parse(file.toString('utf8', 0, end)) as Header;
    if (header.magic !== magic || !isOwnLayout(header)) return null;
    return {
      objects: toObjects(cut(header, body, end + 1), header, header.sortedValues),
      origin: header.origin,
    };
  } catch {
    return null;
  }
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
