import { countCommonBytes, createLineCursor, type LineCursor } from './line-cursor.ts';

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

/**
 * Of two texts whose lines are both sorted by their bytes, as lists of ours are; neither is held. Where they are equal,
 * which is nearly everywhere, bytes are compared and no lines are made.
 * @param before in chunks that are cut anywhere. @param after the same.
 * @param ignored the end of lines that count as nothing.
 */
export function findLineDifference(
  before: Iterable<Buffer>,
  after: Iterable<Buffer>,
  ignored: string,
): LineDifference {
  const old = createLineCursor(before, ignored);
  const now = createLineCursor(after, ignored);
  const removed = createLineChange();
  const added = createLineChange();
  const take = (cursor: LineCursor, change: LineCollector) => {
    const line = cursor.line();
    cursor.skip(line.length + 1);
    if (!line.endsWith(ignored)) change.add(line);
  };
  for (;;) {
    const [hasOld, hasNow] = [old.hasLine(), now.hasLine()];
    if (!hasOld && !hasNow) break;
    const same = hasOld && hasNow ? countCommonBytes(old, now) : 0;
    if (same > 0) {
      old.skip(same);
      now.skip(same);
    } else if (!hasNow || (hasOld && old.line() < now.line())) take(old, removed);
    else take(now, added);
  }
  return { before: old.count, after: now.count, added, removed };
}

interface LineCollector extends LineChange {
  add(line: string): void;
}

function createLineChange(): LineCollector {
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
