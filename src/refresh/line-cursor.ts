/** A way through a text, whole lines at a time. */
export interface LineCursor {
  /** How many lines were skipped, without those that count as nothing. */
  readonly count: number;
  /** From `at` to `end` stand whole lines with their ends. */
  readonly bytes: Buffer;
  readonly at: number;
  readonly end: number;
  /** Reads on when there is none left. */
  hasLine(): boolean;
  /** The next one as Latin-1, so that it compares as its bytes do. */
  line(): string;
  /** @param length of whole lines. */
  skip(length: number): void;
}

/** @param ignored the end of lines that count as nothing. */
export function createLineCursor(chunks: Iterable<Buffer>, ignored: string): LineCursor {
  const source = chunks[Symbol.iterator]();
  const nothing = Buffer.from(`${ignored}\n`, 'latin1');
  let bytes = Buffer.alloc(0);
  let at = 0;
  let end = 0;
  let count = 0;
  /** @returns whether anything came. */
  function readOn(): boolean {
    const next = source.next();
    const rest = bytes.subarray(at);
    if (next.done && rest.length === 0) return false;
    // What stands behind the last end of a line is a line, too.
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
      count += countOf(skipped, endOfLine) - countOf(skipped, nothing);
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

/** Bytes of the whole lines with which both go on. */
export function countCommonBytes(a: LineCursor, b: LineCursor): number {
  const most = Math.min(a.end - a.at, b.end - b.at);
  const isSame = (from: number, to: number) =>
    a.bytes.compare(b.bytes, b.at + from, b.at + to, a.at + from, a.at + to) === 0;
  let same = 0;
  let step = firstStep;
  // Steps that grow while all is equal, and shrink to the byte where it is not.
  while (same < most && isSame(same, Math.min(most, same + step))) {
    same = Math.min(most, same + step);
    step *= 2;
  }
  for (; step >= 1; step = Math.floor(step / 2)) {
    if (same + step <= most && isSame(same, same + step)) same += step;
  }
  return same === 0 ? 0 : a.bytes.subarray(a.at, a.at + same).lastIndexOf(lineEnd) + 1;
}

const firstStep = 64;
