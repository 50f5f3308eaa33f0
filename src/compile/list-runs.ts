import { copyBytes, type IdColumn, writeHex } from '../store/packing.ts';
import { sortPlaces } from '../store/sort.ts';
import type { HashKind, ObservableKind } from '../values/kinds.ts';
import { sysmonLabels } from '../wazuh/fields.ts';
import type { Run } from './list-lines.ts';
import type { ValueSet } from './value-set.ts';

const dot = 46;
const colon = 58;
const noLabel = new Uint8Array(0);

/** Returns a run of keys with a label and upper-case hex, `SHA256=...`, as Sysmon writes them. */
export function toLabelledRun(kind: HashKind, entries: SortedEntries): Run {
  return toHexRun(entries, Uint8Array.from(Buffer.from(`${sysmonLabels[kind]}=`)), 'upper');
}

export function toHashRun(entries: SortedEntries): Run {
  return toHexRun(entries, noLabel, 'lower');
}

function toHexRun(
  { values, bytes, starts, ids }: SortedEntries,
  label: Uint8Array,
  letters: 'lower' | 'upper',
): Run {
  return {
    length: values.length,
    write(index, target, at) {
      const value = values[index] as number;
      const start = starts[value] as number;
      const size = (starts[value + 1] as number) - start;
      const end = writeHex(
        bytes,
        start,
        size,
        target,
        copyBytes(label, 0, label.length, target, at),
        letters,
      );
      target[end] = colon;
      return ids.write(index, target, end + 1);
    },
  };
}

/** Returns a run of keys that are written as they are stored, and have no colon. */
export function toTextRun({ values, bytes, starts, ids }: SortedEntries): Run {
  return {
    length: values.length,
    write(index, target, at) {
      const value = values[index] as number;
      const end = copyBytes(bytes, starts[value] as number, starts[value + 1] as number, target, at);
      target[end] = colon;
      return ids.write(index, target, end + 1);
    },
  };
}

/** Returns a run of keys of another form, and so of another order, than their values. It is for few keys. */
export function toKeyRun({ values, ids }: SortedEntries, toHeads: (place: number) => readonly string[]): Run {
  const heads = Array.from(values.keys()).flatMap((place) => toHeads(place).map((head) => ({ head, place })));
  heads.sort((a, b) => (a.head < b.head ? -1 : 1));
  return {
    length: heads.length,
    write(index, target, at) {
      const { head, place } = heads[index] as (typeof heads)[number];
      return ids.write(place, target, at + target.write(head, at, 'latin1'));
    },
  };
}

/**
 * Returns a run with each name twice, with a dot at its end and without: `a.com.:` is before `a.com:`, and keys that go on
 * with a dot or a digit are between them. The entries have the order of the keys without a dot.
 */
export function toNameRun(entries: SortedEntries): Run {
  const { values, bytes, starts, ids } = entries;
  const order = orderNames(entries);
  return {
    length: order.length,
    write(index, target, at) {
      const key = order[index] as number;
      const place = key >> 1;
      const value = values[place] as number;
      let end = copyBytes(bytes, starts[value] as number, starts[value + 1] as number, target, at);
      if (isDotted(key)) {
        target[end] = dot;
        end += 1;
      }
      target[end] = colon;
      return ids.write(place, target, end + 1);
    },
  };
}

/** Returns whether a key has a dot at its end. It is then twice the place of its name; without a dot it is one more. */
const isDotted = (key: number): boolean => (key & 1) === 0;

function orderNames(entries: SortedEntries): Uint32Array {
  const order = new Uint32Array(2 * entries.values.length);
  for (let end = 0; end < order.length; end += 2) {
    // Nearly always it is the last one so far: only names that begin with this one and a dot or a digit are after it.
    const at = findPlace(entries, order, end);
    order.copyWithin(at + 1, at, end);
    order[at] = end;
    order[end + 1] = end + 1;
  }
  return order;
}

/** Returns the place of the key `end` among the sorted keys before it. */
function findPlace(entries: SortedEntries, order: Uint32Array, end: number): number {
  let low = 0;
  let high = end;
  let middle = end - 1;
  while (low < high) {
    if (compareNames(entries, order[middle] as number, end) < 0) low = middle + 1;
    else high = middle;
    middle = (low + high) >> 1;
  }
  return low;
}

