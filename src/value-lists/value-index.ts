import ipaddr from 'ipaddr.js';
import type { Observable, ObservableKind } from '../observable/kinds.ts';
import { parsePlainIpv4 } from '../observable/plain-ipv4.ts';

/** What one line of an allow file or warning list means. */
export type ListedText =
  /** A hash or name, alone. */
  | { readonly form: 'value'; readonly text: string }
  /** A name and every name below it. */
  | { readonly form: 'suffix'; readonly text: string }
  /** An address is the network of itself; `bits` are those of its prefix. */
  | { readonly form: 'network'; readonly family: 'ipv4' | 'ipv6'; readonly bits: string };

/** Where a value is listed. */
export interface Listing {
  readonly list: string;
  readonly isAllowFile: boolean;
  /** From 1; null: the list has no lines. */
  readonly line: number | null;
  /** What the value is, where the list alone does not say so. */
  readonly note?: string;
}

export interface ListedLine extends Listing {
  readonly meaning: ListedText;
}

/** Values that must not be compiled, whoever says what of them. */
export interface ValueIndex {
  /** The listing of the value, or of any part of a network; the first one wins. */
  find(observable: Observable): Listing | null;
  /** Names, and suffixes without their dot: what no gate of a parent domain may match. */
  names(): Iterable<string>;
}

export const emptyIndex: ValueIndex = { find: () => null, names: () => [] };

type Listings = Map<string, Listing>;

/** Networks of one family by the bits of their prefix, so that one look-up a length in use finds an address. */
interface Networks {
  readonly family: Family;
  readonly byBits: Listings;
  readonly lengths: Set<number>;
  /** By the first number of an address: 1 where any network may have it. Most addresses are told so without their bits. */
  readonly beginnings: Uint8Array;
}

/** Bits of the first number of an address: `31` of `31.0.0.1`, `2a00` of `2a00::1`. */
const beginningBits = { ipv4: 8, ipv6: 16 } as const;

type Family = keyof typeof beginningBits;

export function createValueIndex(lines: Iterable<ListedLine>): ValueIndex {
  const values: Listings = new Map();
  const suffixes: Listings = new Map();
  const networks = { ipv4: createNetworks('ipv4'), ipv6: createNetworks('ipv6') };
  for (const { meaning, ...listing } of lines) {
    if (meaning.form === 'value') addFirst(values, meaning.text, listing);
    else if (meaning.form === 'suffix') addFirst(suffixes, meaning.text, listing);
    else addNetwork(networks[meaning.family], meaning.bits, listing);
  }
  return {
    find: ({ kind, value }) => {
      if (kind === 'name') return values.get(value) ?? findSuffix(suffixes, value);
      const family = familyOf(kind);
      return family === null ? (values.get(value) ?? null) : findNetwork(networks[family], value);
    },
    *names() {
      yield* values.keys();
      yield* suffixes.keys();
    },
  };
}

function createNetworks(family: Family): Networks {
  return {
    family,
    byBits: new Map(),
    lengths: new Set(),
    beginnings: new Uint8Array(2 ** beginningBits[family]),
  };
}

function addFirst(listings: Listings, key: string, listing: Listing): void {
  if (!listings.has(key)) listings.set(key, listing);
}

function addNetwork({ family, byBits, lengths, beginnings }: Networks, bits: string, listing: Listing): void {
  addFirst(byBits, bits, listing);
  lengths.add(bits.length);
  const width = beginningBits[family];
  const first = Number.parseInt(bits.slice(0, width).padEnd(width, '0'), 2);
  beginnings.fill(1, first, first + 2 ** Math.max(0, width - bits.length));
}

/** Of an address in normal form; `::1` begins with 0. */
function beginningOf(address: string, family: Family): number {
  return Number.parseInt(address, family === 'ipv4' ? 10 : 16) || 0;
}

function familyOf(kind: ObservableKind): Family | null {
  if (kind.startsWith('ipv4')) return 'ipv4';
  return kind.startsWith('ipv6') ? 'ipv6' : null;
}

function findSuffix(suffixes: Listings, name: string): Listing | null {
  if (suffixes.size === 0) return null;
  for (const suffix of withParents(name)) {
    const listing = suffixes.get(suffix);
    if (listing) return listing;
  }
  return null;
}

/** The name, then each name above it. */
export function* withParents(name: string): Generator<string> {
  for (let dot = -1; ; ) {
    yield name.slice(dot + 1);
    dot = name.indexOf('.', dot + 1);
    if (dot < 0) return;
  }
}

function findNetwork({ family, byBits, lengths, beginnings }: Networks, value: string): Listing | null {
  // A network may have parts that begin with another number.
  if (!value.includes('/') && beginnings[beginningOf(value, family)] === 0) return null;
  const bits = toBits(value);
  for (const length of lengths) {
    const listing = length <= bits.length ? byBits.get(bits.slice(0, length)) : undefined;
    if (listing) return listing;
  }
  return value.includes('/') ? findInside(byBits, bits) : null;
}

/** Values that are networks are few, so each may cost a walk. */
function findInside(byBits: Listings, bits: string): Listing | null {
  for (const [listed, listing] of byBits) if (listed.startsWith(bits)) return listing;
  return null;
}

/** The bits of the prefix of an address or network, as `0` and `1`. @throws when it is neither. */
export function toBits(value: string): string {
  const [address = '', length] = value.split('/');
  const bits = toAddressBits(address);
  return length === undefined ? bits : bits.slice(0, Number(length));
}

function toAddressBits(address: string): string {
  // Most are plain IPv4, which the library takes five times as long for.
  const plain = parsePlainIpv4(address);
  if (plain !== null) return plain.toString(2).padStart(32, '0');
  const bytes = ipaddr.parse(address).toByteArray();
  return bytes.map((byte) => byte.toString(2).padStart(8, '0')).join('');
}
