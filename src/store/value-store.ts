import type { CheckedValue, ObservableKind } from '../values/kinds.ts';
import { copyBytes, grown, writeFromHex, writeHex } from './packing.ts';
import {
  compareValues,
  keyEnd,
  kindNumbers,
  permute,
  type StoredKind,
  storedKinds,
  toOrder,
  type ValueColumns,
  valueWidths as widths,
} from './sort.ts';

/**
 * Values, each once, in the order in which they were added until they are sorted. Each has a number. All are in one array,
 * one after another: a hash takes half a byte a digit, every other value its text. A million strings would take four times
 * the memory.
 */
export interface ValueStore {
  readonly size: number;
  /** Returns the number of a value, which is added when it is new. */
  intern(observable: { readonly kind: StoredKind; readonly value: string }): number;
  /** Returns the number of a value, or -1. */
  find(observable: { readonly kind: StoredKind; readonly value: string }): number;
  /** Returns the kind of a value. It must not be called for an `other-hash`. */
  kindAt(value: number): ObservableKind;
  /** Returns false for an `other-hash`, which only joins objects. */
  isValue(value: number): boolean;
  textAt(value: number): CheckedValue;
  /**
   * Returns the first digits of a hash in upper case.
   * @param digits an even number; when the hash has fewer, all of them.
   */
  digitsAt(value: number, digits: number): string;
  /** Writes the text as ASCII. @returns the place after it. */
  write(value: number, target: Uint8Array, at: number): number;
  /** Returns the columns, for reading only and only until the next value is added. */
  columns(): ValueColumns;
  /**
   * Sorts the values by kinds and list keys, and numbers them in that order, so that a loop in that order reads memory from
   * one end to the other. @returns the new number by the old one; null when nothing has changed.
   */
  sort(): Uint32Array | null;
  /** So many values, from the first on, are in that order. */
  readonly sortedSize: number;
}

/** So many bytes of a digest are enough to distinguish millions of them. */
const digestBytes = 8;

/**
 * Makes a store, empty or with saved values.
 * @param sortedSize so many of the saved values, from the first on, are in order.
 */