function compareNames(entries: SortedEntries, a: number, b: number): number {
  // The loop ends at the mark after a key at the latest: no key has that character, so two keys differ there.
  for (let at = 0; ; at += 1) {
    const byteA = byteOfName(entries, a, at);
    const byteB = byteOfName(entries, b, at);
    if (byteA !== byteB || byteA === colon) return byteA - byteB;
  }
}

function byteOfName({ values, bytes, starts }: SortedEntries, key: number, at: number): number {
  const value = values[key >> 1] as number;
  const byte = (starts[value] as number) + at;
  const end = starts[value + 1] as number;
  if (byte < end) return bytes[byte] as number;
  return byte === end && isDotted(key) ? dot : colon;
}

/** IPv4 addresses as IPv4-mapped IPv6 addresses: each list has them in an order of its own. */
export interface MappedEntries extends SortedEntries {
  /** The addresses as numbers, by their places. */
  readonly addresses: Uint32Array;
  /** Their places in the order of `2d53:4001"`: a sort by texts takes ten times as long. */
  readonly byHex: Uint32Array;
}

export function toMappedEntries(entries: SortedEntries): MappedEntries {
  const addresses = toNumbers(entries);
  hexRanks ??= {
    first: rankTexts(65_536, 16, 'after the digits'),
    last: rankTexts(65_536, 16, 'before all'),
  };
  const { first, last } = hexRanks;
  const byHex = sortPlaces(
    addresses.map(
      (address) => (first[address >>> 16] as number) * 65_536 + (last[address & 0xffff] as number),
    ),
  );
  return { ...entries, addresses, byHex };
}

/** The ranks of the two groups, made when they are first needed. */
let hexRanks: { readonly first: Uint16Array; readonly last: Uint16Array } | null = null;

/** Returns a run of keys such as `"0:0:0:0:0:ffff:2d53:4001"` for 45.83.64.1: see `expandMapped`. */
export function toExpandedMappedRun(entries: MappedEntries): Run {
  return toMappedRun(entries, entries.byHex, '"0:0:0:0:0:ffff:');
}

/**
 * Returns a run of keys such as `"::ffff:2d53:4001"`, and with `dotted` also `"::ffff:45.83.64.1"`: see
 * `shortenMapped`.
 */
export function toShortMappedRun(entries: MappedEntries, dotted: boolean): Run {
  const { addresses, byHex } = entries;
  const order = dotted ? mergeOrders(addresses, byHex, orderByText(addresses)) : byHex;
  return toMappedRun(entries, order, '"::ffff:');
}

/** `"::ffff:45.83.64.1"` alone: see `mapped-log-address`. */
export function toDottedMappedRun(entries: MappedEntries): Run {
  return toMappedRun(
    entries,
    mergeOrders(entries.addresses, noOrder, orderByText(entries.addresses)),
    '"::ffff:',
  );
}

const noOrder = new Uint32Array(0);

/** Set in an entry of an order: the address is written as dotted decimals. */
const asText = 2 ** 31;

function toMappedRun(
  { values, bytes, starts, ids, addresses }: MappedEntries,
  order: Uint32Array,
  start: string,
): Run {
  const before = Uint8Array.from(Buffer.from(start));
  const after = Uint8Array.from(Buffer.from('":'));
  return {
    length: order.length,
    write(index, target, at) {
      const entry = order[index] as number;
      const place = entry % asText;
      const value = values[place] as number;
      let end = copyBytes(before, 0, before.length, target, at);
      end =
        entry < asText
          ? writeGroups(addresses[place] as number, target, end)
          : copyBytes(bytes, starts[value] as number, starts[value + 1] as number, target, end);
      return ids.write(place, target, copyBytes(after, 0, after.length, target, end));
    },
  };
}

const hexDigits = Uint8Array.from(Buffer.from('0123456789abcdef'));

/** Writes an IPv4 address as two groups of hex without padding. @returns the place after it. */
function writeGroups(address: number, target: Uint8Array, at: number): number {
  const end = writeGroup(address >>> 16, target, at);
  target[end] = colon;
  return writeGroup(address & 0xffff, target, end + 1);
}

