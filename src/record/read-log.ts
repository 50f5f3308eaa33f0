import { createHash } from 'node:crypto';
import type { SharedDetails } from './details-table.ts';
import type { ObjectStore } from './object-store.ts';
import {
  isOwnLayout,
  type Layout,
  ownLayout,
  type PackedObjects,
  type PackedTexts,
  packObjects,
  toObjects,
} from './packed-objects.ts';

/**
 * A read of everything as far as it came, page by page: what each page brought stands behind the one before, so that all
 * of it is written once, and a run that is killed within a page has the pages before. An entry is a line of JSON, the
 * new end of each array of the store, and the SHA-256 of the digest before it and all this. What does not fit ends the
 * log: nothing behind it is believed.
 */
export interface ReadLog {
  readonly origin: ReadOrigin;
  readonly objects: ObjectStore;
  readonly pages: number;
  readonly last: KeptPage;
  /** Bytes of the file up to the last page that is whole, and what the next one builds on. */
  readonly size: number;
  readonly digest: Uint8Array;
}

export interface ReadOrigin {
  /** What has to be the same for the read to go on. */
  readonly fingerprint: string;
  /** When it began; milliseconds since the epoch. */
  readonly startedAt: number;
  /** The same by the platform's clock. */
  readonly since: number;
  /** Why everything is read. */
  readonly why: string;
  /** One that went on had other objects than the platform, and this is the read in its place. */
  readonly isSecond: boolean;
}

/** Up to where a read of everything came: what stands before this source is read, and this one up to the mark. */
export interface ReadPlace {
  readonly source: 'observables' | 'indicators';
  /** OpenCTI's mark of the last row. */
  readonly cursor: string;
  /** Rows of this source so far. */
  readonly read: number;
}

export interface KeptPage extends ReadPlace {
  /** When it came; milliseconds since the epoch. */
  readonly at: number;
}

const magic = 'opencti-wazuh read 2';
const digestBytes = 32;
const noBytes = Buffer.alloc(0);
const noDigest = noBytes;

interface Head extends Layout {
  readonly magic: string;
  readonly origin: ReadOrigin;
}

interface PageLine extends PackedTexts {
  readonly page: KeptPage;
  /** Bytes of each part. */
  readonly sizes: readonly number[];
}

/** How much of a store the log has. */
interface Extent {
  readonly arrays: readonly number[];
  readonly details: number;
  readonly otherIds: number;
}

const nothing: Extent = { arrays: [], details: 0, otherIds: 0 };

/** Gives what to write behind the rest of the log. */
export interface ReadLogWriter {
  /** What has come into the store since the last page; its values are in the order in which they came. */
  addPage(objects: ObjectStore, page: KeptPage): Uint8Array;
}

/** @param begun the log to go on with; null: a new one. */
export function createReadLogWriter(origin: ReadOrigin, begun: ReadLog | null): ReadLogWriter {
  let digest = begun?.digest ?? null;
  let written = begun === null ? nothing : extentOf(packObjects(begun.objects));
  return {
    addPage(objects, page) {
      const packed = packObjects(objects);
      const tails = packed.arrays.map((array, index) => array.subarray(written.arrays[index] ?? 0));
      const line: PageLine = {
        page,
        details: packed.details.slice(written.details),
        otherIds: packed.otherIds.slice(written.otherIds),
        sizes: tails.map(({ byteLength }) => byteLength),
      };
      const head = digest === null ? toEntry(noDigest, toHead(origin), []) : noBytes;
      const entry = toEntry(digest ?? digestIn(head), line, tails);
      digest = digestIn(entry);
      written = extentOf(packed);
      return Buffer.concat([head, entry]);
    },
  };
}

const toHead = (origin: ReadOrigin): Head => ({ magic, ...ownLayout(), origin });

function extentOf({ arrays, details, otherIds }: PackedObjects): Extent {
  return {
    arrays: arrays.map(({ length }) => length),
    details: details.length,
    otherIds: otherIds.length,
  };
}

function toEntry(before: Uint8Array, line: object, parts: readonly ArrayBufferView[]): Buffer {
  const text = Buffer.from(`${JSON.stringify(line)}\n`);
  const bytes = parts.map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  const entry = Buffer.concat([text, ...bytes]);
  return Buffer.concat([entry, digestOf(before, entry)]);
}

const digestIn = (entry: Uint8Array) => entry.slice(-digestBytes);

const digestOf = (before: Uint8Array, entry: Uint8Array) =>
  createHash('sha256').update(before).update(entry).digest();

/** Null: no page is whole, or it is not as this version writes it. */
export function parseReadLog(file: Buffer): ReadLog | null {
  const head = readEntry<Head>(file, 0, noDigest, () => 0);
  if (head === null || head.line.magic !== magic || !isOwnLayout(head.line)) return null;
  const pages: Entry<PageLine>[] = [];
  for (let last: Entry<unknown> = head; ; ) {
    const next = readEntry<PageLine>(file, last.end, last.digest, ({ sizes }) => sum(sizes));
    if (next === null) break;
    pages.push(next);
    last = next;
  }
  const last = pages.at(-1);
  if (last === undefined) return null;
  return {
    origin: head.line.origin,
    objects: join(pages),
    pages: pages.length,
    last: last.line.page,
    size: last.end,
    digest: Uint8Array.from(last.digest),
  };
}

interface Entry<T> {
  readonly line: T;
  readonly body: Buffer;
  readonly digest: Buffer;
  /** Where the next one begins. */
  readonly end: number;
}

function readEntry<T>(
  file: Buffer,
  start: number,
  before: Uint8Array,
  sizeOf: (line: T) => number,
): Entry<T> | null {
  const lineEnd = file.indexOf('\n', start);
  if (lineEnd < 0) return null;
  try {
    const line = JSON.parse(file.toString('utf8', start, lineEnd)) as T;
    const bodyEnd = lineEnd + 1 + sizeOf(line);
    const end = bodyEnd + digestBytes;
    const digest = file.subarray(bodyEnd, end);
    if (!digestOf(before, file.subarray(start, bodyEnd)).equals(digest)) return null;
    return { line, body: file.subarray(lineEnd + 1, bodyEnd), digest, end };
  } catch {
    return null;
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

function join(pages: readonly Entry<PageLine>[]): ObjectStore {
  const arrays = pages[0]?.line.sizes.map((_, index) => joinArray(pages, index)) ?? [];
  const details: (SharedDetails | null)[] = pages.flatMap(({ line }) => line.details);
  return toObjects(arrays, { details, otherIds: pages.flatMap(({ line }) => line.otherIds) }, 0);
}

function joinArray(pages: readonly Entry<PageLine>[], index: number): Uint8Array {
  const joined = new Uint8Array(sum(pages.map(({ line }) => line.sizes[index] ?? 0)));
  let end = 0;
  for (const { line, body } of pages) {
    const start = sum(line.sizes.slice(0, index));
    const part = body.subarray(start, start + (line.sizes[index] ?? 0));
    joined.set(part, end);
    end += part.length;
  }
  return joined;
}
