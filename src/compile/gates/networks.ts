import ipaddr from 'ipaddr.js';
import type { AddressKind } from '../../values/kinds.ts';
import { toGroup } from './alternation.ts';
import { growNodes, type Node } from './grow.ts';

function groupBy(prefixes: readonly string[], from: number, to: number): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const prefix of prefixes) {
    const key = prefix.slice(from, to);
    const group = groups.get(key);
    if (group) group.push(prefix);
    else groups.set(key, [prefix]);
  }
  return groups;
}

/** Returns a pattern for the groups from `index` on: a range for a group in which a network ends, else its value. */
function renderFrom(family: AddressFamily, prefixes: readonly string[], index: number): string {
  const begin = index * family.groupBits;
  const end = begin + family.groupBits;
  const ending = prefixes.filter((prefix) => prefix.length <= end);
  const branches: string[] = [];
  if (ending.length > 0) {
    const blocks = ending.map((prefix) => prefix.slice(begin));
    branches.push(family.renderBlocks(blocks) + family.renderRest(family.groups - index - 1));
  }
  const longer = prefixes.filter((prefix) => prefix.length > end);
  for (const [bits, group] of groupBy(longer, begin, end)) {
    branches.push(family.formatGroup(bits) + family.separator + renderFrom(family, group, index + 1));
  }
  return toGroup(branches);
}

function renderNetworks(family: AddressFamily, prefixes: readonly string[], shortened: boolean): string {
  if (prefixes.includes('')) return `${family.start}${family.any}$`;
  const spellings = [renderFrom(family, prefixes, 0)];
  if (shortened) spellings.push(...new Set(prefixes.flatMap(renderShortened)));
  return `${family.start}${toGroup(spellings)}$`;
}

/** How the IPv6 addresses of a field are written, and whether `::ffff:` may be before a dotted IPv4: see `Spelling`. */
export interface NetworkSpelling {
  /** `expanded`: eight groups without padding. `padded`: eight groups of four digits, or as RFC 5952 has it. */
  readonly ipv6: 'expanded' | 'any' | 'padded';
  readonly mapped: boolean;
}

/** Gates for networks (`<address>/<length>`) of one family, overlaps and neighbours merged. */
export function growNetworkNodes(
  family: AddressKind,
  networks: readonly string[],
  { ipv6: form, mapped }: NetworkSpelling,
): Node[] {
  if (family === 'ipv4') return growSpelling(mapped ? mappableIpv4 : ipv4, networks, false);
  return growSpelling(form === 'padded' ? paddedIpv6 : ipv6, networks, form !== 'expanded');
}

/** More bits than these are below the four bytes that the engine may take for an IPv4 address: see `isSafeElement`. */
const deepestElement = { ipv4: 32, ipv6: 32 } as const satisfies Record<AddressKind, number>;

/** The engine compares an event with the networks of a rule one by one: some 200 of them in a leaf. */
const maxElementBytes = 4_000;

/**
 * Gates for networks of one family on a static field, which takes networks as elements (`<srcip>10.0.0.0/8</srcip>`, one of
 * which is enough) and no pattern: that of a gate is its networks, with blanks between them. An IPv4 and an IPv6 network are
 * never in one gate.
 */
export function growElementNodes(family: AddressKind, networks: readonly string[]): Node[] {
  const toElement = (prefix: string) => formatPrefix(family, prefix);
  return growNodes({
    maxBytes: maxElementBytes,
    keys: mergePrefixes(networks.map(toPrefixBits)).filter(
      (prefix) => family === 'ipv4' || isSafeElement(prefix),
    ),
    symbolBits: 1,
    toSymbol: (code) => code - 48,
    isInner: (depth) => depth > 0 && depth % 4 === 0 && depth <= deepestElement[family],
    innerPattern: (key, depth) => toElement(key.slice(0, depth)),
    leafPattern: (prefixes) => prefixes.map(toElement).join(' '),
  });
}

/**
 * The engine compares an IPv4 event with an IPv6 element as if that were one of IPv4: its first four bytes are the
 * address and the next four the mask, so `2001:db8::/64` is harmless and `1::/8` matches every event (a union,
 * os_net.c; Wazuh 4.14.7). No event matches where the address has a bit outside of the mask.
 */
export function isSafeElement(prefix: string): boolean {
  const bits = prefix.padEnd(64, '0');
  return Array.from({ length: 32 }).some((_, at) => bits[at] === '1' && bits[at + 32] === '0');
}

