import { otherHashDigits } from '../values/hash.ts';
import { byKey, kinds, type ObservableKind, observableKinds } from '../values/kinds.ts';

/** The character `:`, which follows a key in a list. */
export const keyEnd = 58;

/** More bytes than a name has; no other value is longer. */
const longestValue = 256;

/** Returns the numbers of all values in the order of kinds and list keys. */
export function toOrder(columns: ValueColumns): Uint32Array {
  const order = new Uint32Array(columns.kinds.length);
  let at = 0;
  for (let kind = 0; kind < storedKinds.length; kind += 1) {
    const values = sortValues(columns, numbersOf(columns.kinds, kind), keyEnd);
    order.set(values, at);
    at += values.length;
  }
  return order;
}

function numbersOf(kinds: Uint8Array, kind: number): Uint32Array {
  const numbers = new Uint32Array(kinds.length);
  let count = 0;
  for (let value = 0; value < kinds.length; value += 1) {
    if (kinds[value] !== kind) continue;
    numbers[count] = value;
    count += 1;
  }
  return numbers.slice(0, count);
}

/** Returns the columns with the values in that order, and the new number of each value by the old one. */
export function permute(
  { kinds, bytes, starts }: ValueColumns,
  order: Uint32Array,
): { columns: ValueColumns; numbers: Uint32Array } {
  const moved = {
    kinds: new Uint8Array(kinds.length),
    // A value that is searched is written after the last one.
    bytes: new Uint8Array(bytes.length + longestValue),
    starts: new Uint32Array(starts.length + 1),
  };
  const numbers = new Uint32Array(order.length);
  let to = 0;
  for (let number = 0; number < order.length; number += 1) {
    const value = order[number] as number;
    numbers[value] = number;
    moved.kinds[number] = kinds[value] as number;
    const end = starts[value + 1] as number;
    for (let from = starts[value] as number; from < end; from += 1, to += 1)
      moved.bytes[to] = bytes[from] as number;
    moved.starts[number + 1] = to;
  }
  return { columns: moved, numbers };
}

const prefixBytes = 4;
const radix = 2 ** 16;

/**
 * Sorts values of one kind by their bytes. `terminator` is the byte that will follow each of them: `a.com:` is sorted after
 * `a.com.br:`. When most values are sorted already, the others are merged into them.
 */
export function sortValues(columns: ValueColumns, values: Uint32Array, terminator: number): Uint32Array {
  const length = countSorted(columns, values, terminator);
  if (length === values.length) return values;
  if (length * 2 < values.length) return sortUnsorted(columns, values, terminator);
  const more = sortUnsorted(columns, values.subarray(length), terminator);
  return merge(columns, values.subarray(0, length), more, terminator);
}

/** Returns how many values at the beginning are in order. */
function countSorted(columns: ValueColumns, values: Uint32Array, terminator: number): number {
  let length = Math.min(1, values.length);
  while (
    length < values.length &&
    compareValues(columns, values[length - 1] as number, values[length] as number, terminator) <= 0
  ) {
    length += 1;
  }
  return length;
}

function merge(columns: ValueColumns, a: Uint32Array, b: Uint32Array, terminator: number): Uint32Array {
  const merged = new Uint32Array(a.length + b.length);
  let from = 0;
  let to = 0;
  for (const value of b) {
    while (from < a.length && compareValues(columns, a[from] as number, value, terminator) <= 0) {
      merged[to] = a[from] as number;
      from += 1;
      to += 1;
    }
    merged[to] = value;
    to += 1;
  }
  merged.set(a.subarray(from), to);
  return merged;
}

/** Sorts by the first four bytes, without a comparison; for hashes that is nearly always enough. */
function sortUnsorted(columns: ValueColumns, values: Uint32Array, terminator: number): Uint32Array {
  const prefixes = toPrefixes(columns, values, terminator);
  const order = sortPlaces(prefixes);
  const sorted = new Uint32Array(values.length);
  for (let at = 0; at < order.length; at += 1) sorted[at] = values[order[at] as number] as number;
  const prefixAt = (at: number) => prefixes[order[at] as number];
  sortEqualPrefixes(columns, sorted, prefixAt, terminator);
  return sorted;
}

