import type { ObservableKind } from '../observable/kinds.ts';
import { createObjectStore, flags, noInteger, type ObjectStore } from '../record/object-store.ts';
import { sortValues } from '../record/sort-values.ts';
import { storedKinds } from '../record/value-columns.ts';
import { keyEnd } from '../record/value-order.ts';
import type { DecidedValue, SelectedValue } from './decide-value.ts';
import type { Vote } from './evidence.ts';

/**
 * The values that go into lists and gates. Millions of them: each is made when it is asked for, so going through them
 * costs time and keeping them costs memory.
 */
export interface ValueSet extends Iterable<DecidedValue> {
  map<T>(toResult: (value: DecidedValue) => T): T[];
  readonly length: number;
  /** How many are of these kinds. */
  count(kinds: readonly ObservableKind[]): number;
  readonly objects: ObjectStore;
  /** Numbers of values of a kind, sorted as keys of lists are. */
  sorted(kind: ObservableKind): Uint32Array;
  /** The number of the object that decided for a value. */
  objectOf(value: number): number;
  /** The numbers of all. */
  numbers(): Uint32Array;
  /** By the number of an object: its place in the selection's traits. */
  readonly traits: Uint32Array;
  /** Names that match without their subdomains. */
  readonly exactOnly: ReadonlySet<string>;
}

export interface ValueSetParts {
  readonly objects: ObjectStore;
  /** By the number of a value: the object that decided for it, or -1: it is out. */
  readonly deciders: Int32Array;
  readonly exactOnly: ReadonlySet<string>;
  /** By the number of an object. */
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

/** The numbers below `size` that fit, of which there are `count`. */
export function collectNumbers(size: number, count: number, fits: (value: number) => boolean): Uint32Array {
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

/** What an object says, as decisions tell it. */
export function toVote(objects: ObjectStore, object: number, traits: Uint32Array): Vote {
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

/** A set of values that were chosen elsewhere. */
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
