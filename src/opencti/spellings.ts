import { domainToUnicode } from 'node:url';
import { splitNetwork, toHexGroups, toIpv6Groups } from '../values/address-text.ts';
import { type HashKind, hexDigits, type Observable, type ObservableKind } from '../values/kinds.ts';
import { type Filter, type FilterGroup, joinFilters } from './types.ts';

/**
 * The filters for the objects that may have a value. OpenCTI compares texts and keeps what it was given, so each spelling
 * is asked for; what else the filters let through is sorted out by who asks.
 *
 * - `usual`: the spellings of people and feeds, compared as a whole. Each is one look-up in an index.
 * - `every`: all that are repaired, also inside of longer patterns. OpenCTI looks for a part of a text by going through
 *   the texts of all indicators, about a second for each part and million of them: right for a person's question, wrong
 *   for each match.
 */
export type Reach = 'usual' | 'every';

export interface Wanted {
  readonly observables: readonly Observable[];
  /** Hashes of a file that no event field carries. */
  readonly otherHashes: readonly string[];
  /** Objects that are known to have one, under whatever spelling. */
  readonly ids: readonly string[];
}

/** The keys of OpenCTI's filters since 5.12; `hashes.SHA256` would match nothing, or be an error. */
const hashKeys = {
  sha256: 'hashes.SHA-256',
  sha1: 'hashes.SHA-1',
  md5: 'hashes.MD5',
} as const satisfies Record<HashKind, string>;
const allHashKeys = [...Object.values(hashKeys), 'hashes.SHA-512'] as const;

const isHash = (kind: ObservableKind): kind is HashKind => kind in hexDigits;
const isNetwork = ({ kind }: Observable) => kind.endsWith('-network');

export function toObservableFilters({ observables, otherHashes, ids }: Wanted, reach: Reach): FilterGroup {
  const byKey = new Map<string, string[]>();
  const ask = (key: string, texts: readonly string[]) =>
    byKey.set(key, [...(byKey.get(key) ?? []), ...texts]);
  const isByParts = (observable: Observable) => reach === 'every' && isNetwork(observable);
  for (const observable of observables.filter((each) => !isByParts(each))) {
    const texts = reach === 'usual' ? spell(observable) : spellDirty(observable);
    for (const key of keysOf(observable, reach)) ask(key, texts);
  }
  if (otherHashes.length > 0) for (const key of allHashKeys) ask(key, otherHashes);
  return joinFilters('or', [
    ...[...byKey].map(([key, values]) => toFilter(key, values, 'eq')),
    ...observables.filter(isByParts).flatMap((network) => networkParts(network).map(toAllOf('value'))),
    ...toIdFilter(ids),
  ]);
}

/** OpenCTI may have a hash under the name of another algorithm. */
function keysOf({ kind }: Observable, reach: Reach): readonly string[] {
  if (!isHash(kind)) return ['value'];
  return reach === 'usual' ? [hashKeys[kind]] : allHashKeys;
}

export function toIndicatorFilters({ observables, otherHashes, ids }: Wanted, reach: Reach): FilterGroup {
  // An indicator that OpenCTI makes of an observable has its value as a name; a pattern may be too long for its index.
  const names = toFilter('name', observables.flatMap(spell), 'eq');
  if (reach === 'usual') {
    const patterns = toFilter('pattern', observables.flatMap(spellPatterns), 'eq');
    return joinFilters('or', [names, patterns, ...toIdFilter(ids)]);
  }
  const plain = observables.filter((each) => !isNetwork(each));
  const parts = [...plain.flatMap(spellInPattern), ...otherHashes];
  const ofNetwork = (network: Observable) =>
    networkParts(network).flatMap((each) =>
      ['addr:value', 'dst_ref.value'].map((property) => toAllOf('pattern')([...each, property])),
    );
  return joinFilters('or', [
    ...(names.values.length > 0 ? [names] : []),
    ...(parts.length > 0 ? [toFilter('pattern', parts, 'contains')] : []),
    ...observables.filter(isNetwork).flatMap(ofNetwork),
    ...toIdFilter(ids),
  ]);
}

function toIdFilter(ids: readonly string[]): Filter[] {
  return ids.length > 0 ? [toFilter('ids', ids, 'eq')] : [];
}

function toFilter(key: string, values: readonly string[], operator: 'eq' | 'contains'): Filter {
  return { key: [key], values: [...new Set(values)], operator, mode: 'or' };
}

/** A network has no end of spellings (any of its addresses may be before the slash), but all have these parts. */
function toAllOf(key: string): (parts: readonly string[]) => Filter {
  return (parts) => ({ key: [key], values: [...new Set(parts)], operator: 'contains', mode: 'and' });
}

/** The clean texts of a value: those of its normal form, and the same in another notation. */
function spell(observable: Observable): string[] {
  const { kind, value } = observable;
  if (isHash(kind)) return [value];
  if (kind === 'name') return spellName(value);
  const [address, suffix] = splitNetwork(value);
  if (kind === 'ipv6' || kind === 'ipv6-network') return spellIpv6(address).flatMap(withLength(suffix, 128));
  // OpenCTI may have an IPv4 address inside of an IPv6 one, `::ffff:0:0/96`.
  const mapped = suffix === '' ? '' : `/${Number(suffix.slice(1)) + mappedBits}`;
  return [...withLength(suffix, 32)(address), ...spellMapped(address).flatMap(withLength(mapped, 128))];
}

const mappedBits = 96;

/** An address has the text of the network that it is alone, too. */
function withLength(suffix: string, bits: number): (text: string) => string[] {
  return (text) => (suffix === '' ? [text, `${text}/${bits}`] : [`${text}${suffix}`]);
}

