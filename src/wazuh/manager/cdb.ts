import { readSync } from 'node:fs';
import { parseListLine } from '../list-text.ts';
import type { HeldFile } from './held-folder.ts';

/** The head of a database: 256 pairs of the place and the slots of a hash table (cr.yp.to/cdb/cdb.txt). */
const headBytes = 2_048;
const windowBytes = 1 << 20;

export interface CdbHead {
  readonly keys: number;
  /** Where the records end and the hash tables begin. */
  readonly recordsEnd: number;
}

/** The head of a database; null: the file is none, or was cut. */
export function readCdbHead(file: HeldFile): CdbHead | null {
  const head = Buffer.alloc(headBytes);
  if (readSync(file.descriptor, head, 0, headBytes, 0) < headBytes) return null;
  let slots = 0;
  let recordsEnd = Number.POSITIVE_INFINITY;
  let end = 0;
  for (let at = 0; at < headBytes; at += 8) {
    const place = head.readUInt32LE(at);
    const length = head.readUInt32LE(at + 4);
    slots += length;
    recordsEnd = Math.min(recordsEnd, place);
    end = Math.max(end, place + length * 8);
  }
  const isWhole = recordsEnd >= headBytes && end === file.stats.size;
  // A table has twice as many slots as keys.
  return isWhole ? { keys: slots / 2, recordsEnd } : null;
}

/** The records in the order of the file, which is that of the list's lines. Nothing is held but a window. */
export function* readCdbRecords(file: HeldFile, { recordsEnd }: CdbHead): Generator<CdbRecord> {
  let window = Buffer.alloc(0);
  let at = 0;
  let place = headBytes;
  function take(length: number): Buffer {
    if (window.length - at < length) {
      const rest = window.subarray(at);
      const more = Buffer.alloc(Math.min(Math.max(windowBytes, length), recordsEnd - place));
      const read = readSync(file.descriptor, more, 0, more.length, place);
      place += read;
      window = Buffer.concat([rest, more.subarray(0, read)]);
      at = 0;
    }
    const part = window.subarray(at, at + length);
    at += length;
    return part;
  }
  while (place < recordsEnd || at < window.length) {
    const lengths = take(8);
    if (lengths.length < 8) return;
    const key = take(lengths.readUInt32LE(0)).toString();
    yield { key, value: take(lengths.readUInt32LE(4)).toString() };
  }
}

export interface CdbRecord {
  readonly key: string;
  readonly value: string;
}

/** Does a database hold what the lines say, all of it, and nothing else? */
export function holdsLines(file: HeldFile, head: CdbHead, lines: Iterable<string>): boolean {
  const records = readCdbRecords(file, head);
  for (const line of lines) {
    const expected = parseListLine(line);
    const found = records.next();
    if (found.done || expected === null) return false;
    if (found.value.key !== expected.key || found.value.value !== expected.value) return false;
  }
  return records.next().done === true;
}
