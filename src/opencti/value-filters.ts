import { domainToUnicode } from 'node:url';
import { type HashKind, hexDigits, type Observable, type ObservableKind } from '../observable/kinds.ts';
import { type Filter, type FilterGroup, joinFilters } from './filter-group.ts';
import { networkParts, spellAddress } from './spell-address.ts';

/**
 * The filters for the objects that may have a value, under any of the spellings that are repaired. OpenCTI compares
 * texts, so each spelling is asked for; what else they let through is sorted out by who asks.
 */

/** `hashes.SHA256` would match nothing, or be an error. */
const allHashKeys = ['hashes.SHA-256', 'hashes.SHA-1', 'hashes.MD5', 'hashes.SHA-512'] as const;

const isHash = (kind: ObservableKind): kind is HashKind => kind in hexDigits;
const isNetwork = ({ kind }: Observable) => kind.endsWith('-network');

/** @param ids objects that are known to have one, under whatever spelling. */
export function toObservablesOf(
  observables: readonly Observable[],
  otherHashes: readonly string[],
  ids: readonly string[],
): FilterGroup {
  const byKey = new Map<string, string[]>();
  const ask = (key: string, texts: readonly string[]) =>
    byKey.set(key, [...(byKey.get(key) ?? []), ...texts]);
  for (const observable of observables.filter((each) => !isNetwork(each))) {
    // A hash may stand under the name of another algorithm.
    const keys = isHash(observable.kind) ? allHashKeys : ['value'];
    for (const key of keys) ask(key, spell(observable));
  }
  if (otherHashes.length > 0) for (const key of allHashKeys) ask(key, otherHashes);
  return joinFilters('or', [
    ...[...byKey].map(([key, values]) => toFilter(key, values, 'eq')),
    ...observables.filter(isNetwork).flatMap((network) => networkParts(network).map(toAllOf('value'))),
    ...toIdFilter(ids),
  ]);
}

/** @param ids objects that are known to have one, under whatever spelling. */
export function toIndicatorsOf(
  observables: readonly Observable[],
  otherHashes: readonly string[],
  ids: readonly string[],
): FilterGroup {
  const texts = [...observables.filter((each) => !isNetwork(each)).flatMap(spellInPattern), ...otherHashes];
  const ofNetworks = (network: Observable) =>
    networkParts(network).flatMap((parts) =>
      ['addr:value', 'dst_ref.value'].map((property) => toAllOf('pattern')([...parts, property])),
    );
  return joinFilters('or', [
    ...(texts.length > 0 ? [toFilter('pattern', texts, 'contains')] : []),
    ...observables.filter(isNetwork).flatMap(ofNetworks),
    ...toIdFilter(ids),
  ]);
}

function toIdFilter(ids: readonly string[]): Filter[] {
  return ids.length > 0 ? [toFilter('ids', ids, 'eq')] : [];
}

function toFilter(key: string, values: readonly string[], operator: 'eq' | 'contains'): Filter {
  return { key: [key], values: [...new Set(values)], operator, mode: 'or' };
}

/** A network has no end of spellings (any of its addresses may stand before the slash), but all have these parts. */
function toAllOf(key: string): (parts: readonly string[]) => Filter {
  return (parts) => ({ key: [key], values: [...new Set(parts)], operator: 'contains', mode: 'and' });
}

/** The texts that are repaired to a value; `eq` looks at neither case nor accents. */
function spell(observable: Observable): string[] {
  const texts = toSpellings(observable);
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

/**
 * Parts of patterns that have the value where a value begins: behind a quote, a blank of the quoted text or a scheme. A
 * short name alone is a part of half of all patterns, and a name behind a slash of each of its URLs.
 */
function spellInPattern(observable: Observable): string[] {
  const texts = toSpellings(observable);
  if (isHash(observable.kind)) return texts;
  const isName = observable.kind === 'name';
  const behindScheme = (text: string) => (isName ? [`/${text}'`, `/${text}.'`] : []);
  const behindMark = (text: string) => (isName ? belowMarks.map((mark) => `'${mark}${text}`) : []);
  return texts.flatMap((text) => [
    `'${text}`,
    ` ${text}`,
    `\t${text}`,
    ...behindScheme(text),
    ...behindMark(text),
    ...guard(text),
  ]);
}

function toSpellings(observable: Observable): string[] {
  if (isHash(observable.kind)) return [observable.value];
  if (observable.kind !== 'name') return spellAddress(observable);
  return [...new Set([observable.value, domainToUnicode(observable.value)])].filter(Boolean);
}
