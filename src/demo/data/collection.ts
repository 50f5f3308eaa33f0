import type { StoredObject } from './objects.ts';
import { compareKeys, type SortField, toSortKey } from './order.ts';
import {
  type AcceptHead,
  allIndexes,
  type GeneratedRows,
  generatedRows,
  merge,
  ownRows,
  pickIndexes,
  type Reading,
} from './reading.ts';
import { createTextIndex } from './text-index.ts';

/** Generated rows and written objects as one table, which can change while it is read. */
export interface Collection<T extends StoredObject> {
  rows(reading: Reading): Iterable<T>;
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
  const index = createTextIndex(generated.count, generated.textsAt);
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
    rows(reading) {
      const { order, texts } = reading;
      const indexes = texts
        ? pickIndexes(generated, reading, index.find(texts))
        : allIndexes(generated, reading);
      return merge(
        ownRows(ownSorted(order.field), reading),
        generatedRows(generated, hidden, reading.accept, indexes),
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

function nextTime<T extends StoredObject>(generated: GeneratedRows<T>, ownByUpdate: readonly T[]): string {
  const last = ownByUpdate.at(-1);
  const times = [last ? Date.parse(last.updated_at) : 0];
  if (generated.count > 0) times.push(generated.timeAt('updated_at', generated.count - 1));
  return new Date(Math.max(...times) + 1000).toISOString();
}
