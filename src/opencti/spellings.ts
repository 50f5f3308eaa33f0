import { domainToUnicode } from 'node:url';
import { splitNetwork, toHexGroups, toIpv6Groups } from '../values/address-text.ts';
import {
  type HashKind,
  hashKinds,
  isHashKind,
  type Observable,
  type ObservableKind,
  toSubject,
} from '../values/kinds.ts';
import { algorithmNames } from './hashes.ts';
import { type Filter, type FilterGroup, joinFilters, observableTypes } from './types.ts';

/**
 * How far the filters reach for the objects that may have a value. OpenCTI compares texts and keeps them as it got them, so
 * the filters name each spelling; the caller removes the other objects that they let through.
 *
 * - `usual`: the spellings of people and feeds, compared as a whole. Each is one look-up in an index.
 * - `every`: all spellings that are repaired, also inside of longer patterns. To find a part of a text, OpenCTI reads the
 *   texts of all indicators, which takes about a second for each part and million of them. That is acceptable for the
 *   question of a person, but not for each match.
 */
export type Reach = 'usual' | 'every';

export interface Wanted {
  readonly observables: readonly Observable[];
  /** Hashes of the same file that no event field carries. */
  readonly otherHashes: readonly string[];
  /** Ids of objects that are known to have one of the values, in any spelling. */
  readonly ids: readonly string[];
}

/** The keys of OpenCTI's filters since 5.12; `hashes.SHA256` would match nothing, or be an error. */
const toHashKey = (kind: HashKind) => `hashes.${algorithmNames[kind]}`;
const allHashKeys = [...hashKinds.map(toHashKey), 'hashes.SHA-512'] as const;

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

/** Returns the keys to filter by. OpenCTI may have a hash under the name of another algorithm. */
function keysOf({ kind }: Observable, reach: Reach): readonly string[] {
  if (!isHashKind(kind)) return ['value'];
  return reach === 'usual' ? [toHashKey(kind)] : allHashKeys;
}

export function toIndicatorFilters({ observables, otherHashes, ids }: Wanted, reach: Reach): FilterGroup {
  // An indicator that OpenCTI makes from an observable has the value as its name; a pattern may be too long for the index.
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

/**
 * Returns a filter for the texts with all parts. A network has too many spellings to name them, since any of its addresses
 * may be before the slash, but all of them have these parts.
 */
function toAllOf(key: string): (parts: readonly string[]) => Filter {
  return (parts) => ({ key: [key], values: [...new Set(parts)], operator: 'contains', mode: 'and' });
}

/** Returns the clean texts of a value: its normal form, and the same in other notations. */
function spell(observable: Observable): string[] {
  const { kind, value } = observable;
  if (kind === 'name') return spellName(value);
  if (toSubject(kind) !== 'address') return [value];
  const [address, suffix] = splitNetwork(value);
  if (kind === 'ipv6' || kind === 'ipv6-network') return spellIpv6(address).flatMap(withLength(suffix, 128));
  // OpenCTI may have an IPv4 address inside of an IPv6 one, `::ffff:0:0/96`.
  const mapped = suffix === '' ? '' : `/${Number(suffix.slice(1)) + mappedBits}`;
  return [...withLength(suffix, 32)(address), ...spellMapped(address).flatMap(withLength(mapped, 128))];
}

const mappedBits = 96;

/** Adds the length of a network; an address is spelled also as the network of it alone, such as `/32`. */
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

/** Returns the shortened, the expanded and the padded spelling. */
function spellIpv6(address: string): string[] {
  const groups = toIpv6Groups(address);
  const padded = groups.map((group) => group.padStart(4, '0'));
  return [...new Set([address, groups.join(':'), padded.join(':')])];
}

/** Returns the texts that are repaired to a value. `eq` ignores case and accents. */
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

/** Returns the texts that are removed before a value; the label of a hash may name another algorithm. */
function marksBefore({ kind }: Observable): string[] {
  if (kind === 'name') return belowMarks;
  return isHashKind(kind) ? hashLabels.flatMap((label) => [`${label}:`, `${label}=`]) : [];
}

/** With these before a name feeds mean all names below it, too. */
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
function toPatternTargets(kind: ObservableKind): string[] {
  if (!isHashKind(kind))
    return Object.values(observableTypes)
      .filter(({ valueKind }) => valueKind === kind)
      .map(({ stix: [usual] }) => `${usual}:value`);
  const name = algorithmNames[kind];
  // A name with a dash needs its quotes.
  return [`file:hashes.'${name}'`, ...(name.includes('-') ? [] : [`file:hashes.${name}`])];
}

/** Returns whole patterns of a single comparison; for traffic also those that name the type of the destination first. */
function spellPatterns(observable: Observable): string[] {
  return spell(observable)
    .flatMap((text) => toComparisons(observable, text))
    .map((comparison) => `[${comparison}]`);
}

function toComparisons(observable: Observable, text: string): string[] {
  const { kind } = observable;
  if (toSubject(kind) !== 'address') return toPatternTargets(kind).map((target) => `${target} = '${text}'`);
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
 * Returns parts of patterns with the value at a place where a value begins: after a quote, a blank of the quoted text or a
 * scheme. Without these, a short name would be a part of half of all patterns, and a name after a slash of each of its URLs.
 */
function spellInPattern(observable: Observable): string[] {
  const texts = spell(observable);
  if (isHashKind(observable.kind)) return texts;
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

/**
 * Leaves out a part that has another part in it: the other one finds its texts, too, and OpenCTI reads every text for
 * each.
 */
function withoutLonger(parts: readonly string[]): string[] {
  return parts.filter((part) => !parts.some((other) => other !== part && part.includes(other)));
}

/**
 * Returns the parts that every text of a network has, in any spelling and with any host bits: those that its prefix covers,
 * and the length. An IPv4 network may be written as an IPv6 one, whose last part can be hexadecimal.
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
  // Groups of zeros may be left out by `::`.
  const groups = toIpv6Groups(address).slice(0, Math.floor(bits / 16));
  return [[...groups.filter((group) => group !== '0'), suffix]];
}
