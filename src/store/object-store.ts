import { toObservable } from '../values/door.ts';
import { otherHashDigits } from '../values/hash.ts';
import type { Claim, Named, ObjectDetails, SourceRecord } from '../values/kinds.ts';
import { isSkip, type SkipReason, skipReasons } from '../values/skip-reasons.ts';
import { createIds, grown, type IdColumn } from './packing.ts';
import { createValueStore, type ValueStore } from './value-store.ts';

/** The properties of an object, each a bit. */
export const flags = {
  indicator: 1,
  revoked: 2,
  /** All its hashes are those of one file. */
  oneFile: 4,
  detection: 8,
  /** A newer state has replaced the object, or OpenCTI does not have it any more. */
  gone: 16,
} as const;

/** The integer that means null. */
export const noInteger = -(2 ** 31);

/** A reason is stored as its place among these names. */
export const reasonNames = Object.keys(skipReasons) as readonly SkipReason[];
const reasonNumbers = new Map(reasonNames.map((reason, number) => [reason, number]));

/** Each column has one element an object, by its number. Times are milliseconds since the epoch, NaN for null. */
export interface ObjectColumns {
  readonly flags: Uint8Array;
  readonly scores: Int32Array;
  readonly confidences: Int32Array;
  readonly validFrom: Float64Array;
  readonly validUntil: Float64Array;
  readonly createdAt: Float64Array;
  readonly updatedAt: Float64Array;
  readonly details: Uint32Array;
  /** Where the links of an object begin; they end where the links of the next one begin. */
  readonly linkStarts: Uint32Array;
  /** The number of a value (see `valueIn`), or `-1 - number` of the reason why a text is no value. */
  readonly links: Int32Array;
}

/** A bit of the link to a value that an object names and cannot bring in. No machine can hold so many values. */
const namedOnly = 2 ** 30;

/** Returns the number of the value that a link leads to; below 0 when it leads to a reason. */
export const valueIn = (link: number) => (link < 0 ? link : link & (namedOnly - 1));

/** Returns whether the object only names the value of a link, and cannot bring it in. */
export const isNamedOnly = (link: number) => link >= namedOnly;

/**
 * OpenCTI objects, packed and reduced to what decides: what they say about checked values, and nothing that depends on the
 * configuration or the clock. An object keeps its number.
 */
export interface ObjectStore {
  readonly size: number;
  readonly values: ValueStore;
  readonly details: DetailsTable;
  readonly ids: IdColumn;
  /** Adds an object. @returns its number. */
  add(record: SourceRecord): number;
  /** Sorts the values by kinds and list keys; only their numbers change. */
  sortValues(): void;
  /** Removes an object; its number is not used again. */
  remove(object: number): void;
  /** Returns the columns, for reading only and only until the next change. */
  columns(): ObjectColumns;
}

/** The parts of an earlier store that a new one begins with. */
export interface StoredObjects {
  readonly values: ValueStore;
  readonly details: DetailsTable;
  readonly ids: IdColumn;
  readonly columns: ObjectColumns;
}

const firstRoom = 4096;

export function createObjectStore(stored?: StoredObjects): ObjectStore {
  const values = stored?.values ?? createValueStore();
  const details = stored?.details ?? createDetailsTable();
  const ids = stored?.ids ?? createIds();
  let columns = stored?.columns ?? emptyColumns();
  let size = ids.length;
  let linkCount = columns.linkStarts[size] as number;

  function link(number: number): void {
    const links = grown(columns.links, linkCount + 1);
    if (links !== columns.links) columns = { ...columns, links };
    links[linkCount] = number;
    linkCount += 1;
  }

  function linkOtherHashes(hashes: readonly string[]): void {
    for (const hash of hashes)
      link(values.intern({ kind: 'other-hash', value: hash.slice(0, otherHashDigits) }));
  }

  /** Links values that are only named. A text that is no value is left out: `unusable` counts it. */
  function linkNamed(named: readonly Claim[]): void {
    for (const claim of named) {
      const observable = toObservable(claim);
      if (!isSkip(observable)) link(values.intern(observable) | namedOnly);
    }
  }

  return {
    get size() {
      return size;
    },
    values,
    details,
    ids,
    add(record) {
      // Arrays from a file may have no unused room, and `linkStarts` needs one element more than the others.
      const room = Math.min(columns.flags.length, columns.linkStarts.length);
      if (size + 2 > room) columns = growColumns(columns, size + 2);
      for (const { reason } of record.unusable) link(toLink(reason));
      for (const claim of record.claims) {
        const observable = toObservable(claim);
        link(isSkip(observable) ? toLink(observable.skip) : values.intern(observable));
      }
      if (record.otherHashes !== undefined) linkOtherHashes(record.otherHashes);
      // Values that are only named have to be the last ones: see `toGroups`.
      if (record.named !== undefined) linkNamed(record.named);
      ids.push(record.id);
      writeRow(columns, size, record, details.intern(record.details));
      columns.linkStarts[size + 1] = linkCount;
      size += 1;
      return size - 1;
    },
    sortValues() {
      const numbers = values.sort();
      if (numbers === null) return;
      const { links } = columns;
      for (let at = 0; at < linkCount; at += 1) {
        const value = links[at] as number;
        if (value >= 0) links[at] = (numbers[valueIn(value)] as number) | (value & namedOnly);
      }
    },
    remove(object) {
      columns.flags[object] = (columns.flags[object] as number) | flags.gone;
    },
    columns: () => columns,
  };
}

