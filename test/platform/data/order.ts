import type { StoredObject } from './objects.ts';

export type SortField = 'created_at' | 'updated_at';

export interface Order {
  readonly field: SortField;
  readonly descending: boolean;
}

/** The place of a row in an order: all that a cursor holds. */
export interface SortKey {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly id: string;
}

export function toSortKey(object: StoredObject, field: SortField): SortKey {
  return { time: Date.parse(object[field]), id: object.id };
}

export function compareKeys(a: SortKey, b: SortKey): number {
  if (a.time !== b.time) return a.time - b.time;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

/** Comes after a place when read in this order. */
export function isBehind(key: SortKey, after: SortKey, order: Order): boolean {
  const position = compareKeys(key, after);
  return order.descending ? position < 0 : position > 0;
}
