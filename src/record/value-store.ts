import { type CheckedValue, hexDigits, type Observable, type ObservableKind } from '../observable/kinds.ts';
import { grown } from './grow.ts';
import { writeFromHex, writeHex } from './hex.ts';

/** A kind is stored as its place. Never reordered: files hold these numbers. */
export const storedKinds = [
  'sha256',
  'sha1',
  'md5',
  'ipv4',
  'ipv6',
  'name',
  'ipv4-network',
  'ipv6-network',
] as const satisfies readonly ObservableKind[];

const kindNumbers = Object.fromEntries(storedKinds.map((kind, number) => [kind, number])) as Record<
  ObservableKind,
  number
>;
const widths = storedKinds.map((kind) => (kind in hexDigits ? hexDigits[kind as 'md5'] / 2 : 0));

/**
 * Values, each once, in the order in which they came; a value is known by its number. Hashes take half a byte a digit
 * and all others their text, one behind the other in one array: a million strings would take four times the room.
 */
export interface ValueStore {
  readonly size: number;
  /** The number of a value, known or new. */
  intern(observable: Observable): number;
  /** The number, or -1. */
  find(observable: { readonly kind: ObservableKind; readonly value: string }): number;
  kindAt(value: number): ObservableKind;
  textAt(value: number): CheckedValue;
  /** The first digits of a hash, an even number of them, or all. */
  digitsAt(value: number, digits: number): string;
  /** Writes the text as ASCII. @returns the place behind it. */
  write(value: number, target: Uint8Array, at: number): number;
  /** For reading only, and only until the next value comes. */
  columns(): ValueColumns;
}

export interface ValueColumns {
  readonly kinds: Uint8Array;
  readonly bytes: Uint8Array;
  /** A value ends where the next one starts; one more than there are values. */
  readonly starts: Uint32Array;
}

export function createValueStore(saved?: ValueColumns): ValueStore {
  let size = saved ? saved.kinds.length : 0;
  let kinds = saved?.kinds ?? new Uint8Array(1024);
  let starts = saved?.starts ?? new Uint32Array(1024);
  let bytes: Uint8Array = saved?.bytes ?? new Uint8Array(16_384);
  /** Open addressing; 0 is free, else one more than the number of a value. */
  let table = new Int32Array(0);

  /** Writes the value behind the last one, where it stays if it is new. */
  function stage(kind: number, value: string): number {
    const start = starts[size] as number;
    const width = widths[kind] as number;
    const end = start + (width || value.length);
    bytes = grown(bytes, end);
    if (width > 0) writeFromHex(value, bytes, start);
    else for (let at = 0; at < value.length; at += 1) bytes[start + at] = value.charCodeAt(at);
    return end;
  }

  /** The place in the table of what stands at start..end: its own, or a free one. */
  function probe(kind: number, start: number, end: number): number {
    const mask = table.length - 1;
    let place = (hashBytes(bytes, start, end) + kind) & mask;
    for (;;) {
      const known = (table[place] as number) - 1;
      if (known < 0 || (kinds[known] === kind && equals(known, start, end))) return place;
      place = (place + 1) & mask;
    }
  }

  function equals(known: number, start: number, end: number): boolean {
    const from = starts[known] as number;
    const length = end - start;
    if ((starts[known + 1] as number) - from !== length) return false;
    for (let at = 0; at < length; at += 1) if (bytes[from + at] !== bytes[start + at]) return false;
    return true;
  }

  /** At most half of the table is taken. */
  function makeRoom(): void {
    if (table.length >= (size + 1) * 2) return;
    table = new Int32Array(Math.max(4096, 2 ** Math.ceil(Math.log2((size + 1) * 4))));
    for (let value = 0; value < size; value += 1) {
      const place = probe(kinds[value] as number, starts[value] as number, starts[value + 1] as number);
      table[place] = value + 1;
    }
  }

  return {
    get size() {
      return size;
    },
    intern({ kind, value }) {
      makeRoom();
      const number = kindNumbers[kind];
      starts = grown(starts, size + 2);
      const end = stage(number, value);
      const place = probe(number, starts[size] as number, end);
      const known = (table[place] as number) - 1;
      if (known >= 0) return known;
      kinds = grown(kinds, size + 1);
      kinds[size] = number;
      starts[size + 1] = end;
      table[place] = size + 1;
      size += 1;
      return size - 1;
    },
    find({ kind, value }) {
      makeRoom();
      const number = kindNumbers[kind];
      const width = widths[number] as number;
      if (width > 0 && (value.length !== width * 2 || !/^[0-9a-f]*$/.test(value))) return -1;
      return (table[probe(number, starts[size] as number, stage(number, value))] as number) - 1;
    },
    kindAt: (value) => storedKinds[kinds[value] as number] as ObservableKind,
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
      return asBuffer(bytes).toString(
        'hex',
        start,
        Math.min(start + digits / 2, starts[value + 1] as number),
      );
    },
    write(value, target, at) {
      const start = starts[value] as number;
      const end = starts[value + 1] as number;
      const isHash = (widths[kinds[value] as number] as number) > 0;
      if (isHash) return writeHex(bytes, start, end - start, target, at, 'lower');
      for (let from = start; from < end; from += 1) target[at + from - start] = bytes[from] as number;
      return at + end - start;
    },
    columns: () => ({
      kinds: kinds.subarray(0, size),
      bytes: bytes.subarray(0, starts[size]),
      starts: starts.subarray(0, size + 1),
    }),
  };
}

const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  Buffer.from(buffer, byteOffset, byteLength);

/** FNV-1a, 32 bits, with the bits mixed once more. */
function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
