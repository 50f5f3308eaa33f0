import type { SourceRecord } from '../observable/record.ts';
import { flags, type ObjectStore } from './object-store.ts';

/** How many objects of each kind there are. */
export interface ObjectCounts {
  readonly observables: number;
  readonly indicators: number;
}

/** The objects that are not gone. */
export function countObjects(store: ObjectStore): ObjectCounts {
  const states = store.columns().flags;
  let observables = 0;
  let indicators = 0;
  for (let object = 0; object < store.size; object += 1) {
    const state = states[object] as number;
    if ((state & flags.gone) !== 0) continue;
    if ((state & flags.indicator) === 0) observables += 1;
    else indicators += 1;
  }
  return { observables, indicators };
}

/** The newest `updated_at` among the objects of a kind that are not gone, or null. */
export function findNewest(store: ObjectStore, type: SourceRecord['type']): number | null {
  const { flags: states, updatedAt } = store.columns();
  const wanted = type === 'indicator' ? flags.indicator : 0;
  let newest = Number.NEGATIVE_INFINITY;
  for (let object = 0; object < store.size; object += 1) {
    const isWanted = ((states[object] as number) & (flags.indicator | flags.gone)) === wanted;
    if (isWanted) newest = Math.max(newest, (updatedAt[object] as number) || Number.NEGATIVE_INFINITY);
  }
  return newest === Number.NEGATIVE_INFINITY ? null : newest;
}

/** Puts objects in the place of their earlier states; new ones come in. An object that comes twice counts as it came last. */
export function applyChanges(store: ObjectStore, records: Iterable<SourceRecord>): void {
  const changed = new Map([...records].map((record) => [toKey(record.type, record.id), record]));
  const ids = new Set([...changed.values()].map(({ id }) => id));
  const states = store.columns().flags;
  for (const object of store.ids.findAll(ids)) {
    const state = states[object] as number;
    const type = (state & flags.indicator) === 0 ? 'observable' : 'indicator';
    if ((state & flags.gone) === 0 && changed.has(toKey(type, store.ids.at(object)))) store.remove(object);
  }
  for (const record of changed.values()) store.add(record);
}

const toKey = (type: SourceRecord['type'], id: string) => `${type} ${id}`;
