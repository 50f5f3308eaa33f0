import { otherHashDigits } from '../values/hash.ts';
import type { IndicatorRecord, Observable, SourceRecord } from '../values/kinds.ts';

/** An object, and the values in normal form that its texts are. */
export interface ReadObject {
  readonly record: SourceRecord;
  readonly has: readonly Observable[];
  /** Of an indicator: what its pattern names and cannot bring in. */
  readonly names: readonly Observable[];
}

/** What objects there are, by the values that they have or name. */
export interface ObjectIndex {
  readonly byValue: ReadonlyMap<string, readonly ReadObject[]>;
  readonly byId: ReadonlyMap<string, ReadObject>;
}

export function indexObjects(objects: readonly ReadObject[]): ObjectIndex {
  const byValue = new Map<string, ReadObject[]>();
  const note = (key: string, object: ReadObject) => {
    const having = byValue.get(key);
    if (having === undefined) byValue.set(key, [object]);
    else if (having.at(-1) !== object) having.push(object);
  };
  for (const object of objects) {
    for (const { value } of [...object.has, ...object.names]) note(value, object);
    for (const hash of object.record.otherHashes ?? []) note(toOtherKey(hash), object);
  }
  return { byValue, byId: new Map(objects.map((object) => [object.record.id, object])) };
}

/** As the selection joins them. */
const toOtherKey = (hash: string) => `other ${hash.slice(0, otherHashDigits)}`;

export interface ObjectsOfValue {
  /** Those that have or name the value, or a hash of the same file. */
  readonly objects: readonly ReadObject[];
  /** Other hashes of the same file, by which objects were found. */
  readonly linked: readonly Observable[];
}

/** The objects that have a say about a value: hashes of one file stand and fall together. */
export function findObjectsOf({ value, kind }: Observable, { byValue }: ObjectIndex): ObjectsOfValue {
  const file = new Map<string, Observable | null>([[value, { kind, value }]]);
  const found = new Set<ReadObject>();
  // Grows while it is walked.
  for (const key of file.keys()) {
    for (const object of byValue.get(key) ?? []) {
      found.add(object);
      if (!object.record.oneFile) continue;
      for (const each of object.has) file.set(each.value, each);
      for (const hash of object.record.otherHashes ?? []) file.set(toOtherKey(hash), null);
    }
  }
  file.delete(value);
  return { objects: [...found], linked: [...file.values()].filter((each) => each !== null) };
}

/** An indicator that OpenCTI has as based on an observable, and whose pattern has nothing by which lists could know it. */
export interface RelatedIndicator {
  readonly indicator: IndicatorRecord;
  readonly observable: SourceRecord;
}

/** Of the objects of a value. A rule of another engine is none: it describes content, not the object. */
export function findRelated(objects: readonly ReadObject[], { byId }: ObjectIndex): RelatedIndicator[] {
  const ids = new Set(objects.map(({ record }) => record.id));
  return objects.flatMap(({ record: observable }) =>
    (observable.type === 'observable' ? (observable.basedOn ?? []) : []).flatMap((id) => {
      const indicator = byId.get(id)?.record;
      if (indicator?.type !== 'indicator' || ids.has(id) || indicator.claims.length > 0) return [];
      return indicator.unusable[0]?.reason === 'pattern-type' ? [] : [{ indicator, observable }];
    }),
  );
}