const toLink = (reason: SkipReason) => -1 - (reasonNumbers.get(reason) as number);

function writeRow(columns: ObjectColumns, row: number, record: SourceRecord, details: number): void {
  const isIndicator = record.type === 'indicator';
  columns.flags[row] =
    (isIndicator ? flags.indicator : 0) |
    (isIndicator && record.revoked ? flags.revoked : 0) |
    (record.oneFile ? flags.oneFile : 0) |
    (record.details?.detection === true ? flags.detection : 0);
  columns.scores[row] = record.score ?? noInteger;
  columns.confidences[row] = record.details?.confidence ?? noInteger;
  columns.validFrom[row] = (isIndicator ? record.validFrom : null) ?? Number.NaN;
  columns.validUntil[row] = (isIndicator ? record.validUntil : null) ?? Number.NaN;
  columns.createdAt[row] = record.details?.createdAt ?? Number.NaN;
  columns.updatedAt[row] = record.details?.updatedAt ?? Number.NaN;
  columns.details[row] = details;
}

function emptyColumns(): ObjectColumns {
  return {
    flags: new Uint8Array(firstRoom),
    scores: new Int32Array(firstRoom),
    confidences: new Int32Array(firstRoom),
    validFrom: new Float64Array(firstRoom),
    validUntil: new Float64Array(firstRoom),
    createdAt: new Float64Array(firstRoom),
    updatedAt: new Float64Array(firstRoom),
    details: new Uint32Array(firstRoom),
    linkStarts: new Uint32Array(firstRoom),
    links: new Int32Array(firstRoom),
  };
}

function growColumns(columns: ObjectColumns, length: number): ObjectColumns {
  return {
    flags: grown(columns.flags, length),
    scores: grown(columns.scores, length),
    confidences: grown(columns.confidences, length),
    validFrom: grown(columns.validFrom, length),
    validUntil: grown(columns.validUntil, length),
    createdAt: grown(columns.createdAt, length),
    updatedAt: grown(columns.updatedAt, length),
    details: grown(columns.details, length),
    linkStarts: grown(columns.linkStarts, length),
    links: columns.links,
  };
}

/** The details that many objects have in common. */
export type SharedDetails = Pick<ObjectDetails, 'author' | 'labels' | 'markings'>;

/** Objects of a platform have few combinations of author, labels and markings: each combination is kept once. */
export interface DetailsTable {
  /** Returns the number of a combination, known or new. @param details undefined when they were not read. */
  intern(details: SharedDetails | undefined): number;
  at(number: number): SharedDetails | undefined;
  readonly all: readonly (SharedDetails | null)[];
}

interface NumberedName {
  readonly name: string;
  readonly number: number;
}

const mostNames = 2 ** 26;

export function createDetailsTable(saved: readonly (SharedDetails | null)[] = []): DetailsTable {
  const all: (SharedDetails | null)[] = [];
  const names = new Map<string, NumberedName[]>();
  let nameCount = 0;
  /** A combination is a path in a tree of names: a node of the tree and a name lead to the next node. */
  const steps = new Map<number, number>();
  const numbers = new Map<number, number>();
  let places = 0;

  function step(place: number, name: number): number {
    const key = place * mostNames + name;
    const known = steps.get(key);
    if (known !== undefined) return known;
    places += 1;
    steps.set(key, places);
    return places;
  }
  /** The same id with another name has another number: a name can change. */
  function toNumber({ id, name }: Named): number {
    const ofId = names.get(id) ?? [];
    for (const known of ofId) if (known.name === name) return known.number;
    nameCount += 1;
    // 0 and 1 are not names: 0 is the step from the labels to the markings, 1 that of an object without an author.
    ofId.push({ name, number: nameCount + 1 });
    names.set(id, ofId);
    return nameCount + 1;
  }
  function toPlace({ author, labels, markings }: SharedDetails): number {
    let place = step(0, author === null ? 1 : toNumber(author));
    for (const label of labels) place = step(place, toNumber(label));
    place = step(place, 0);
    for (const marking of markings) place = step(place, toNumber(marking));
    return place;
  }
  function intern(details: SharedDetails | undefined): number {
    const place = details === undefined ? 0 : toPlace(details);
    const known = numbers.get(place);
    if (known !== undefined) return known;
    numbers.set(place, all.length);
    return all.push(details === undefined ? null : pick(details)) - 1;
  }

  for (const details of saved) intern(details ?? undefined);
  return { intern, at: (number) => all[number] ?? undefined, all };
}

function pick({ author, labels, markings }: SharedDetails): SharedDetails {
  return { author, labels, markings };
}
