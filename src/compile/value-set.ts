import {
  createObjectStore,
  flags,
  noInteger,
  type ObjectStore,
  reasonNames,
  type SharedDetails,
} from '../store/object-store.ts';
import { keyEnd, sortValues, storedKinds } from '../store/sort.ts';
import type { ObjectDetails, ObservableKind } from '../values/kinds.ts';
import type { SkipReason } from '../values/skip-reasons.ts';
import type { Listing } from '../values/value-lists.ts';
import type { Vote } from './evidence.ts';
import type { DecidedValue, SelectedValue, SkippedValue } from './options.ts';

/** How many values are out, by reason. */
export type SkipCounts = Partial<Record<SkipReason, number>>;

/** The values that are out; each is made when it is read. */
export interface SkippedValues extends Iterable<SkippedValue> {
  map<T>(toResult: (value: SkippedValue) => T): T[];
  readonly length: number;
  /** Returns the numbers of all values that are out. */
  numbers(): Uint32Array;
  reasonOf(value: number): SkipReason;
  /** Returns the number of the object that the decision names, or -1. */
  objectOf(value: number): number;
  listingOf(value: number): Listing | null;
  /** Returns the listings of the values that are out because they are listed, in no order. */
  listings(): Iterable<Listing>;
}

export interface SkippedParts {
  readonly objects: ObjectStore;
  /** By the number of a value: 0 when it is not out, else one more than the number of the reason. */
  readonly reasons: Uint8Array;
  /** By the number of a value: the object that the decision names, or -1. */
  readonly votes: Int32Array;
  readonly listings: ReadonlyMap<number, Listing>;
  readonly traits: Uint32Array;
}

export function createSkippedValues({
  objects,
  reasons,
  votes,
  listings,
  traits,
}: SkippedParts): SkippedValues {
  const { values } = objects;
  const length = reasons.reduce((count, reason) => count + (reason === 0 ? 0 : 1), 0);
  const numbers = () => collectNumbers(reasons.length, length, (value) => reasons[value] !== 0);
  const reasonOf = (value: number) => reasonNames[(reasons[value] as number) - 1] as SkipReason;
  const objectOf = (value: number) => votes[value] as number;
  const listingOf = (value: number) => listings.get(value) ?? null;
  return {
    length,
    numbers,
    reasonOf,
    objectOf,
    listingOf,
    listings: () => listings.values(),
    map(toResult) {
      return Array.from(this, toResult);
    },
    *[Symbol.iterator]() {
      for (const value of numbers()) {
        const vote = objectOf(value);
        yield {
          kind: values.kindAt(value),
          value: values.textAt(value),
          reason: reasonOf(value),
          vote: vote < 0 ? null : toVote(objects, vote, traits),
          listing: listingOf(value),
        };
      }
    },
  };
}

/**
 * The values that go into lists and gates. There can be millions, so each is made when it is read: to iterate over them
 * takes time, and to keep them takes memory.
 */
export interface ValueSet extends Iterable<DecidedValue> {
  map<T>(toResult: (value: DecidedValue) => T): T[];
  readonly length: number;
  /** Returns how many values are of these kinds. */
  count(kinds: readonly ObservableKind[]): number;
  readonly objects: ObjectStore;
  /** Returns the numbers of the values of a kind, sorted as the keys of lists are. */
  sorted(kind: ObservableKind): Uint32Array;
  /** Returns the number of the object that decided about a value. */
  objectOf(value: number): number;
  /** Returns the numbers of all values. */
  numbers(): Uint32Array;
  /** By the number of an object: its place in the selection's traits. */
  readonly traits: Uint32Array;
  /** The names that match without their subdomains. */
  readonly exactOnly: ReadonlySet<string>;
}

export interface ValueSetParts {
  readonly objects: ObjectStore;
  /** By the number of a value: the number of the object that decided about it, or -1 when it is out. */
  readonly deciders: Int32Array;
  readonly exactOnly: ReadonlySet<string>;
  /** By the number of an object: its place in the selection's traits. */
  readonly traits: Uint32Array;
}

export function createValueSet({ objects, deciders, exactOnly, traits }: ValueSetParts): ValueSet {
  const length = deciders.reduce((count, decider) => count + (decider >= 0 ? 1 : 0), 0);
  const { values } = objects;
  const numbers = () => collectNumbers(deciders.length, length, (value) => (deciders[value] as number) >= 0);
  return {
    length,
    count: (kinds) =>
      kinds.reduce((sum, kind) => sum + collect(values.columns().kinds, deciders, kind).length, 0),
    objects,
    exactOnly,
    traits,
    numbers,
    sorted: (kind) => sortValues(values.columns(), collect(values.columns().kinds, deciders, kind), keyEnd),
    objectOf: (value) => deciders[value] as number,
    map(toResult) {
      return Array.from(this, toResult);
    },
    *[Symbol.iterator]() {
      for (const number of numbers()) {
        const vote = toVote(objects, deciders[number] as number, traits);
        const value = values.textAt(number);
        const plain = { kind: values.kindAt(number), value, score: vote.score ?? 0, id: vote.id, vote };
        yield exactOnly.has(value) ? { ...plain, exactOnly: true } : plain;
      }
    },
  };
}

