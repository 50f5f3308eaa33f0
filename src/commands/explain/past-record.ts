import { closeSync, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { toRecord } from '../../compile/groups.ts';
import { readableFile } from '../../files/held.ts';
import { type FindNames, type NamedObject, namedKinds } from '../../opencti/names.ts';
import { parseRecordFile } from '../../store/file.ts';
import {
  type DetailsTable,
  flags,
  isNamedOnly,
  type ObjectStore,
  reasonNames,
  type SharedDetails,
  valueIn,
} from '../../store/object-store.ts';
import { platformRecordFile } from '../../sync/read.ts';
import {
  type Claim,
  type Named,
  type Observable,
  type SourceRecord,
  toClaimKind,
} from '../../values/kinds.ts';
import type { SkipReason } from '../../values/skip-reasons.ts';
import { findRunFolder } from '../report/index.ts';

/** The objects that the refreshes of a manager have read, as they were then. */
export interface PastRead {
  readonly objects: ObjectStore;
  /** The time of the last run that found something new. */
  readonly writtenAt: Date;
}

/** Opens the record; null: no refresh has written one here, or it cannot be read. An export writes none. */
export function openPastRead(home: string): PastRead | null {
  const file = join(findRunFolder(home), platformRecordFile);
  try {
    const descriptor = openSync(file, 'r');
    try {
      const record = parseRecordFile(readableFile(descriptor));
      return record && { objects: record.objects, writtenAt: fstatSync(descriptor).mtime };
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return null;
  }
}

/** Returns the objects that have or name the value, or a hash of the same file. */
export function findObjects(objects: ObjectStore, observable: Observable): SourceRecord[] {
  const first = objects.values.find(observable);
  if (first < 0) return [];
  const wanted = new Set([first]);
  const found = new Set<number>();
  let known = 0;
  do {
    known = wanted.size;
    for (const object of havingOne(objects, wanted)) {
      found.add(object);
      if (!isOneFile(objects, object)) continue;
      const values = linksOf(objects, object).filter((link) => link >= 0 && !isNamedOnly(link));
      for (const value of values) wanted.add(value);
    }
  } while (wanted.size > known);
  return [...found].map((object) => toSourceRecord(objects, object));
}

function* havingOne(objects: ObjectStore, wanted: ReadonlySet<number>): Generator<number> {
  const { flags: states, linkStarts, links } = objects.columns();
  for (let object = 0; object < objects.size; object += 1) {
    if (((states[object] as number) & flags.gone) !== 0) continue;
    for (let at = linkStarts[object] as number; at < (linkStarts[object + 1] as number); at += 1) {
      if (!wanted.has(valueIn(links[at] as number))) continue;
      yield object;
      break;
    }
  }
}

function isOneFile(objects: ObjectStore, object: number): boolean {
  return ((objects.columns().flags[object] as number) & flags.oneFile) !== 0;
}

function linksOf(objects: ObjectStore, object: number): readonly number[] {
  const { linkStarts, links } = objects.columns();
  return [...links.subarray(linkStarts[object], linkStarts[object + 1])];
}

/**
 * Returns an object as it was read, except for its spelling: values are kept in their normal form, and of other hashes
 * only the beginning is kept.
 */
function toSourceRecord(objects: ObjectStore, object: number): SourceRecord {
  const { values } = objects;
  const links = linksOf(objects, object);
  const known = links.filter((link) => link >= 0);
  const toClaim = (link: number): Claim => {
    const value = valueIn(link);
    return { kind: toClaimKind(values.kindAt(value)), text: values.textAt(value) };
  };
  const isValue = (link: number) => values.isValue(valueIn(link));
  const reasons = links.filter((link) => link < 0).map((link) => reasonNames[-1 - link] as SkipReason);
  return {
    ...toRecord(objects, object, true),
    id: objects.ids.at(object),
    claims: known.filter((link) => isValue(link) && !isNamedOnly(link)).map(toClaim),
    named: known.filter(isNamedOnly).map(toClaim),
    otherHashes: known.filter((link) => !isValue(link)).map((link) => values.textAt(link)),
    unusable: reasons.map((reason) => ({ text: '', reason })),
  };
}

/** The fields of an object with the names of each kind. */
const picks = {
  label: ({ labels }) => labels,
  marking: ({ markings }) => markings,
  author: ({ author }) => (author === null ? [] : [author]),
} as const satisfies Record<keyof typeof namedKinds, (details: SharedDetails) => readonly Named[]>;

/** Finds names among the objects of a record. A name that no object has is no error here, since OpenCTI may have it. */
export function createNameFinder({ all }: DetailsTable): FindNames {
  return async (kind) => {
    const { toKey } = namedKinds[kind];
    const carried = all.flatMap((details) => (details === null ? [] : picks[kind](details)));
    const objects: NamedObject[] = [
      ...new Map(carried.map((each) => [`${each.id}\n${each.name}`, each])).values(),
    ];
    return {
      all: objects,
      byName(name) {
        const found = objects.filter((object) => toKey(object.name) === toKey(name));
        return found.length > 0 ? found : [{ id: `no object of the record: ${name}`, name }];
      },
      near: async () => '',
    };
  };
}
