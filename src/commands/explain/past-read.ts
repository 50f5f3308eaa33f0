import { closeSync, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { toRecord } from '../../compile/decide-groups.ts';
import { type Observable, toClaimKind } from '../../observable/kinds.ts';
import type { SourceRecord } from '../../observable/record.ts';
import { flags, type ObjectStore } from '../../record/object-store.ts';
import { readableFile } from '../../record/readable-bytes.ts';
import { parseRecordFile } from '../../record/record-file.ts';
import { platformRecordFile } from '../../refresh/record-place.ts';
import { findRunFolder } from '../../report/read-report.ts';

/** All objects that the refreshes of a manager have read, as they were then. */
export interface PastRead {
  readonly objects: ObjectStore;
  /** Of the last run that found something new. */
  readonly writtenAt: Date;
}

/** Null: no refresh has left one here, or it is not to be read. An export leaves none. */
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

/** The objects that have the value, or a hash of the same file as it. */
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
      if (isOneFile(objects, object)) for (const value of valuesOf(objects, object)) wanted.add(value);
    }
  } while (wanted.size > known);
  return [...found].map((object) => toSourceRecord(objects, object));
}

function* havingOne(objects: ObjectStore, wanted: ReadonlySet<number>): Generator<number> {
  const { flags: states, linkStarts, links } = objects.columns();
  for (let object = 0; object < objects.size; object += 1) {
    if (((states[object] as number) & flags.gone) !== 0) continue;
    for (let at = linkStarts[object] as number; at < (linkStarts[object + 1] as number); at += 1) {
      if (!wanted.has(links[at] as number)) continue;
      yield object;
      break;
    }
  }
}

function isOneFile(objects: ObjectStore, object: number): boolean {
  return ((objects.columns().flags[object] as number) & flags.oneFile) !== 0;
}

/** Numbers of values; what was none has a negative number. */
function valuesOf(objects: ObjectStore, object: number): number[] {
  const { linkStarts, links } = objects.columns();
  return [...links.subarray(linkStarts[object], linkStarts[object + 1])].filter((link) => link >= 0);
}

/** As it was read, but for its spelling: values are kept in their normal form. */
function toSourceRecord(objects: ObjectStore, object: number): SourceRecord {
  const claims = valuesOf(objects, object).map((value) => ({
    kind: toClaimKind(objects.values.kindAt(value)),
    text: objects.values.textAt(value),
  }));
  return { ...toRecord(objects, object, true), id: objects.ids.at(object), claims };
}
