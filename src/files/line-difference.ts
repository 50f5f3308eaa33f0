/** Lines that are added or removed: how many, and the first of them. */
export interface LineChange {
  readonly count: number;
  readonly first: readonly string[];
}

/** How the lines of a file change. */
export interface LineDifference {
  /** How many lines there were in all. */
  readonly before: number;
  readonly after: number;
  readonly added: LineChange;
  readonly removed: LineChange;
}

export interface DifferenceOptions {
  /** Lines with this end do not count. */
  readonly ignored?: string;
  /**
   * Lines with the same key are the same line; the order of the lines has to be that of their keys. The whole line by
   * default.
   */
  readonly keyOf?: (line: string) => string;
  /** The text of so many added lines, and of so many removed ones, is kept. */
  readonly mostShown?: number;
}

/** No one reads more lines than this, so a change of a million lines need not be held in memory. */
const usuallyShown = 10_000;

/**
 * Returns the difference of two texts whose lines are sorted by their bytes, as those of our lists are. Neither text is
 * held in memory. Where they are equal, which is nearly everywhere, bytes are compared and no lines are made.
 * @param before in chunks that may end anywhere. @param after the same.
 */
export function findLineDifference(
  before: Iterable<Buffer>,
  after: Iterable<Buffer>,
  { ignored, keyOf = (line) => line, mostShown = usuallyShown }: DifferenceOptions = {},
): LineDifference {
  const old = createLineCursor(before, ignored);
  const now = createLineCursor(after, ignored);
  const removed = createCollector(mostShown);
  const added = createCollector(mostShown);
  const take = (cursor: LineCursor, change: LineCollector) => {
    const line = cursor.line();
    cursor.skip(line.length + 1);
    if (ignored === undefined || !line.endsWith(ignored)) change.add(line);
  };
  for (let next = skipEqual(old, now, keyOf); next !== 'end'; next = skipEqual(old, now, keyOf)) {
    if (next === 'gone') take(old, removed);
    else take(now, added);
  }
  return { before: old.count, after: now.count, added, removed };
}

/** Skips to the next line that only one of both has. @returns whether that line is gone or new. */
function skipEqual(
  old: LineCursor,
  now: LineCursor,
  keyOf: (line: string) => string,
): 'gone' | 'new' | 'end' {
  while (old.hasLine()) {
    if (!now.hasLine()) return 'gone';
    const same = countCommonBytes(old, now);
    if (same > 0) {
      old.skip(same);
      now.skip(same);
      continue;
    }
    const [oldLine, nowLine] = [old.line(), now.line()];
    const [oldKey, nowKey] = [keyOf(oldLine), keyOf(nowLine)];
    if (oldKey !== nowKey) return oldKey < nowKey ? 'gone' : 'new';
    old.skip(oldLine.length + 1);
    now.skip(nowLine.length + 1);
  }
  return now.hasLine() ? 'new' : 'end';
}

interface LineCollector extends LineChange {
  add(line: string): void;
}

function createCollector(mostShown: number): LineCollector {
  const first: string[] = [];
  let count = 0;
  return {
    get count() {
      return count;
    },
    first,
    add(line) {
      count += 1;
      if (first.length < mostShown) first.push(line);
    },
  };
}

/** A position in a text that moves by whole lines. */
interface LineCursor {
  /** How many lines were skipped, without those that do not count. */
  readonly count: number;
  /** The bytes from `at` to `end` are whole lines with their ends. */
  readonly bytes: Buffer;
  readonly at: number;
  readonly end: number;
  /** Returns whether there is another line; reads the next chunk when it has to. */
  hasLine(): boolean;
  /** Returns the next line as Latin-1, so that it compares as its bytes do. */
  line(): string;
  /** Skips whole lines. @param length their bytes. */
  skip(length: number): void;
}

function createLineCursor(chunks: Iterable<Buffer>, ignored: string | undefined): LineCursor {
  const source = chunks[Symbol.iterator]();
  const nothing = ignored === undefined ? null : Buffer.from(`${ignored}\n`, 'latin1');
  let bytes = Buffer.alloc(0);
  let at = 0;
  let end = 0;
  let count = 0;
  /** Reads the next chunk. @returns false at the end of the text. */
  function readOn(): boolean {
    const next = source.next();
    const rest = bytes.subarray(at);
    if (next.done && rest.length === 0) return false;
    // The text after the last line end is a line, too.
    bytes = Buffer.concat([rest, next.done ? Buffer.from([lineEnd]) : next.value]);
    at = 0;
    end = bytes.lastIndexOf(lineEnd) + 1;
    return true;
  }
  return {
    get count() {
      return count;
    },
    get bytes() {
      return bytes;
    },
    get at() {
      return at;
    },
    get end() {
      return end;
    },
    hasLine() {
      while (at >= end) if (!readOn()) return false;
      return true;
    },
    line: () => bytes.toString('latin1', at, bytes.indexOf(lineEnd, at)),
    skip(length) {
      const skipped = bytes.subarray(at, at + length);
      count += countOf(skipped, endOfLine) - (nothing === null ? 0 : countOf(skipped, nothing));
      at += length;
    },
  };
}

const lineEnd = 10;
const endOfLine = Buffer.from([lineEnd]);

function countOf(bytes: Buffer, what: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(what); at >= 0; at = bytes.indexOf(what, at + what.length)) count += 1;
  return count;
}

const firstStep = 64;

/** Returns how many bytes both have in common from here on, in whole lines. */
function countCommonBytes(a: LineCursor, b: LineCursor): number {
  const most = Math.min(a.end - a.at, b.end - b.at);
  const isSame = (from: number, to: number) =>
    a.bytes.compare(b.bytes, b.at + from, b.at + to, a.at + from, a.at + to) === 0;
  let same = 0;
  let step = firstStep;
  // The steps grow while all bytes are equal, then shrink to the first byte that is not.
  while (same < most && isSame(same, Math.min(most, same + step))) {
    same = Math.min(most, same + step);
    step *= 2;
  }
  for (; step >= 1; step = Math.floor(step / 2)) {
    if (same + step <= most && isSame(same, same + step)) same += step;
  }
  return same === 0 ? 0 : a.bytes.subarray(a.at, a.at + same).lastIndexOf(lineEnd) + 1;
}

/**
 * Returns the difference of files whose lines are not sorted: all lines between those that both have at the beginning and
 * at the end.
 */
export function findChangedPart(before: readonly string[], after: readonly string[]): LineDifference {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const toChange = (lines: readonly string[]): LineChange => {
    const part = lines.slice(head, lines.length - tail);
    return { count: part.length, first: part.slice(0, usuallyShown) };
  };
  return {
    before: before.length,
    after: after.length,
    added: toChange(after),
    removed: toChange(before),
  };
}
