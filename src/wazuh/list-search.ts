import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { formatListLine, parseListLine } from './list-text.ts';

/** Enough for any line of ours, and a page or two of the disk. */
const windowBytes = 8_192;
const newline = 0x0a;

/**
 * Looks a key up in a list file by binary search: the lines are sorted by their bytes.
 * @param key as the event field spells it.
 * @returns the value part, here the OpenCTI id; null: the key is not in the list, or the file became shorter meanwhile.
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

/** The line that starts with the prefix; `low` and `high` are always starts of lines, or the end of the file. */
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
 * The line that the byte at `middle` belongs to; it lies between `low` and `high`. Null: the file ends before that, so
 * it became shorter under our hands, and nothing that was read of it holds any more.
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
