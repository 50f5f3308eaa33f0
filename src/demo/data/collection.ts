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
  at(index: number): T;
}

/** Generated rows and written objects as one table, which can change while it is read. */
export interface Collection<T extends StoredObject> {
  /** Rows strictly behind `after` in the order. */
  rows(order: Order, after: SortKey | null, accept: AcceptHead): Iterable<T>;
  count(accept: AcceptHead): number;
  get(id: string): T | undefined;
  /** Grows with each change. */
  revision(): number;
  add(...objects: readonly T[]): void;
  /** Sets `updated_at` to one second after the newest row's, unless it is among the changes. */
  edit(id: string, changes: Partial<T>): void;
  remove(id: string): void;
}

export function createCollection<T extends StoredObject>(
  generated: GeneratedRows<T>,
  written: readonly T[],
): Collection<T> {
  /** Objects that are not generated, and generated ones that were edited. */
  const own = new Map(written.map((object) => [object.id, object]));
  /** Indexes of generated rows that are gone or stand in `own`. */
  const hidden = new Set<number>();
  const sorted = new Map<SortField, T[]>();
  let revision = 0;

  const changed = () => {
    revision += 1;
    sorted.clear();
  };
  const hide = (id: string) => {
    const index = generated.indexOf(id);
    if (index >= 0) hidden.add(index);
  };
  const get = (id: string): T | undefined => {
    const object = own.get(id);
    if (object) return object;
    const index = generated.indexOf(id);
    return index < 0 || hidden.has(index) ? undefined : generated.at(index);
  };
  const ownSorted = (field: SortField): readonly T[] => {
    const known = sorted.get(field);
    if (known) return known;
    const list = [...own.values()].sort((a, b) => compareKeys(toSortKey(a, field), toSortKey(b, field)));
    sorted.set(field, list);
    return list;
  };

  return {
    rows(order, after, accept) {
      return merge(
        ownRows(ownSorted(order.field), order, after, accept),
        generatedRows(generated, hidden, order, after, accept),
        order,
      );
    },
    count(accept) {
      let total = 0;
      for (const object of own.values()) {
        if (accept(object.entity_type, object.objectMarking)) total += 1;
      }
      for (let index = 0; index < generated.count; index += 1) {
        if (hidden.has(index)) continue;
        if (accept(generated.entityTypeAt(index), generated.markingsAt(index))) total += 1;
      }
      return total;
    },
    get,
    revision: () => revision,
    add(...objects) {
      for (const object of objects) own.set(object.id, object);
      changed();
    },
    edit(id, changes) {
      const object = get(id);
      if (!object) throw new Error(`no object ${id} to edit`);
      hide(id);
      own.set(id, { ...object, updated_at: nextTime(generated, ownSorted('updated_at')), ...changes });
      changed();
    },
    remove(id) {
      if (!get(id)) throw new Error(`no object ${id} to remove`);
      hide(id);
      own.delete(id);
      changed();
    },
  };
}

export function toSortKey(object: StoredObject, field: SortField): SortKey {
  return { time: Date.parse(object[field]), id: object.id };
}

export function compareKeys(a: SortKey, b: SortKey): number {
  if (a.time !== b.time) return a.time - b.time;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

function nextTime<T extends StoredObject>(generated: GeneratedRows<T>, ownByUpdate: readonly T[]): string {
  const last = ownByUpdate.at(-1);
  const times = [last ? Date.parse(last.updated_at) : 0];
  if (generated.count > 0) times.push(generated.timeAt('updated_at', generated.count - 1));
  return new Date(Math.max(...times) + 1000).toISOString();
}

function* ownRows<T extends StoredObject>(
  objects: readonly T[],
  order: Order,
  after: SortKey | null,
  accept: AcceptHead,
): Generator<T> {
  for (const object of order.descending ? objects.toReversed() : objects) {
    if (after && !isBehind(toSortKey(object, order.field), after, order)) continue;
    if (accept(object.entity_type, object.objectMarking)) yield object;
  }
}

function* generatedRows<T>(
  rows: GeneratedRows<T>,
  hidden: ReadonlySet<number>,
  order: Order,
  after: SortKey | null,
  accept: AcceptHead,
): Generator<T> {
  const step = order.descending ? -1 : 1;
  for (let index = firstIndex(rows, order, after); index >= 0 && index < rows.count; index += step) {
    if (hidden.has(index)) continue;
    if (accept(rows.entityTypeAt(index), rows.markingsAt(index))) yield rows.at(index);
  }
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

function isBehind(key: SortKey, after: SortKey, order: Order): boolean {
  const position = compareKeys(key, after);
  return order.descending ? position < 0 : position > 0;
}

function* merge<T extends StoredObject>(
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