function formatPrefix(family: AddressKind, prefix: string): string {
  if (family === 'ipv4') {
    const octets = (prefix.padEnd(32, '0').match(/.{8}/g) ?? []).map((bits) => Number.parseInt(bits, 2));
    return `${octets.join('.')}/${prefix.length}`;
  }
  const groups = (prefix.padEnd(128, '0').match(/.{16}/g) ?? []).map((bits) => Number.parseInt(bits, 2));
  return `${new ipaddr.IPv6(groups).toString()}/${prefix.length}`;
}

/** Returns the nodes for the IPv4-mapped IPv6 addresses of IPv4 networks, in hex: a dual-stack socket shows these. */
export function growMappedNodes(networks: readonly string[], anySpelling: boolean): Node[] {
  const nodes = growSpelling(anySpelling ? anyMapped : expandedMapped, networks, false);
  // Their places are those of IPv6 networks, below the fixed beginning, which has no gates.
  return nodes.map((node) => ({
    ...node,
    depth: mappedBits.length + node.depth,
    symbols: mappedBits + node.symbols,
  }));
}

const mappedBits = '0'.repeat(80) + '1'.repeat(16);

function growSpelling(spelling: AddressFamily, networks: readonly string[], shortened: boolean): Node[] {
  return growNodes({
    keys: mergePrefixes(networks.map(toPrefixBits)),
    symbolBits: 1,
    toSymbol: (code) => code - 48,
    isInner: (depth) => depth % 4 === 0,
    innerPattern: (key, depth) => renderNetworks(spelling, [key.slice(0, depth)], shortened),
    leafPattern: (prefixes) => renderNetworks(spelling, prefixes, shortened),
  });
}

/** Returns the network part of `<address>/<length>` as a string of `0` and `1`. */
function toPrefixBits(network: string): string {
  const [address = '', length] = network.split('/');
  // An IPv4 address is checked dotted decimals. There can be hundreds of thousands: the library takes ten times as long.
  const bytes = address.includes(':')
    ? ipaddr.IPv6.parse(address).toByteArray()
    : address.split('.').map(Number);
  return bytes
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('')
    .slice(0, Number(length));
}

/** Returns the network of one IPv4 address. */
export function toAddressNetwork(ipv4: string): string {
  return `${ipv4}/32`;
}

const parent = (bits: string): string => bits.slice(0, -1);

const areHalves = (a: string, b: string): boolean =>
  a !== b && a.length === b.length && parent(a) === parent(b);

/** Returns the fewest prefixes for the same addresses, sorted: without overlaps, and with neighbours joined. */
function mergePrefixes(prefixes: readonly string[]): string[] {
  const merged: string[] = [];
  for (const prefix of [...prefixes].sort()) {
    const last = merged.at(-1);
    if (last !== undefined && prefix.startsWith(last)) continue;
    let joined = prefix;
    for (
      let before = merged.at(-1);
      before !== undefined && areHalves(before, joined);
      before = merged.at(-1)
    ) {
      merged.pop();
      joined = parent(joined);
    }
    merged.push(joined);
  }
  return merged;
}

/** The notation of a family of addresses: groups of bits with a separator between them. */
export interface AddressFamily {
  readonly start: string;
  readonly groupBits: number;
  readonly groups: number;
  readonly separator: string;
  /** Returns the text of one whole group. */
  readonly formatGroup: (bits: string) => string;
  /** Returns a pattern for one group that begins with one of these strings of bits, each 1 to `groupBits` long. */
  readonly renderBlocks: (blocks: readonly string[]) => string;
  /** Returns a pattern for the rest when the last `left` groups can be anything. */
  readonly renderRest: (left: number) => string;
  /** A pattern for any address of the family. */
  readonly any: string;
}

function toOctets(block: string): string[] {
  const size = 2 ** (8 - block.length);
  const first = Number.parseInt(block, 2) * size;
  return Array.from({ length: size }, (_, at) => String(first + at));
}

/** The patterns of single blocks, by block. There are 510 blocks, and nearly every network ends in a single one. */
const renderedBlocks = new Map<string, string>();

function renderOctets(blocks: readonly string[]): string {
  const [only = '', ...more] = blocks;
  if (more.length > 0) return renderDigitSet(blocks.flatMap(toOctets));
  const rendered = renderedBlocks.get(only) ?? renderDigitSet(toOctets(only));
  renderedBlocks.set(only, rendered);
  return rendered;
}