function writeGroup(group: number, target: Uint8Array, at: number): number {
  let end = at;
  for (let shift = group > 0xfff ? 12 : group > 0xff ? 8 : group > 0xf ? 4 : 0; shift >= 0; shift -= 4) {
    target[end] = hexDigits[(group >>> shift) & 15] as number;
    end += 1;
  }
  return end;
}

/** Returns the IPv4 addresses as numbers, by their places. */
function toNumbers({ values, bytes, starts }: SortedEntries): Uint32Array {
  return Uint32Array.from(values, (value) => {
    const end = starts[value + 1] as number;
    let address = 0;
    let octet = 0;
    for (let at = starts[value] as number; at < end; at += 1) {
      const byte = bytes[at] as number;
      if (byte === dot) {
        address = address * 256 + octet;
        octet = 0;
      } else octet = octet * 10 + byte - 48;
    }
    return address * 256 + octet;
  });
}

/** Returns the places in the order of `45.83.64.1"`: a dot and a quote are both before the digits. */
function orderByText(addresses: Uint32Array): Uint32Array {
  const ranks = rankTexts(256, 10, 'before all');
  const rankAt = (address: number, shift: number) => ranks[(address >>> shift) & 255] as number;
  return sortPlaces(
    addresses.map(
      (address) =>
        rankAt(address, 24) * 2 ** 24 +
        rankAt(address, 16) * 2 ** 16 +
        rankAt(address, 8) * 2 ** 8 +
        rankAt(address, 0),
    ),
  );
}

/**
 * Returns the rank of each number below `limit` when their texts are sorted by bytes. The character after a text is before
 * all digits (`"`, `.`), or after `9` and before `a` (`:`).
 */
function rankTexts(limit: number, base: number, end: 'before all' | 'after the digits'): Uint16Array {
  const ranks = new Uint16Array(limit);
  const endDigit = end === 'before all' ? 0 : 10;
  let next = 1;
  const visit = (number: number): void => {
    for (let digit = 0; digit < base; digit += 1) {
      if (digit === endDigit) {
        ranks[number] = next;
        next += 1;
      }
      const longer = number * base + digit;
      if (longer < limit) visit(longer);
    }
  };
  // 0 has the first rank, and no longer text begins with it.
  for (let digit = 1; digit < base; digit += 1) visit(digit);
  return ranks;
}

/** Merges both orders by the first group and the first octet; the places of the second one are marked as text. */
function mergeOrders(addresses: Uint32Array, hex: Uint32Array, text: Uint32Array): Uint32Array {
  const merged = new Uint32Array(hex.length + text.length);
  let at = 0;
  let inHex = 0;
  const takeHexBefore = (octet: string) => {
    for (; inHex < hex.length; inHex += 1, at += 1) {
      const place = hex[inHex] as number;
      if (`${((addresses[place] as number) >>> 16).toString(16)}:` > octet) return;
      merged[at] = place;
    }
  };
  let last = -1;
  for (const place of text) {
    const octet = (addresses[place] as number) >>> 24;
    if (octet !== last) takeHexBefore(`${octet}.`);
    last = octet;
    merged[at] = place + asText;
    at += 1;
  }
  merged.set(hex.subarray(inHex), at);
  return merged;
}

/** The values of one kind in the order of list keys. */
export interface SortedEntries {
  /** The numbers of the values. */
  readonly values: Uint32Array;
  readonly bytes: Uint8Array;
  /** Where a value starts, by its number; it ends where the next one starts. */
  readonly starts: Uint32Array;
  /**
   * The ids of the objects that decided, by the places of the values. They are copied into this order, since several lists
   * read them, and reading memory in order takes a fifth of the time.
   */
  readonly ids: IdColumn;
}

export function toSortedEntries(set: ValueSet, kind: ObservableKind): SortedEntries {
  const values = set.sorted(kind);
  const { bytes, starts } = set.objects.values.columns();
  const ids = set.objects.ids.pick(values.length, (place) => set.objectOf(values[place] as number));
  return { values, bytes, starts, ids };
}
