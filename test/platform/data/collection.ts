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
  const own = createOwnObjects(written);
  /** Indexes of generated rows that are removed, or are in `own` now. */
  const hidden = new Set<number>();
  const texts = createTextIndex(generated.count, generated.textsAt);

  const get = (id: string): T | undefined => {
    const object = own.get(id);
    if (object) return object;
    const index = generated.indexOf(id);
    return index < 0 || hidden.has(index) ? undefined : generated.at(index);
  };
  /** Returns an object that is in `own` from now on, and no longer generated. */
  const take = (id: string): T => {
    const object = get(id);
    if (!object) throw new Error(`there is no object ${id}`);
    const index = generated.indexOf(id);
    if (index >= 0) hidden.add(index);
    return object;
  };

  return {
    rows: (reading) => {
      const indexes = reading.texts
        ? pickIndexes(generated, reading, texts.find(reading.texts))
        : allIndexes(generated, reading);
      return merge(
        ownRows(own.sorted(reading.order.field), reading),
        generatedRows(generated, hidden, reading.accept, indexes),
        reading.order,
      );
    },
    count: (accept) => countOwn(own.sorted('created_at'), accept) + countGenerated(generated, hidden, accept),
    get,
    revision: own.revision,
    add: (...objects) => own.set(objects),
    edit: (id, changes) => {
      const updated_at = nextTime(generated, own.sorted('updated_at'));
      own.set([{ ...take(id), updated_at, ...changes }]);
    },
    remove: (id) => own.remove(take(id).id),
  };
}

interface OwnObjects<T> {
  get(id: string): T | undefined;
  sorted(field: SortField): readonly T[];
  set(objects: readonly T[]): void;
  remove(id: string): void;
  /** Grows with each change. */
  revision(): number;
}

function createOwnObjects<T extends StoredObject>(written: readonly T[]): OwnObjects<T> {
  const objects = new Map(written.map((object) => [object.id, object]));
  const sorted = new Map<SortField, readonly T[]>();
  let revision = 0;
  const changed = () => {
    revision += 1;
    sorted.clear();
  };
  return {
    get: (id) => objects.get(id),
    sorted: (field) => {
      const list = sorted.get(field) ?? sortObjects(objects.values(), field);
      sorted.set(field, list);
      return list;
    },
    set: (changes) => {
      for (const object of changes) objects.set(object.id, object);
      changed();
    },
    remove: (id) => {
      objects.delete(id);
      changed();
    },
    revision: () => revision,
  };
}

function sortObjects<T extends StoredObject>(objects: Iterable<T>, field: SortField): readonly T[] {
  return [...objects].sort((a, b) => compareKeys(toSortKey(a, field), toSortKey(b, field)));
}

function countOwn(objects: readonly StoredObject[], accept: AcceptHead): number {
  return objects.filter((object) => accept(object.entity_type, object.objectMarking)).length;
}

function countGenerated<T>(rows: GeneratedRows<T>, hidden: ReadonlySet<number>, accept: AcceptHead): number {
  let total = 0;
  for (let index = 0; index < rows.count; index += 1) {
    if (!hidden.has(index) && accept(rows.entityTypeAt(index), rows.markingsAt(index))) total += 1;
  }
  return total;
}

function nextTime<T extends StoredObject>(generated: GeneratedRows<T>, ownByUpdate: readonly T[]): string {
  const last = ownByUpdate.at(-1);
  const times = [last ? Date.parse(last.updated_at) : 0];
  if (generated.count > 0) times.push(generated.timeAt('updated_at', generated.count - 1));
  return new Date(Math.max(...times) + 1000).toISOString();
}
