import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { parse } from 'tldts';
import * as v from 'valibot';
import { ConfigError } from '../errors.ts';
import { parsePlainIpv4 } from './address.ts';
import { toName } from './door.ts';
import { hashKinds, kinds, type Observable, type ObservableKind } from './kinds.ts';
import { refang, trimBlanks } from './refang.ts';
import { isSkip } from './skip-reasons.ts';

const legal = 'a hash, an address, a CIDR, a name or a suffix (".example.com")';

/** Matches the line ends of Unix and of Windows. */
const lineEnd = /\r?\n/;

/**
 * Parses the site's allow file. Each line has a hash, address, CIDR or name; `.example.com` (or `*.example.com`) is that
 * name and every name below it; `#` at the start of a line or after a blank starts a comment.
 * @throws ConfigError with every line that is none of these, and every line that takes out a part of the internet: a typing
 * error must neither let a value match again nor suppress all matches.
 */
export function parseAllowFile(text: string, file: string): ListedLine[] {
  const problems: string[] = [];
  const lines: ListedLine[] = [];
  for (const [index, raw] of text.split(lineEnd).entries()) {
    const entry = raw.replace(/(?:^|\s)#.*$/, '').trim();
    if (entry === '') continue;
    const meaning = parseListedBelow(entry) ?? parseListedValue(entry);
    const problem = meaning === null ? `is not ${legal}` : findExcess(meaning);
    if (problem !== null) problems.push(`line ${index + 1}: ${JSON.stringify(entry)} ${problem}`);
    else if (meaning !== null) lines.push({ list: file, isAllowFile: true, line: index + 1, meaning });
  }
  if (problems.length > 0) throw new ConfigError(file, problems);
  return lines;
}

/**
 * Parses a hash, address, CIDR or name; returns null for any other text. A value that is never compiled (a private
 * network, a single label) is accepted, too: it is harmless here, and many files have some.
 */
export function parseListedValue(text: string): ListedText | null {
  const plain = refang(text);
  if (/^[0-9a-f]+$/i.test(plain) && hashKinds.some((kind) => plain.length === kinds[kind].digits)) {
    return { form: 'value', text: plain.toLowerCase() };
  }
  if (isIP(plain.split('/')[0] ?? '') !== 0) return parseListedNetwork(plain);
  const name = parseListedName(plain);
  return name === null ? null : { form: 'value', text: name };
}

/** Parses `.example.com` or `*.example.com`: that name and every name below it. Null when a text does not begin so. */
function parseListedBelow(text: string): ListedText | null {
  const suffix = /^\*?\.(?=.)(.*)$/s.exec(trimBlanks(text))?.[1];
  return suffix === undefined ? null : parseListedSuffix(suffix);
}

function parseListedSuffix(text: string): ListedText | null {
  const name = parseListedName(refang(text));
  return name === null ? null : { form: 'suffix', text: name };
}

export function parseListedNetwork(text: string): ListedText | null {
  const plain = refang(text);
  if (!ipaddr.isValid(plain) && !ipaddr.isValidCIDR(plain)) return null;
  const mapped = plain.includes('/') ? null : ipaddr.process(plain);
  const network = mapped?.toString() ?? plain;
  return { form: 'network', family: network.includes(':') ? 'ipv6' : 'ipv4', bits: toBits(network) };
}

/** In bits. A network with a shorter prefix is a part of the internet, not of a site. */
const shortestPrefix = 8;

/** Returns why an entry takes out so much that it must be a mistake; null when it does not. */
function findExcess(meaning: ListedText): string | null {
  if (meaning.form === 'suffix' && isPublicSuffix(meaning.text))
    return `is a public suffix: every name below .${meaning.text} would be out; name the domains that are meant`;
  if (meaning.form === 'network' && meaning.bits.length < shortestPrefix && isOfInternet(meaning))
    return `is a network larger than /${shortestPrefix}: a part of the internet would be out; name the networks that are meant`;
  return null;
}

/**
 * Returns whether a name is in the ICANN part of the list; a suffix that it does not have, such as `.corp`, is a
 * site's.
 */
function isPublicSuffix(name: string): boolean {
  const { publicSuffix, isIcann } = parse(name, { extractHostname: false, validateHostname: false });
  return publicSuffix === name && isIcann === true;
}

/**
 * Returns whether a network has public addresses. From 224.0.0.0 on, and outside of 2000::/3, no address belongs to a
 * site of the internet, and lists may have whole blocks of these.
 */
function isOfInternet({ family, bits }: ListedText & { readonly form: 'network' }): boolean {
  if (family === 'ipv4') return !bits.startsWith('111');
  return bits.startsWith('001') || '001'.startsWith(bits);
}

/** Parses a name. A well-formed name that `toName` refuses for its meaning, such as a public suffix, is a name here. */
function parseListedName(text: string): string | null {
  const name = toName(text);
  if (!isSkip(name)) return name.value;
  return name.skip === 'malformed-name' || name.skip === 'name-is-address' ? null : text.toLowerCase();
}

/**
 * How an entry of each type of MISP warning list is parsed. A host name includes its subdomains, and so does a text with
 * a leading dot, of which the lists of Google and Microsoft have hundreds.
 */
const parsers = {
  string: (text) => parseListedBelow(text) ?? parseListedValue(text),
  hostname: (text) => parseListedBelow(text) ?? parseListedSuffix(text),
  cidr: parseListedNetwork,
} as const satisfies Record<string, (text: string) => ListedText | null>;

const schema = v.object({
  name: v.pipe(v.string(), v.nonEmpty()),
  type: v.string(),
  list: v.array(v.string()),
});

export interface WarningList {
  readonly lines: readonly ListedLine[];
  readonly passedOver: PassedOver;
}

/** The entries of a warning list that are not used. The site can hardly correct a list of others, so they end no run. */
export interface PassedOver {
  /** The name that the list gives itself. */
  readonly list: string;
  readonly file: string;
  readonly entries: number;
  /** How many entries are no hash, address or name: URLs, file names, AS numbers. */
  readonly noValue: number;
  /** Entries that would take out a part of the internet: public suffixes, networks larger than /8. */
  readonly tooWide: readonly string[];
}

/**
 * Parses a warning list in the format of MISP; says which entries are not used, too.
 * @throws ConfigError for another format, and for the types `substring` and `regex`.
 */
export function parseWarningList(text: string, file: string): WarningList {
  const { name, type, list } = parseJson(text, file);
  if (!isKnown(type)) {
    throw new ConfigError(file, [
      `the warning list ${JSON.stringify(name)} is of type ${JSON.stringify(type)}; legal: ${Object.keys(parsers).join(', ')}. ` +
        'A list that matches parts of a value would take out more values than can be foreseen: write its values into an allow file',
    ]);
  }
  const lines: ListedLine[] = [];
  const tooWide: string[] = [];
  let noValue = 0;
  for (const entry of list) {
    const meaning = parsers[type](entry);
    if (meaning === null) noValue += 1;
    else if (findExcess(meaning) !== null) tooWide.push(entry);
    else lines.push({ list: name, isAllowFile: false, line: null, meaning });
  }
  return { lines, passedOver: { list: name, file, entries: list.length, noValue, tooWide } };
}

function isKnown(type: string): type is keyof typeof parsers {
  return Object.hasOwn(parsers, type);
}

function parseJson(text: string, file: string): v.InferOutput<typeof schema> {
  try {
    return v.parse(schema, JSON.parse(text));
  } catch {
    throw new ConfigError(file, [
      'it is not a warning list of MISP: JSON with the texts "name" and "type" and the texts of "list"',
    ]);
  }
}

/** What one line of an allow file or warning list means. */
export type ListedText =
  /** Exactly this hash or name. */
  | { readonly form: 'value'; readonly text: string }
  /** A name and every name below it. */
  | { readonly form: 'suffix'; readonly text: string }
  /** An address is the network of itself; `bits` are those of its prefix. */
  | { readonly form: 'network'; readonly family: 'ipv4' | 'ipv6'; readonly bits: string };

/** The list, and the line of it, that has a value. */
export interface Listing {
  readonly list: string;
  readonly isAllowFile: boolean;
  /** Counted from 1; null when the list has no lines. */
  readonly line: number | null;
  /** What the value is, where the name of the list does not say so. */
  readonly note?: string;
}

export interface ListedLine extends Listing {
  readonly meaning: ListedText;
}

/** Values that must not be compiled, whatever OpenCTI says of them. */
export interface ValueIndex {
  /** Returns the listing of the value, or of any part of a network; the first one counts. */
  find(observable: Observable): Listing | null;
  /** Returns the names, and the suffixes without their dot, that no gate of a parent domain may match. */
  names(): Iterable<string>;
}

export const emptyIndex: ValueIndex = { find: () => null, names: () => [] };

type Listings = Map<string, Listing>;

/** Networks of one family by the bits of their prefix, so that one look-up for each length in use finds an address. */
interface Networks {
  readonly family: Family;
  readonly byBits: Listings;
  readonly lengths: Set<number>;
  /** By the first number of an address: 1 where a network may have it. Most addresses are answered without their bits. */
  readonly beginnings: Uint8Array;
}

/** How many bits the first number of an address has: `31` of `31.0.0.1`, `2a00` of `2a00::1`. */
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

/** Returns the first number of an address in its normal form; `::1` begins with 0. */
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

/** Yields the name, then each name above it. */
export function* withParents(name: string): Generator<string> {
  for (let dot = -1; ; ) {
    yield name.slice(dot + 1);
    dot = name.indexOf('.', dot + 1);
    if (dot < 0) return;
  }
}

function findNetwork({ family, byBits, lengths, beginnings }: Networks, value: string): Listing | null {
  // This is for addresses alone: a network may have parts that begin with another number.
  if (!value.includes('/') && beginnings[beginningOf(value, family)] === 0) return null;
  const bits = toBits(value);
  for (const length of lengths) {
    const listing = length <= bits.length ? byBits.get(bits.slice(0, length)) : undefined;
    if (listing) return listing;
  }
  return value.includes('/') ? findInside(byBits, bits) : null;
}

/** Returns a listing that is inside of a network. It reads all of them: few values are networks. */
function findInside(byBits: Listings, bits: string): Listing | null {
  for (const [listed, listing] of byBits) if (listed.startsWith(bits)) return listing;
  return null;
}

/** Returns the bits of the prefix of an address or network, as `0` and `1`. @throws an error when it is neither. */
function toBits(value: string): string {
  const [address = '', length] = value.split('/');
  const bits = toAddressBits(address);
  return length === undefined ? bits : bits.slice(0, Number(length));
}

function toAddressBits(address: string): string {
  // Most are plain IPv4, for which the library takes five times as long.
  const plain = parsePlainIpv4(address);
  if (plain !== null) return plain.toString(2).padStart(32, '0');
  const bytes = ipaddr.parse(address).toByteArray();
  return bytes.map((byte) => byte.toString(2).padStart(8, '0')).join('');
}

/**
 * The MD5, SHA-1 and SHA-256 of the files that exist to test whether a scanner works. Their contents are not here, since
 * scanners would remove this file. Source: https://www.eicar.org/download-anti-malware-testfile/
 */
export const testFiles = [
  // eicar.com, 68 bytes
  '44d88612fea8a8f36de82e1278abb02f',
  '3395856ce81f2b7382dee72602f798b642f14140',
  '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f',
  // the same with a line feed after it
  '69630e4574ec6798239b091cda43dca0',
  'cf8bd9dfddff007f75adf4c2be48005cea317c62',
  '131f95c51cc819465fa1797f6ccacf9d494aaaff46fa3eac73ae63ffbdfd8267',
  // eicar_com.zip
  '6ce6f415d8475545be5ba114f208b0ff',
  'd27265074c9eac2e2122ed69294dbc4d7cce9141',
  '2546dcffc5ad854d4ddc64fbf056871cd5a00f2471cb7a5bfd4ac23b6e9eedad',
  // eicarcom2.zip
  'e4968ef99266df7c9a1f0637d2389dab',
  'bec1b52d350d721c7e22a6d4bb0a92909893a3ae',
  'e1105070ba828007508566e28a2b8d4c65d192e9eaf3b7868382b7cae747b397',
] as const;
