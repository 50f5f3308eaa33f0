const idBytes = 16;
const textLength = 36;
const hyphen = 45;
/** Bytes of each part of a UUID between its hyphens. */
const parts = [4, 2, 2, 2, 6] as const;

/** OpenCTI's internal ids. A UUID in lower case takes 16 bytes; any other text is kept as it is. */
export interface IdColumn {
  push(id: string): void;
  /**
   * Returns some of the ids in another order.
   * @param indexAt returns the index of the id for each place of the result.
   */
  pick(length: number, indexAt: (place: number) => number): IdColumn;
  at(index: number): string;
  /** Returns every index that has one of these ids; an id may have several. */
  findAll(ids: ReadonlySet<string>): number[];
  /** Writes the id as ASCII. @returns the place after it. */
  write(index: number, target: Buffer, at: number): number;
  /** How many bytes `write` may need. */
  readonly longest: number;
  readonly length: number;
  save(): SavedIds;
}

export interface SavedIds {
  readonly bytes: Uint8Array;
  /** Index and text of each id that is no UUID. */
  readonly others: readonly (readonly [number, string])[];
}

export function createIds(saved: SavedIds = { bytes: new Uint8Array(0), others: [] }): IdColumn {
  let { bytes } = saved;
  let length = bytes.length / idBytes;
  const others = new Map(saved.others);
  let longest = Math.max(textLength, ...[...others.values()].map((id) => Buffer.byteLength(id)));
  const write = (index: number, target: Buffer, at: number) => {
    const other = others.size > 0 ? others.get(index) : undefined;
    if (other !== undefined) return at + target.write(other, at);
    return writeUuid(bytes, index * idBytes, target, at);
  };
  const scratch = Buffer.alloc(textLength);
  const reserve = () => {
    bytes = grown(bytes, (length + 1) * idBytes);
    return bytes;
  };
  return {
    push(id) {
      if (!parseUuid(id, reserve(), length * idBytes)) {
        bytes.fill(0, length * idBytes, (length + 1) * idBytes);
        others.set(length, id);
        longest = Math.max(longest, Buffer.byteLength(id));
      }
      length += 1;
    },
    pick(count, indexAt) {
      const picked = new Uint8Array(count * idBytes);
      const pickedOthers: [number, string][] = [];
      for (let place = 0, to = 0; place < count; place += 1) {
        const index = indexAt(place);
        const end = (index + 1) * idBytes;
        for (let from = end - idBytes; from < end; from += 1, to += 1) picked[to] = bytes[from] as number;
        const other = others.size > 0 ? others.get(index) : undefined;
        if (other !== undefined) pickedOthers.push([place, other]);
      }
      return createIds({ bytes: picked, others: pickedOthers });
    },
    findAll(ids) {
      // A few ids are searched among millions: two bytes are enough to rule out most of them, without a text.
      const beginnings = new Uint8Array(65_536);
      for (const id of ids) beginnings[Number.parseInt(id.slice(0, 4), 16) || 0] = 1;
      const found: number[] = [];
      for (let index = 0, at = 0; index < length; index += 1, at += idBytes) {
        const beginning = (bytes[at] as number) * 256 + (bytes[at + 1] as number);
        if (beginnings[beginning] === 0 && others.size === 0) continue;
        if (ids.has(this.at(index))) found.push(index);
      }
      return found;
    },
    at: (index) => others.get(index) ?? scratch.toString('latin1', 0, write(index, scratch, 0)),
    write,
    get longest() {
      return longest;
    },
    get length() {
      return length;
    },
    save: () => ({ bytes: bytes.subarray(0, length * idBytes), others: [...others] }),
  };
}

/** Writes the 16 bytes of a UUID. @returns false when `writeUuid` would not write the same text. */
function parseUuid(text: string, target: Uint8Array, at: number): boolean {
  if (text.length !== textLength) return false;
  let from = 0;
  let seen = 0;
  for (let to = at; to < at + idBytes; to += 1, from += 2) {
    if (hyphens[from] === 1) {
      if (text.charCodeAt(from) !== hyphen) return false;
      from += 1;
    }
    const byte =
      ((lowerNibbles[text.charCodeAt(from)] ?? bad) << 4) | (lowerNibbles[text.charCodeAt(from + 1)] ?? bad);
    seen |= byte;
    target[to] = byte;
  }
  return seen < bad;
}

/** 1 at the places of the hyphens. */
const hyphens = Uint8Array.from({ length: textLength }, (_, at) => Number([8, 13, 18, 23].includes(at)));
/** The value of a character that is no digit: more than a byte, as either half of one. */
const bad = 256;
/** Character code -> value of the digit. */
const lowerNibbles = Uint16Array.from({ length: 256 }, (_, code) => {
  const value = '0123456789abcdef'.indexOf(String.fromCharCode(code));
  return value < 0 ? bad : value;
});

function writeUuid(bytes: Uint8Array, from: number, target: Uint8Array, at: number): number {
  let source = from;
  let to = at;
  for (const size of parts) {
    if (to > at) {
      target[to] = hyphen;
      to += 1;
    }
    to = writeHex(bytes, source, size, target, to, 'lower');
    source += size;
  }
  return to;
}

const digits = '0123456789abcdef';

/** Character code -> value of the hex digit, in either case; 255: no digit. */
const nibbles = new Uint8Array(256).fill(255);
for (let value = 0; value < digits.length; value += 1) {
  const digit = digits.charAt(value);
  nibbles[digit.charCodeAt(0)] = value;
  nibbles[digit.toUpperCase().charCodeAt(0)] = value;
}

const lower = Uint8Array.from(digits, (digit) => digit.charCodeAt(0));
const upper = Uint8Array.from(digits.toUpperCase(), (digit) => digit.charCodeAt(0));

/** Returns the value of the hex digit at `at`; 255 for any other character. */
function nibbleAt(text: string, at: number): number {
  return nibbles[text.charCodeAt(at)] ?? 255;
}

/** Writes a hex text as bytes, two digits each. @param text an even number of hex digits. */
export function writeFromHex(text: string, target: Uint8Array, at: number): void {
  for (let from = 0, to = at; from < text.length; from += 2, to += 1) {
    target[to] = (nibbleAt(text, from) << 4) | nibbleAt(text, from + 1);
  }
}

/** Writes bytes as hex digits. @returns the place after the last digit. */
export function writeHex(
  source: Uint8Array,
  from: number,
  length: number,
  target: Uint8Array,
  at: number,
  letters: 'lower' | 'upper',
): number {
  const table = letters === 'lower' ? lower : upper;
  let to = at;
  for (let index = from; index < from + length; index += 1) {
    const byte = source[index] as number;
    target[to] = table[byte >> 4] as number;
    target[to + 1] = table[byte & 15] as number;
    to += 2;
  }
  return to;
}

type Growable = Uint8Array | Uint16Array | Int32Array | Uint32Array | Float64Array;

/**
 * Returns the same array while it has room for `length` elements, else a copy with at least twice the room. The system
 * gives memory only to pages that are written to, so unused room costs nothing.
 */
export function grown<A extends Growable>(array: A, length: number): A {
  if (length <= array.length) return array;
  const Typed = array.constructor as new (length: number) => A;
  const larger = new Typed(Math.max(length, array.length * 2));
  larger.set(array);
  return larger;
}

/** Copies a few bytes in a loop: for these a native call takes longer. @returns the place after the last one. */
export function copyBytes(
  source: Uint8Array,
  from: number,
  to: number,
  target: Uint8Array,
  at: number,
): number {
  for (let place = from; place < to; place += 1) target[at + place - from] = source[place] as number;
  return at + to - from;
}
