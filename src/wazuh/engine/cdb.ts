import { closeSync, readSync } from 'node:fs';
import { type HeldFile, type HeldFolder, openFile, statName } from '../../files/held.ts';
import { type PlannedFile, toChunks } from '../../files/write.ts';
import { parseListLine } from '../list.ts';

type ListLines = PlannedFile['lines'] & { readonly length?: number };

/**
 * Checks whether the engine has compiled this list: the database has to hold every entry of the list. Neither the times
 * of the files nor the number of keys would prove that; they only describe the fault when an entry is missing.
 * @returns null: it is compiled; otherwise a sentence.
 */
export function findListProblem(folder: HeldFolder, name: string, lines: ListLines): string | null {
  const database = openFile(folder, `${name}.cdb`);
  if (database === null) return `etc/lists/${name} was not compiled: ${name}.cdb is not there`;
  try {
    return compare(folder, name, database, lines);
  } finally {
    closeSync(database.descriptor);
  }
}

function compare(folder: HeldFolder, name: string, database: HeldFile, lines: ListLines): string | null {
  const head = readCdbHead(database);
  if (head === null) return `etc/lists/${name}.cdb is not a whole database`;
  const count = lines.length ?? countOf(lines);
  if (head.keys === count && holdsLines(database, head, toChunks(lines))) return null;
  const written = statName(folder, name)?.mtimeMs ?? 0;
  const found = head.keys === count ? 'other entries' : `${head.keys} keys`;
  // The text may have a time that is a second ahead, so a database that looks older may still be current.
  const isOlder = toSecond(database.stats.mtimeMs) < toSecond(written);
  const age = isOlder ? ', and it is older than its text' : '';
  return `etc/lists/${name}.cdb has ${found} where the list has ${count}${age}`;
}

function countOf(lines: Iterable<string>): number {
  let count = 0;
  for (const _ of lines) count += 1;
  return count;
}

/** The engine compares whole seconds (Wazuh 4.14.7). */
function toSecond(milliseconds: number): number {
  return Math.floor(milliseconds / 1_000);
}

/** The head of a database has 256 pairs: the offset and the number of slots of a hash table (cr.yp.to/cdb/cdb.txt). */
const headBytes = 2_048;
const windowBytes = 1 << 20;

export interface CdbHead {
  readonly keys: number;
  /** Where the records end and the hash tables begin. */
  readonly recordsEnd: number;
}

/** Reads the head of a database; null: the file is no database, or was truncated. */
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

export interface CdbRecord {
  readonly key: string;
  readonly value: string;
}

/** Returns the records in the order of the file, which is the order of the list's lines. */
export function* readCdbRecords(file: HeldFile, head: CdbHead): Generator<CdbRecord> {
  const records = openRecords(file, head);
  while (records.next()) yield records.texts();
}

/**
 * Returns whether a database holds all entries of the lines and nothing else.
 * @param chunks whole lines with their ends.
 */
export function holdsLines(file: HeldFile, head: CdbHead, chunks: Iterable<Buffer>): boolean {
  const records = openRecords(file, head);
  for (const chunk of chunks) {
    for (let start = 0; start < chunk.length; ) {
      const found = chunk.indexOf(lineEnd, start);
      const end = found < 0 ? chunk.length : found;
      if (!records.next()) return false;
      if (
        !records.isWrittenAs(chunk, start, end) &&
        !isMeant(records.texts(), chunk.toString('utf8', start, end))
      )
        return false;
      start = end + 1;
    }
  }
  return !records.next();
}

const lineEnd = 10;
const quote = 34;
const colon = 58;
const carriageReturn = 13;

/** Compares a record with a line that is not in our form, by what the engine reads in that line. */
function isMeant({ key, value }: CdbRecord, line: string): boolean {
  const expected = parseListLine(line);
  return expected !== null && expected.key === key && expected.value === value;
}

/** Reads through the records; only a window of the file is in memory. */
interface CdbRecords {
  /** Goes to the next record. @returns whether there is one. */
  next(): boolean;
  /**
   * Returns whether this record is `key:value` or `"key":value` as written there. Millions of records are compared
   * without making a string.
   */
  isWrittenAs(line: Buffer, start: number, end: number): boolean;
  texts(): CdbRecord;
}

function openRecords(file: HeldFile, { recordsEnd }: CdbHead): CdbRecords {
  let window = Buffer.alloc(0);
  let place = headBytes;
  let keyStart = 0;
  let keyEnd = 0;
  let valueEnd = 0;

  /** Makes the window hold `length` bytes after the last record, if the file has as many. @returns where they start. */
  function take(length: number): number {
    if (window.length - valueEnd < length && place < recordsEnd) {
      const more = Buffer.alloc(Math.min(Math.max(windowBytes, length), recordsEnd - place));
      const count = readSync(file.descriptor, more, 0, more.length, place);
      place = count === 0 ? recordsEnd : place + count;
      window = Buffer.concat([window.subarray(valueEnd), more.subarray(0, count)]);
      valueEnd = 0;
    }
    return valueEnd;
  }
  return {
    next() {
      const lengths = take(8);
      if (window.length - lengths < 8) return false;
      const keyLength = window.readUInt32LE(lengths);
      const valueLength = window.readUInt32LE(lengths + 4);
      keyStart = take(8 + keyLength + valueLength) + 8;
      keyEnd = keyStart + keyLength;
      valueEnd = keyEnd + valueLength;
      return true;
    },
    isWrittenAs(line, start, end) {
      const isQuoted = line[start] === quote;
      const from = isQuoted ? start + 1 : start;
      const mark = from + keyEnd - keyStart;
      const valueStart = isQuoted ? mark + 2 : mark + 1;
      const isOfForm = isQuoted ? line[mark] === quote && line[mark + 1] === colon : line[mark] === colon;
      return (
        isOfForm &&
        valueStart + valueEnd - keyEnd === end &&
        isPlain(line, from, mark, isQuoted) &&
        isPlain(line, valueStart, end, true) &&
        equals(line, from, window, keyStart, keyEnd - keyStart) &&
        equals(line, valueStart, window, keyEnd, valueEnd - keyEnd)
      );
    },
    texts: () => ({
      key: window.toString('utf8', keyStart, keyEnd),
      value: window.toString('utf8', keyEnd, valueEnd),
    }),
  };
}

/** Returns whether the bytes hold no character with a special meaning in that place: see `parseListLine`. */
function isPlain(bytes: Buffer, from: number, to: number, mayHoldColon: boolean): boolean {
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at];
    if (byte === quote || byte === carriageReturn || (byte === colon && !mayHoldColon)) return false;
  }
  return true;
}

function equals(a: Buffer, fromA: number, b: Buffer, fromB: number, length: number): boolean {
  for (let at = 0; at < length; at += 1) if (a[fromA + at] !== b[fromB + at]) return false;
  return true;
}