function spellName(value: string): string[] {
  const unicode = value.includes('xn--') ? domainToUnicode(value) : '';
  return unicode === '' || unicode === value ? [value] : [value, unicode];
}

function spellMapped(ipv4: string): string[] {
  const hexadecimal = `::ffff:${toHexGroups(ipv4)}`;
  return [`::ffff:${ipv4}`, `0:0:0:0:0:ffff:${ipv4}`, ...spellIpv6(hexadecimal)];
}

/** Shortened, expanded and padded. */
function spellIpv6(address: string): string[] {
  const groups = toIpv6Groups(address);
  const padded = groups.map((group) => group.padStart(4, '0'));
  return [...new Set([address, groups.join(':'), padded.join(':')])];
}

/** The texts that are repaired to a value; `eq` looks at neither case nor accents. */
function spellDirty(observable: Observable): string[] {
  const texts = spell(observable);
  const isName = observable.kind === 'name';
  const schemes = isName ? ['', 'hxxp://', 'hxxps://', 'http://', 'https://'] : [''];
  const dots = isName ? ['', '.'] : [''];
  const plain = texts.flatMap((text) => [text, ...guard(text)]);
  return [
    ...plain.flatMap((text) => schemes.flatMap((scheme) => dots.map((dot) => scheme + text + dot))),
    ...plain.flatMap((text) => [` ${text}`, `${text} `, ` ${text} `, ` ${text}\n`, `\t${text}\r\n`]),
    ...marksBefore(observable).flatMap((mark) => texts.map((text) => mark + text)),
  ];
}

const hashLabels = ['md5', 'sha1', 'sha-1', 'sha256', 'sha-256', 'sha512', 'sha-512'];

/** What is taken off before a value; the label of a hash may be the wrong one. */
function marksBefore({ kind }: Observable): string[] {
  if (kind === 'name') return belowMarks;
  return isHash(kind) ? hashLabels.flatMap((label) => [`${label}:`, `${label}=`]) : [];
}

/** "And all below", as feeds write it before a name. */
const belowMarks = ['.', '*.'];

function guard(text: string): string[] {
  if (!text.includes('.')) return [];
  return [
    text.replaceAll('.', '[.]'),
    text.replaceAll('.', '(.)'),
    text.replace('.', '[.]'),
    text.replace('.', '(.)'),
  ];
}

/** How a pattern names the property of a value that is no address. */
const patternTargets = {
  sha256: ["file:hashes.'SHA-256'"],
  sha1: ["file:hashes.'SHA-1'"],
  md5: ["file:hashes.'MD5'", 'file:hashes.MD5'],
  name: ['domain-name:value', 'hostname:value'],
} as const satisfies Partial<Record<ObservableKind, readonly string[]>>;

/** Whole patterns of a single comparison, and of traffic those that say the type of the destination first. */
function spellPatterns(observable: Observable): string[] {
  return spell(observable)
    .flatMap((text) => toComparisons(observable, text))
    .map((comparison) => `[${comparison}]`);
}

function toComparisons(observable: Observable, text: string): string[] {
  const { kind } = observable;
  if (kind in patternTargets)
    return patternTargets[kind as keyof typeof patternTargets].map((target) => `${target} = '${text}'`);
  const type = text.includes(':') ? 'ipv6-addr' : 'ipv4-addr';
  return (isNetwork(observable) ? ['=', 'ISSUBSET'] : ['=']).flatMap((operator) => {
    const traffic = `network-traffic:dst_ref.value ${operator} '${text}'`;
    return [
      `${type}:value ${operator} '${text}'`,
      traffic,
      `network-traffic:dst_ref.type = '${type}' AND ${traffic}`,
    ];
  });
}

/**
 * Parts of patterns that have the value where a value begins: after a quote, a blank of the quoted text or a scheme. A
 * short name alone is a part of half of all patterns, and a name after a slash of each of its URLs.
 */
function spellInPattern(observable: Observable): string[] {
  const texts = spell(observable);
  if (isHash(observable.kind)) return texts;
  const isName = observable.kind === 'name';
  const afterScheme = (text: string) => (isName ? [`/${text}'`, `/${text}.'`] : []);
  const afterMark = (text: string) => (isName ? belowMarks.map((mark) => `'${mark}${text}`) : []);
  const parts = texts.flatMap((text) => [
    `'${text}`,
    ` ${text}`,
    `\t${text}`,
    ...afterScheme(text),
    ...afterMark(text),
    ...guard(text),
  ]);
  return withoutLonger(parts);
}

/** A text that has one of the longer parts has the shorter one too, and each part costs OpenCTI a look at every text. */
function withoutLonger(parts: readonly string[]): string[] {
  return parts.filter((part) => !parts.some((other) => other !== part && part.includes(other)));
}

/**
 * What every text of a network has in it, whatever its host bits and its spelling: the parts that its prefix covers, and
 * the length. An IPv4 network may be written as an IPv6 one, of which the last part can be hexadecimal.
 */
function networkParts({ kind, value }: Observable): readonly (readonly string[])[] {
  const [address, suffix] = splitNetwork(value);
  const bits = Number(suffix.slice(1));
  if (kind === 'ipv4-network') {
    const octets = address.split('.').slice(0, Math.floor(bits / 8));
    return [
      [...octets, suffix],
      ['ffff', `/${mappedBits + bits}`],
    ];
  }
  // Zeros may be shortened away.
  const groups = toIpv6Groups(address).slice(0, Math.floor(bits / 16));
  return [[...groups.filter((group) => group !== '0'), suffix]];
}