const anyOctet = '\\.\\d{1,3}';

/**
 * Any hex digit. The other characters that `\w` matches are in no address, and it compiles to two bytes, while a class takes
 * 33: leaves are split by their compiled size.
 */
const anyDigit = '\\w';

const repeated = (count: number): string =>
  count === 0 ? '' : count === 1 ? anyDigit : `${anyDigit}{${count}}`;

function renderDigitRange(first: number, last: number): string {
  if (first === last) return first.toString(16);
  const from = first.toString(16);
  const to = last.toString(16);
  if (first <= 9 && last > 9) return `[${from}-9a-${to}]`;
  return `[${from}-${to}]`;
}

/**
 * Returns patterns for the numbers from zero on. They are not padded, so they have every length up to that of the
 * block.
 */
function renderFromZero(freeBits: number): string[] {
  const whole = Math.floor(freeBits / 4);
  const top = 2 ** (freeBits % 4) - 1;
  if (whole === 0) return [renderDigitRange(0, top)];
  const shorter = whole === 1 ? anyDigit : `${anyDigit}{1,${whole}}`;
  return top === 0 ? [shorter] : [shorter, renderDigitRange(1, top) + repeated(whole)];
}

/** Returns patterns for the numbers of one aligned block of a group of 16 bits, in hex without padding. */
function renderHexBlock(block: string): string[] {
  const freeBits = 16 - block.length;
  if (!block.includes('1')) return renderFromZero(freeBits);
  const whole = Math.floor(freeBits / 4);
  const span = 2 ** (freeBits % 4);
  const leading = Number.parseInt(block, 2) * span;
  const head = leading < 16 ? '' : (leading >> 4).toString(16);
  return [head + renderDigitRange(leading & 15, (leading & 15) + span - 1) + repeated(whole)];
}

const ipv4: AddressFamily = {
  start: '^',
  groupBits: 8,
  groups: 4,
  separator: '\\.',
  formatGroup: (bits) => String(Number.parseInt(bits, 2)),
  renderBlocks: renderOctets,
  renderRest: (left) => (left > 1 ? `(?:${anyOctet}){${left}}` : left === 1 ? anyOctet : ''),
  any: '[0-9.]+',
};

/** IPv4 alone, and as a mapped address has it: `::ffff:192.0.2.1`. */
const mappableIpv4: AddressFamily = { ...ipv4, start: '(?i)^(?:::ffff:)?' };

const hexGroups = {
  groupBits: 16,
  separator: ':',
  formatGroup: (bits: string) => Number.parseInt(bits, 2).toString(16),
  renderBlocks: (blocks: readonly string[]) => toGroup(blocks.flatMap(renderHexBlock)),
} as const;

const anyGroup = '\\w{1,4}';

/** The IPv4 part of a mapped address, as two groups of hex after its fixed beginning: see `expandMapped`. */
const mappedGroups = {
  ...hexGroups,
  groups: 2,
  renderRest: (left: number) => (left === 0 ? '' : `:${anyGroup}`),
  any: `${anyGroup}:${anyGroup}`,
} as const;

const expandedMapped: AddressFamily = { ...mappedGroups, start: '(?i)^0:0:0:0:0:ffff:' };

/** The same, and as RFC 5952 writes it, except for the dotted form, which `mappableIpv4` matches. */
const anyMapped: AddressFamily = { ...mappedGroups, start: '(?i)^(?:::|0:0:0:0:0:)ffff:' };

/** Leading zeros, as many as there may be. */
const zeros = '0{0,3}';

/** Both spellings go on after a separator: expanded with groups, RFC 5952 perhaps with `::`. */
const ipv6: AddressFamily = {
  start: '(?i)^',
  ...hexGroups,
  groups: 8,
  renderRest: (left) => (left === 0 ? '' : ':[0-9a-f:]+'),
  any: '[0-9a-f:]*:[0-9a-f:]*',
};

/** Eight groups of four digits, and what the expanded form has. */
const paddedIpv6: AddressFamily = {
  ...ipv6,
  formatGroup: (bits) => {
    const digits = ipv6.formatGroup(bits);
    const missing = 4 - digits.length;
    return missing === 0 ? digits : `0{0,${missing}}${digits}`;
  },
  renderBlocks: (blocks) => zeros + ipv6.renderBlocks(blocks),
};

