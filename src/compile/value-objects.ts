import { otherHashDigits } from '../values/hash.ts';
import type { IndicatorRecord, Observable, SourceRecord } from '../values/kinds.ts';

/** An object, with its values in their normal form. */
export interface ReadObject {
  readonly record: SourceRecord;
  readonly has: readonly Observable[];
  /** The values that the pattern of an indicator names and cannot bring in. */
  readonly names: readonly Observable[];
}

/** Objects by the values that they have or name, and by their ids. */
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

/** Returns the key of such a hash; the selection joins objects by the same digits. */
const toOtherKey = (hash: string) => `other ${hash.slice(0, otherHashDigits)}`;

export interface ObjectsOfValue {
  /** The objects that have or name the value, or a hash of the same file. */
  readonly objects: readonly ReadObject[];
  /** The other hashes of the same file, by which objects were found. */
  readonly linked: readonly Observable[];
}

/** Returns the objects that decide about a value: the hashes of one file are in or out together. */
export function findObjectsOf({ value, kind }: Observable, { byValue }: ObjectIndex): ObjectsOfValue {
  const file = new Map<string, Observable | null>([[value, { kind, value }]]);
  const found = new Set<ReadObject>();
  // The loop below adds keys to this map while it iterates over them.
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

/** An indicator that is based on an observable in OpenCTI, and whose pattern has no value that a list could have. */
export interface RelatedIndicator {
  readonly indicator: IndicatorRecord;
  readonly observable: SourceRecord;
}

/**
 * Returns the related indicators of the objects of a value. A rule of another engine is not one of them: it describes
 * content, not the object.
 */
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
