import type { StoredObject } from './objects.ts';
import { compareKeys, isBehind, type Order, type SortField, type SortKey, toSortKey } from './order.ts';

/** Decides by what is cheap to know, before a generated row is made. */
export type AcceptHead = (entityType: string, markings: readonly string[]) => boolean;

/** Rows that are a pure function of their index; both times strictly grow with it. */
export interface GeneratedRows<T> {
  readonly count: number;
  timeAt(field: SortField, index: number): number;
  /** The index of the last row whose time is not after `time`, or -1. */
  lastNotAfter(field: SortField, time: number): number;
  entityTypeAt(index: number): string;
  markingsAt(index: number): readonly string[];
  idAt(index: number): string;
  /** Or -1. */
  indexOf(id: string): number;
  /** The value or the hashes. */
  textsAt(index: number): readonly string[];
  at(index: number): T;
}

/** Which rows, and how. */
export interface Reading {
  readonly order: Order;
  /** Only rows strictly after this place. */
  readonly after: SortKey | null;
  readonly accept: AcceptHead;
  /** When given, rows that carry none of these texts as value or hash may be left out. */
  readonly texts?: readonly string[] | null;
}

export function* ownRows<T extends StoredObject>(objects: readonly T[], reading: Reading): Generator<T> {
  const { order, after, accept } = reading;
  for (const object of order.descending ? objects.toReversed() : objects) {
    if (after && !isBehind(toSortKey(object, order.field), after, order)) continue;
    if (accept(object.entity_type, object.objectMarking)) yield object;
  }
}

export function* generatedRows<T>(
  rows: GeneratedRows<T>,
  hidden: ReadonlySet<number>,
  accept: AcceptHead,
  indexes: Iterable<number>,
): Generator<T> {
  for (const index of indexes) {
    if (!hidden.has(index) && accept(rows.entityTypeAt(index), rows.markingsAt(index))) yield rows.at(index);
  }
}

export function* allIndexes<T>(rows: GeneratedRows<T>, { order, after }: Reading): Generator<number> {
  const step = order.descending ? -1 : 1;
  for (let index = firstIndex(rows, order, after); index >= 0 && index < rows.count; index += step)
    yield index;
}

export function pickIndexes<T>(
  rows: GeneratedRows<T>,
  { order, after }: Reading,
  found: readonly number[],
): number[] {
  const first = firstIndex(rows, order, after);
  return order.descending
    ? found.filter((index) => index <= first).toReversed()
    : found.filter((index) => index >= first);
}

function firstIndex<T>(rows: GeneratedRows<T>, order: Order, after: SortKey | null): number {
  if (!after) return order.descending ? rows.count - 1 : 0;
  const near = rows.lastNotAfter(order.field, after.time);
  if (near >= 0) {
    const key = { time: rows.timeAt(order.field, near), id: rows.idAt(near) };
    const position = compareKeys(key, after);
    if (order.descending) return position < 0 ? near : near - 1;
    if (position > 0) return near;
  }
  return order.descending ? near : near + 1;
}

export function* merge<T extends StoredObject>(
  left: Iterator<T, undefined>,
  right: Iterator<T, undefined>,
  order: Order,
): Generator<T> {
  let a = left.next();
  let b = right.next();
  while (!a.done || !b.done) {
    if (
      b.done ||
      (!a.done && isBehind(toSortKey(b.value, order.field), toSortKey(a.value, order.field), order))
    ) {
      if (a.done) return;
      yield a.value;
      a = left.next();
    } else {
      yield b.value;
      b = right.next();
    }
  }
}