const codeOf = (text: string): number => text.charCodeAt(0);

function toClass(characters: readonly string[]): string {
  const [first = '', ...more] = characters;
  const last = more.at(-1) ?? first;
  if (more.length === 0) return first;
  // `\d` compiles to two bytes, a class to 33. It matches the digits of ASCII alone: the engine compiles without options.
  if (characters.length === 10) return '\\d';
  const gapless = codeOf(last) - codeOf(first) === more.length;
  return gapless && more.length > 1 ? `[${first}-${last}]` : `[${characters.join('')}]`;
}

function toHeads(heads: readonly string[]): string {
  const written = heads.filter((head) => head !== '');
  if (written.length === 0) return '';
  const pattern = renderDigitSet(written);
  if (written.length === heads.length) return pattern;
  return pattern.length === 1 || /^(?:\[[^\]]*\]|\(\?:[^)]*\))$/.test(pattern)
    ? `${pattern}?`
    : `(?:${pattern})?`;
}

/** Returns a pattern for exactly these decimal numbers: `1[6-9]|2\d|3[01]` for 16 to 31, in a group. */
export function renderDigitSet(numbers: readonly string[]): string {
  const lastDigits = new Map<string, string[]>();
  for (const number of numbers) {
    const head = number.slice(0, -1);
    const digits = lastDigits.get(head) ?? [];
    digits.push(number.slice(-1));
    lastDigits.set(head, digits);
  }
  const headsByClass = new Map<string, string[]>();
  for (const [head, digits] of lastDigits) {
    const digitClass = toClass([...new Set(digits)].sort());
    headsByClass.set(digitClass, [...(headsByClass.get(digitClass) ?? []), head]);
  }
  return toGroup([...headsByClass].map(([digitClass, heads]) => toHeads(heads) + digitClass));
}

/**
 * RFC 5952 writes the longest run of zero groups as `::`. When the run begins after the network part, the text begins like
 * the expanded one. The code below is for the other spellings: the run begins inside the network part.
 */

const { groupBits, groups } = ipv6;

interface NetworkPart {
  /** The groups that the prefix covers completely. */
  readonly known: readonly string[];
  /** The leading bits of the group after them; empty when there are none. */
  readonly block: string;
}

function toNetworkPart(prefix: string): NetworkPart {
  const whole = Math.floor(prefix.length / groupBits);
  const known = Array.from({ length: whole }, (_, index) =>
    ipv6.formatGroup(prefix.slice(index * groupBits, (index + 1) * groupBits)),
  );
  return { known, block: prefix.slice(whole * groupBits) };
}

const head = (known: readonly string[], count: number): string => `${known.slice(0, count).join(':')}::`;

/** Returns a pattern for a run that reaches the end of the network part or is longer: any number of groups may follow. */
function openRun({ known, block }: NetworkPart): string[] {
  if (block.includes('1')) return [];
  let begin = known.length;
  while (begin > 0 && known[begin - 1] === '0') begin--;
  const fixed = known.length + (block === '' ? 0 : 1);
  if (begin === fixed) return [];
  const left = groups - fixed;
  if (left === 0) return [head(known, begin)];
  return [`${head(known, begin)}(?:${anyGroup}(?::${anyGroup}){0,${left - 1}})?`];
}

function runEnd(known: readonly string[], begin: number): number {
  let end = begin;
  while (end < known.length && known[end] === '0') end++;
  return end;
}

/**
 * Returns a pattern for a run that ends inside the network part: all groups after it are written, so their number is
 * known.
 */
function closedRun({ known, block }: NetworkPart, begin: number): string[] {
  const end = runEnd(known, begin);
  const after = known.slice(end);
  if (block !== '') after.push(ipv6.renderBlocks([block]));
  const starts = known[begin] === '0' && known[begin - 1] !== '0';
  if (!starts || end - begin < 2 || after.length === 0) return [];
  const left = groups - end - after.length;
  return [head(known, begin) + after.join(':') + (left === 0 ? '' : `(?::${anyGroup}){${left}}`)];
}

/**
 * Returns patterns, without `^` and `$`, for the spellings of a network's addresses whose `::` begins inside its
 * prefix.
 */
function renderShortened(prefix: string): string[] {
  const part = toNetworkPart(prefix);
  return [...part.known.flatMap((_, begin) => closedRun(part, begin)), ...openRun(part)];
}