function toPrefixes(columns: ValueColumns, values: Uint32Array, terminator: number): Uint32Array {
  const prefixes = new Uint32Array(values.length);
  for (let at = 0; at < values.length; at += 1) {
    prefixes[at] = prefixOf(columns, values[at] as number, terminator);
  }
  return prefixes;
}

function prefixOf({ bytes, starts }: ValueColumns, value: number, terminator: number): number {
  const start = starts[value] as number;
  const end = starts[value + 1] as number;
  let prefix = 0;
  for (let at = start; at < start + prefixBytes; at += 1) {
    const byte = at < end ? (bytes[at] as number) : at === end ? terminator : 0;
    prefix = prefix * 256 + byte;
  }
  return prefix;
}

/** Returns the places of the numbers in ascending order of the numbers, by two passes of a counting sort. */
export function sortPlaces(numbers: Uint32Array): Uint32Array {
  let order = new Uint32Array(numbers.length);
  for (let at = 0; at < order.length; at += 1) order[at] = at;
  for (const shift of [0, 16]) {
    const next = new Uint32Array(radix + 1);
    for (const number of numbers) {
      const digit = ((number >>> shift) & (radix - 1)) + 1;
      next[digit] = (next[digit] as number) + 1;
    }
    for (let digit = 1; digit <= radix; digit += 1) {
      next[digit] = (next[digit] as number) + (next[digit - 1] as number);
    }
    const target = new Uint32Array(order.length);
    for (const place of order) {
      const digit = ((numbers[place] as number) >>> shift) & (radix - 1);
      const to = next[digit] as number;
      target[to] = place;
      next[digit] = to + 1;
    }
    order = target;
  }
  return order;
}

function sortEqualPrefixes(
  columns: ValueColumns,
  sorted: Uint32Array,
  prefixAt: (at: number) => number | undefined,
  terminator: number,
): void {
  const compare = (a: number, b: number) => compareValues(columns, a, b, terminator);
  let from = 0;
  while (from < sorted.length) {
    const prefix = prefixAt(from);
    let to = from + 1;
    while (to < sorted.length && prefixAt(to) === prefix) to += 1;
    if (to - from > 1) sorted.subarray(from, to).sort(compare);
    from = to;
  }
}

/** Compares two values as list keys are compared: the result is below 0 when `a` is first. */
export function compareValues(
  { bytes, starts }: Pick<ValueColumns, 'bytes' | 'starts'>,
  a: number,
  b: number,
  terminator: number,
): number {
  const startA = starts[a] as number;
  const startB = starts[b] as number;
  const lengthA = (starts[a + 1] as number) - startA;
  const lengthB = (starts[b + 1] as number) - startB;
  const shorter = Math.min(lengthA, lengthB);
  for (let at = 0; at < shorter; at += 1) {
    const difference = (bytes[startA + at] as number) - (bytes[startB + at] as number);
    if (difference !== 0) return difference;
  }
  if (lengthA === lengthB) return 0;
  const next = lengthA > shorter ? (bytes[startA + shorter] as number) : terminator;
  const other = lengthB > shorter ? (bytes[startB + shorter] as number) : terminator;
  return next - other;
}

/**
 * `other-hash` is the beginning of a hash that no event field carries. It is no value; it connects the objects of a
 * file.
 */
export type StoredKind = ObservableKind | 'other-hash';

/** The number of each kind in columns and files. */
export const kindNumbers: Readonly<Record<StoredKind, number>> = {
  ...byKey(observableKinds, (kind) => kinds[kind].stored),
  'other-hash': 8,
};

/** The kinds by their numbers. */
export const storedKinds = (Object.keys(kindNumbers) as StoredKind[]).sort(
  (a, b) => kindNumbers[a] - kindNumbers[b],
);

/** How many bytes a value has, by the place of its kind; 0 means as many as its text has. */
export const valueWidths = storedKinds.map((kind) => {
  const digits = kind === 'other-hash' ? otherHashDigits : kinds[kind].digits;
  return (digits ?? 0) / 2;
});

/** The values of a store. */
export interface ValueColumns {
  readonly kinds: Uint8Array;
  readonly bytes: Uint8Array;
  /** A value ends where the next one starts. There is one element more than there are values. */
  readonly starts: Uint32Array;
}
