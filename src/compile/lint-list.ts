import { KnownError } from '../errors.ts';
import { parseListLine, problemOfListLine } from '../wazuh/list-text.ts';
import { type Lines, splitChunks } from './list-lines.ts';
import type { ListTarget } from './lists.ts';

/** A line within a buffer, and where the mark behind its key stands; `mark` is -1: it has no plain form. */
interface Place {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly mark: number;
}

const lineEnd = 10;

/** What a list is to be checked by. */
interface Checked {
  readonly name: string;
  readonly lines: Lines;
  readonly target: ListTarget;
}

/** The same lines, checked the first time that all of them are gone through: see `lintList`, which throws then. */
export function withLint({ name, lines, target }: Checked): Lines {
  let isChecked = false;
  const checked: Lines = {
    length: lines.length,
    *chunks() {
      if (isChecked) return yield* lines.chunks();
      yield* lintChunks({ name, lines, target });
      isChecked = true;
    },
    map: (toResult) => Array.from(checked, toResult),
    [Symbol.iterator]: () => splitChunks(checked.chunks()),
  };
  return checked;
}

/**
 * The grammar of the engine takes each line, and that of the server API where the list is to go there; the order is that
 * of bytes, and no key comes twice. A line of plain form behind a
 * smaller one of another key is told by its bytes; what is not goes through the grammars.
 * @throws KnownError that names the line.
 */
export function lintList(list: Checked): void {
  for (const _ of lintChunks(list));
}

/** Each chunk when it is checked. */
function* lintChunks({ name, lines, target }: Checked): Generator<Buffer> {
  let before: Place = { bytes: new Uint8Array(0), start: 0, end: 0, mark: -1 };
  let number = 0;
  const keys = inQuotedKey[target];
  for (const chunk of lines.chunks()) {
    for (let start = 0; start < chunk.length; ) {
      const end = chunk.indexOf(lineEnd, start);
      const place = { bytes: chunk, start, end, mark: findMark(chunk, start, end, keys) };
      number += 1;
      if (place.mark < 0 || !isBehind(place, before))
        lintText({ name, number, target }, toText(before), toText(place));
      before = place;
      start = end + 1;
    }
    yield chunk;
    // The next chunk takes the place of this one.
    before = { ...before, bytes: Uint8Array.from(chunk) };
  }
}

function lintText(
  { name, number, target }: { name: string; number: number; target: ListTarget },
  before: string,
  line: string,
): void {
  const problem = problemOfListLine(line, target) ?? problemOfNeighbours(before, line);
  if (problem === null) return;
  throw new KnownError(
    `list ${name}, line ${number}: ${JSON.stringify(line)} ${problem}: nothing was written`,
  );
}

/** In sorted lines the lines of one key stand together. */
function problemOfNeighbours(previous: string, line: string): string | null {
  if (line < previous) return 'is not in the order of bytes';
  if (parseListLine(previous)?.key === parseListLine(line)?.key) return 'has the key of the line before it';
  return null;
}

const toText = ({ bytes, start, end }: Place) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8', start, end);

const quote = 34;
const colon = 58;
/** Nobody has a longer one, and the grammars take it. */
const longestPlain = 4096;

const printable = toTable((code) => code > 0x20 && code < 0x7f && code !== quote && code !== colon);
const inQuotedKey = {
  api: toTable((code) => /[\w:-]/.test(String.fromCharCode(code))),
  engine: toTable((code) => /[\w:.-]/.test(String.fromCharCode(code))),
} as const satisfies Record<ListTarget, Uint8Array>;

function toTable(belongs: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => Number(belongs(code) && code < 0x80));
}

/** Where the `:` behind a key stands, or the `"` that closes one; -1 for any other form than `key:value`. */
function findMark(bytes: Uint8Array, start: number, end: number, quotedKey: Uint8Array): number {
  if (end - start > longestPlain) return -1;
  const isQuoted = bytes[start] === quote;
  const from = isQuoted ? start + 1 : start;
  const mark = skip(bytes, isQuoted ? quotedKey : printable, from, end);
  if (mark === from || mark === end) return -1;
  if (isQuoted && (bytes[mark] !== quote || bytes[mark + 1] !== colon || !has(bytes, colon, from, mark)))
    return -1;
  if (!isQuoted && bytes[mark] !== colon) return -1;
  return skip(bytes, printable, isQuoted ? mark + 2 : mark + 1, end) === end ? mark : -1;
}

function skip(bytes: Uint8Array, table: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && table[bytes[at] as number] === 1) at += 1;
  return at;
}

function has(bytes: Uint8Array, byte: number, from: number, end: number): boolean {
  for (let at = from; at < end; at += 1) if (bytes[at] === byte) return true;
  return false;
}

/** The first difference lies within the keys, the marks behind them included, and is for the better. */
function isBehind(line: Place, before: Place): boolean {
  const shorter = Math.min(line.end - line.start, before.end - before.start);
  let at = 0;
  while (at < shorter && line.bytes[line.start + at] === before.bytes[before.start + at]) at += 1;
  if (at >= shorter) return before.end === before.start;
  return (
    at <= line.mark - line.start &&
    (line.bytes[line.start + at] as number) > (before.bytes[before.start + at] as number)
  );
}
