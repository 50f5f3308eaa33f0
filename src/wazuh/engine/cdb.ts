import { closeSync, readSync } from 'node:fs';
import { type HeldFile, type HeldFolder, openFile, statName } from '../../files/held.ts';
import { type PlannedFile, toChunks } from '../../files/write.ts';
import { parseListLine } from '../list.ts';

type ListLines = PlannedFile['lines'] & { readonly length?: number };

/**
 * Has the engine compiled this list? Its database has the list's entries, each of them, so that neither clock
 * nor a stroke of luck stands in for the answer; the times and the number of keys say what is wrong when not.
 * @returns null: it has; otherwise a sentence.
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
  // A text may be dated a second ahead, so a database that is older need not be an old one.
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

export interface CdbRecord {
  readonly key: string;
  readonly value: string;
}

/** The records in the order of the file, which is that of the list's lines. */
export function* readCdbRecords(file: HeldFile, head: CdbHead): Generator<CdbRecord> {
  const records = openRecords(file, head);
  while (records.next()) yield records.texts();
}

/** Does a database hold what the lines say, all of it, and nothing else? @param chunks whole lines with their ends. */
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

/** Of lines that are not of the form of ours: what the engine makes of them. */
function isMeant({ key, value }: CdbRecord, line: string): boolean {
  const expected = parseListLine(line);
  return expected !== null && expected.key === key && expected.value === value;
}

/** A way through the records; nothing is held but a window. */
interface CdbRecords {
  /** Goes to the next record. @returns whether there is one. */
  next(): boolean;
  /** Is this one `key:value` or `"key":value` as it stands there? Millions are told so without a text. */
  isWrittenAs(line: Buffer, start: number, end: number): boolean;
  texts(): CdbRecord;
}

function openRecords(file: HeldFile, { recordsEnd }: CdbHead): CdbRecords {
  let window = Buffer.alloc(0);
  let place = headBytes;
  let keyStart = 0;
  let keyEnd = 0;
  let valueEnd = 0;

  /** Has the window hold `length` bytes behind the last record, where there are as many. @returns where they start. */
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

/** Holds nothing that means more than itself there: see `parseListLine`. */
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
