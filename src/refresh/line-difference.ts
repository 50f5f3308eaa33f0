/** Lines that come or go: how many, and the first of them. */
export interface LineChange {
  readonly count: number;
  readonly first: readonly string[];
}

/** What becomes of the lines of a file. */
export interface LineDifference {
  /** Lines in all. */
  readonly before: number;
  readonly after: number;
  readonly added: LineChange;
  readonly removed: LineChange;
}

/** A person reads no more, and of a million lines no more are held. */
const mostShown = 10_000;

/** Of two sequences of lines, both sorted by their bytes as lists of ours are; neither is held. */
export function findLineDifference(before: Iterable<string>, after: Iterable<string>): LineDifference {
  const old = before[Symbol.iterator]();
  const now = after[Symbol.iterator]();
  const counts = { before: 0, after: 0 };
  const added = createLineChange();
  const removed = createLineChange();
  const nextOld = () => take(old, () => (counts.before += 1));
  const nextNow = () => take(now, () => (counts.after += 1));
  let oldLine = nextOld();
  let newLine = nextNow();
  while (oldLine !== null || newLine !== null) {
    if (oldLine === newLine) {
      oldLine = nextOld();
      newLine = nextNow();
    } else if (newLine === null || (oldLine !== null && oldLine < newLine)) {
      removed.add(oldLine ?? '');
      oldLine = nextOld();
    } else {
      added.add(newLine);
      newLine = nextNow();
    }
  }
  return { ...counts, added, removed };
}

function take(lines: Iterator<string>, count: () => void): string | null {
  const next = lines.next();
  if (next.done) return null;
  count();
  return next.value;
}

function createLineChange() {
  const first: string[] = [];
  const change = {
    count: 0,
    first,
    add(line: string) {
      change.count += 1;
      if (first.length < mostShown) first.push(line);
    },
  };
  return change;
}

/** Of files whose lines stand in no order: all between the lines that both have at their beginning and end. */
export function findChangedPart(before: readonly string[], after: readonly string[]): LineDifference {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const toChange = (lines: readonly string[]): LineChange => {
    const part = lines.slice(head, lines.length - tail);
    return { count: part.length, first: part.slice(0, mostShown) };
  };
  return {
    before: before.length,
    after: after.length,
    added: toChange(after),
    removed: toChange(before),
  };
}