/** Returns the numbers below `size` that fit. @param count how many of them fit. */
function collectNumbers(size: number, count: number, fits: (value: number) => boolean): Uint32Array {
  const numbers = new Uint32Array(count);
  for (let value = 0, at = 0; value < size; value += 1) {
    if (!fits(value)) continue;
    numbers[at] = value;
    at += 1;
  }
  return numbers;
}

function collect(kinds: Uint8Array, deciders: Int32Array, kind: ObservableKind): Uint32Array {
  const number = storedKinds.indexOf(kind);
  let count = 0;
  for (let value = 0; value < deciders.length; value += 1) {
    if (kinds[value] === number && (deciders[value] as number) >= 0) count += 1;
  }
  const collected = new Uint32Array(count);
  for (let value = 0, at = 0; at < count; value += 1) {
    if (kinds[value] !== number || (deciders[value] as number) < 0) continue;
    collected[at] = value;
    at += 1;
  }
  return collected;
}

const typeAt = (objects: ObjectStore, object: number): Vote['type'] =>
  ((objects.columns().flags[object] as number) & flags.indicator) === 0 ? 'observable' : 'indicator';

/** Returns the vote of an object. */
function toVote(objects: ObjectStore, object: number, traits: Uint32Array): Vote {
  const { scores, validUntil } = objects.columns();
  const score = scores[object] as number;
  const until = validUntil[object] as number;
  return {
    score: score === noInteger ? null : score,
    id: objects.ids.at(object),
    type: typeAt(objects, object),
    validUntil: Number.isNaN(until) ? null : until,
    traits: traits[object] as number,
  };
}

/** Makes a set of values that were selected elsewhere. */
export function toValueSet(selected: Iterable<SelectedValue>): ValueSet {
  const objects = createObjectStore();
  const deciders: number[] = [];
  const exactOnly = new Set<string>();
  for (const { kind, value, id, score, ...more } of selected) {
    const base = { type: 'observable', claims: [], unusable: [], oneFile: false } as const;
    deciders[objects.values.intern({ kind, value })] = objects.add({ ...base, id, score });
    if (more.exactOnly) exactOnly.add(value);
  }
  return createValueSet({
    objects,
    deciders: Int32Array.from(deciders),
    exactOnly,
    traits: new Uint32Array(objects.size),
  });
}

/** The properties that a report counts of the objects that decide. */
export interface Traits {
  readonly author: string | null;
  readonly labels: readonly string[];
  readonly markings: readonly string[];
  readonly age: Age;
}

const day = 86_400_000;

/** How long an object has been in OpenCTI: each age is up to its number of days. */
export const ages = [
  { age: 'a day', days: 1 },
  { age: 'a week', days: 7 },
  { age: '30 days', days: 30 },
  { age: '90 days', days: 90 },
  { age: 'a year', days: 365 },
  { age: 'older', days: Number.POSITIVE_INFINITY },
  { age: 'unknown', days: Number.NaN },
] as const;

export type Age = (typeof ages)[number]['age'];

/** Objects of a platform have few combinations of traits, so each combination is kept once. */
export interface TraitsTable {
  /** By the number of an object: the place of its traits in `all`. */
  readonly numbers: Uint32Array;
  readonly all: readonly Traits[];
}

/** Returns the traits of all objects. @param now milliseconds since the epoch. */
export function toTraitsTable(objects: ObjectStore, now: number): TraitsTable {
  const { details, createdAt } = objects.columns();
  const numbers = new Uint32Array(objects.size);
  const all: Traits[] = [];
  /** One more than the number of a combination; 0 when it has not occurred yet. */
  const known = new Uint32Array(objects.details.all.length * ages.length);
  for (let object = 0; object < objects.size; object += 1) {
    const shared = details[object] as number;
    const age = toAgeNumber(now - (createdAt[object] as number));
    const combination = shared * ages.length + age;
    if (known[combination] === 0) known[combination] = all.push(toTraits(objects.details.at(shared), age));
    numbers[object] = (known[combination] as number) - 1;
  }
  return { numbers, all };
}

function toAgeNumber(elapsed: number): number {
  if (Number.isNaN(elapsed)) return ages.length - 1;
  let number = 0;
  while (elapsed > (ages[number]?.days ?? 0) * day) number += 1;
  return number;
}

function toTraits(details: SharedDetails | undefined, age: number): Traits {
  const { author = null, labels = [], markings = [] }: Partial<ObjectDetails> = details ?? {};
  return {
    author: author?.name ?? null,
    labels: labels.map(({ name }) => name),
    markings: markings.map(({ name }) => name),
    age: ages[age]?.age ?? 'unknown',
  };
}
