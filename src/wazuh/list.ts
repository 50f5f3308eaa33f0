import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Enough for any line of ours, and a page or two of the disk. */
const windowBytes = 8_192;
const newline = 0x0a;

/**
 * Looks up a key in a list file by binary search: the lines are sorted by their bytes.
 * @param key as the event field spells it.
 * @returns the value, here the OpenCTI id; null: the key is not in the list, or the file became shorter meanwhile.
 * @throws the system's error when the file cannot be read (ENOENT among them).
 */
export function findInList(path: string, key: string): string | null {
  const file = openSync(path, 'r');
  try {
    const line = findLine(file, fstatSync(file).size, Buffer.from(formatListLine({ key, value: '' })));
    return line === null ? null : (parseListLine(line)?.value ?? null);
  } finally {
    closeSync(file);
  }
}

/**
 * Returns the line that starts with the prefix; `low` and `high` are always starts of lines, or the end of the file.
 */
function findLine(file: number, size: number, prefix: Buffer): string | null {
  let low = 0;
  let high = size;
  while (low < high) {
    const line = readLineAround(file, Math.floor((low + high) / 2), low, high);
    if (line === null) return null;
    const order = line.bytes.subarray(0, prefix.length).compare(prefix);
    if (order === 0) return line.bytes.toString();
    if (order < 0) low = line.end;
    else high = line.start;
  }
  return null;
}

interface FoundLine {
  readonly bytes: Buffer;
  readonly start: number;
  /** Where the next line starts. */
  readonly end: number;
}

/**
 * Returns the line with the byte at `middle`; the line is between `low` and `high`. Null: the file ends before that, so
 * it became shorter during the search, and what was read of it is no longer valid.
 */
function readLineAround(file: number, middle: number, low: number, high: number): FoundLine | null {
  for (let reach = windowBytes; ; reach *= 2) {
    const from = Math.max(low, middle - reach);
    const window = readWindow(file, from, Math.min(high, middle + reach));
    if (window === null) return null;
    const before = middle === from ? -1 : window.lastIndexOf(newline, middle - from - 1);
    const behind = window.indexOf(newline, middle - from);
    const startKnown = before >= 0 || from === low;
    const endKnown = behind >= 0 || from + window.length === high;
    if (!startKnown || !endKnown) continue;
    const bytes = window.subarray(before + 1, behind < 0 ? window.length : behind);
    return { bytes, start: from + before + 1, end: behind < 0 ? high : from + behind + 1 };
  }
}

function readWindow(file: number, from: number, to: number): Buffer | null {
  const window = Buffer.allocUnsafe(to - from);
  let filled = 0;
  while (filled < window.length) {
    const read = readSync(file, window, filled, window.length - filled, from + filled);
    if (read === 0) return null;
    filled += read;
  }
  return window;
}

/** The engine reads lines into a buffer of 64 KiB (Wazuh 4.14.7). */
const longestLine = 65_534;

/**
 * The lines that the server API and the dashboard accept in a list, which are fewer than the engine accepts: a quoted
 * key may hold `:` and blanks (Wazuh 4.14.7, `framework/wazuh/core/cdb_list.py`).
 */
const apiLine = /^(?:"[\w\-: ]+?"|[^:"\s]+):(?:"[\w\-: ]*?"|[^:"]*)$/;

/** Returns whether the server API would take the key: in quotes it takes no dot. */
export function isApiKey(key: string): boolean {
  return !key.includes(':') || /^[\w\-:]+$/.test(key);
}

/**
 * Returns the line of an entry. A key that holds `:` is quoted; the engine knows no escape, so a `"` can be in neither
 * part.
 */
export function formatListLine({ key, value }: ListEntry): string {
  return key.includes(':') ? `"${key}":${value}` : `${key}:${value}`;
}

/**
 * Reads a line of a list as the engine does (Wazuh 4.14.7, `analysisd/lists_make.c`); null: the engine skips the line
 * without a message. A `"` before the first `:` opens a quoted key; a `"` anywhere after the `:` opens a value.
 */
export function parseListLine(text: string): ListEntry | null {
  const line = text.replace(/[\r\n].*$/s, '');
  const quote = line.indexOf('"');
  const isQuoted = quote >= 0 && quote < line.indexOf(':');
  const end = isQuoted ? line.indexOf('"', quote + 1) : 0;
  if (end < 0) return null;
  const colon = line.indexOf(':', end);
  if (colon < 0) return null;
  const value = parseListValue(line.slice(colon + 1));
  return value === null ? null : { key: isQuoted ? line.slice(quote + 1, end) : line.slice(0, colon), value };
}

function parseListValue(text: string): string | null {
  const quote = text.indexOf('"');
  if (quote < 0) return text;
  const end = text.indexOf('"', quote + 1);
  return end < 0 ? null : text.slice(quote + 1, end);
}

/**
 * Returns why a line may not be in a list of ours, or null. Keys that occur twice are not checked here.
 * @param target `api`: the server API has to accept the line, too.
 */
export function problemOfListLine(line: string, target: 'engine' | 'api' = 'api'): string | null {
  if (!/^[\x21-\x7e]+$/.test(line)) return 'holds a blank, a control character or a byte outside of ASCII';
  if (line.length > longestLine) return `is longer than ${longestLine} bytes`;
  if (target === 'api' && !apiLine.test(line))
    return 'is not of the form that the server API takes: key:value or "key":value';
  const entry = parseListLine(line);
  if (entry === null || formatListLine(entry) !== line) return 'would be read by the engine as another key';
  return null;
}

/**
 * An entry of a CDB list. The key is the event field's spelling of a value; the value is the OpenCTI internal id of the
 * object that decided.
 */
export interface ListEntry {
  readonly key: string;
  readonly value: string;
}