export function createValueStore(saved?: ValueColumns, sortedSize = 0): ValueStore {
  let size = saved ? saved.kinds.length : 0;
  let sorted = sortedSize;
  let kinds = saved?.kinds ?? new Uint8Array(1024);
  let starts = saved?.starts ?? new Uint32Array(1024);
  let bytes: Uint8Array = saved?.bytes ?? new Uint8Array(16_384);
  /**
   * A hash table (open addressing) of the values after the sorted ones: 0 is free, else one more than a value's
   * number.
   */
  let table = new Int32Array(0);

  /** Writes the value after the last one, where it stays if it is new. @returns the place after it. */
  function stage(kind: number, value: string): number {
    const start = starts[size] as number;
    const width = widths[kind] as number;
    const end = start + (width || value.length);
    bytes = grown(bytes, end);
    if (width > 0) writeFromHex(value, bytes, start);
    else for (let at = 0; at < value.length; at += 1) bytes[start + at] = value.charCodeAt(at);
    return end;
  }

  /** Returns the place in the table for the bytes from `start` to `end`: that of the same value, or a free one. */
  function probe(kind: number, start: number, end: number): number {
    const mask = table.length - 1;
    const hashed = widths[kind] === 0 ? end : start + digestBytes;
    let at = (hashBytes(bytes, start, hashed) + kind) & mask;
    for (;;) {
      const known = (table[at] as number) - 1;
      if (known < 0 || (kinds[known] === kind && equals(known, start, end))) return at;
      at = (at + 1) & mask;
    }
  }

  function equals(known: number, start: number, end: number): boolean {
    const from = starts[known] as number;
    const length = end - start;
    if ((starts[known + 1] as number) - from !== length) return false;
    for (let at = 0; at < length; at += 1) if (bytes[from + at] !== bytes[start + at]) return false;
    return true;
  }

  /** Makes the table larger when more than half of it would be in use. */
  function makeRoom(): void {
    const count = size - sorted + 1;
    if (table.length >= count * 2) return;
    table = new Int32Array(Math.max(4096, 2 ** Math.ceil(Math.log2(count * 4))));
    for (let value = sorted; value < size; value += 1) {
      const at = probe(kinds[value] as number, starts[value] as number, starts[value + 1] as number);
      table[at] = value + 1;
    }
  }

  /** Returns the number of the staged value among the sorted ones, or -1. */
  function findSorted(kind: number): number {
    let low = 0;
    let high = sorted;
    while (low < high) {
      const middle = (low + high) >> 1;
      const difference =
        (kinds[middle] as number) - kind || compareValues({ bytes, starts }, middle, size, keyEnd);
      if (difference === 0) return middle;
      if (difference < 0) low = middle + 1;
      else high = middle;
    }
    return -1;
  }

  /** The place in the table for the value that was searched last; -1 when it is among the sorted ones. */
  let place = -1;

  /** Stages the value. @returns its number when the store has it, or -1. */
  function look(kind: number, value: string): number {
    makeRoom();
    starts = grown(starts, size + 2);
    const end = stage(kind, value);
    starts[size + 1] = end;
    place = -1;
    const inOrder = sorted > 0 ? findSorted(kind) : -1;
    if (inOrder >= 0) return inOrder;
    place = probe(kind, starts[size] as number, end);
    return (table[place] as number) - 1;
  }

  return {
    get size() {
      return size;
    },
    get sortedSize() {
      return sorted;
    },
    intern({ kind, value }) {
      const number = kindNumbers[kind];
      const known = look(number, value);
      if (known >= 0) return known;
      kinds = grown(kinds, size + 1);
      kinds[size] = number;
      table[place] = size + 1;
      size += 1;
      return size - 1;
    },
    find({ kind, value }) {
      const number = kindNumbers[kind];
      const width = widths[number] as number;
      if (width > 0 && (value.length !== width * 2 || !/^[0-9a-f]*$/.test(value))) return -1;
      return look(number, value);
    },
    sort() {
      if (sorted === size) return null;
      const columns = this.columns();
      const order = toOrder(columns);
      const moved = permute(columns, order);
      ({ kinds, bytes, starts } = moved.columns);
      sorted = size;
      table = new Int32Array(0);
      return moved.numbers;
    },
    kindAt: (value) => storedKinds[kinds[value] as number] as ObservableKind,
    isValue: (value) => kinds[value] !== kindNumbers['other-hash'],
    textAt(value) {
      const isHash = (widths[kinds[value] as number] as number) > 0;
      return asBuffer(bytes).toString(
        isHash ? 'hex' : 'latin1',
        starts[value],
        starts[value + 1],
      ) as CheckedValue;
    },
    digitsAt(value, digits) {
      const start = starts[value] as number;
      const size = Math.min(digits / 2, (starts[value + 1] as number) - start);
      return scratch.toString('latin1', 0, writeHex(bytes, start, size, scratch, 0, 'upper'));
    },
    write(value, target, at) {
      const start = starts[value] as number;
      const end = starts[value + 1] as number;
      const isHash = (widths[kinds[value] as number] as number) > 0;
      if (isHash) return writeHex(bytes, start, end - start, target, at, 'lower');
      return copyBytes(bytes, start, end, target, at);
    },
    columns: () => ({
      kinds: kinds.subarray(0, size),
      bytes: bytes.subarray(0, starts[size]),
      starts: starts.subarray(0, size + 1),
    }),
  };
}

/** Room for the digits of a hash. */
const scratch = Buffer.alloc(128);

const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  Buffer.from(buffer, byteOffset, byteLength);

/** Returns the FNV-1a hash of 32 bits, with the bits mixed once more. For a digest its first bytes are enough. */
function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
