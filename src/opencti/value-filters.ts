import { domainToUnicode } from 'node:url';
import type { HashKind, Observable, ObservableKind } from '../observable/kinds.ts';
import { type Filter, type FilterGroup, joinFilters } from './filter-group.ts';
import { networkParts, spellAddress } from './spell-address.ts';

/**
 * The filters for the objects that may have a value, under any of the spellings that are repaired. OpenCTI compares
 * texts, so each spelling is asked for; what else they let through is sorted out by who asks.
 */

/** `hashes.SHA256` would match nothing, or be an error. */
const hashKeys = {
  sha256: 'hashes.SHA-256',
  sha1: 'hashes.SHA-1',
  md5: 'hashes.MD5',
} as const satisfies Record<HashKind, string>;

const isHash = (kind: ObservableKind): kind is HashKind => kind in hashKeys;
const isNetwork = ({ kind }: Observable) => kind.endsWith('-network');

/** @param ids objects that are known to have one, under whatever spelling. */
export function toObservablesOf(observables: readonly Observable[], ids: readonly string[]): FilterGroup {
  const byKey = new Map<string, string[]>();
  for (const observable of observables.filter((each) => !isNetwork(each))) {
    const key = isHash(observable.kind) ? hashKeys[observable.kind] : 'value';
    const texts = byKey.get(key) ?? [];
    byKey.set(key, texts);
    texts.push(...spell(observable));
  }
  return joinFilters('or', [
    ...[...byKey].map(([key, values]) => toFilter(key, values, 'eq')),
    ...observables.filter(isNetwork).flatMap((network) => networkParts(network).map(toAllOf('value'))),
    ...toIdFilter(ids),
  ]);
}

/** @param ids objects that are known to have one, under whatever spelling. */
export function toIndicatorsOf(observables: readonly Observable[], ids: readonly string[]): FilterGroup {
  const texts = observables.filter((each) => !isNetwork(each)).flatMap(spellInPattern);
  const ofNetworks = (network: Observable) =>
    networkParts(network).map((parts) => toAllOf('pattern')([...parts, 'addr']));
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
  ];
}

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
  const behindScheme = (text: string) => (observable.kind === 'name' ? [`/${text}'`, `/${text}.'`] : []);
  return texts.flatMap((text) => [
    `'${text}`,
    ` ${text}`,
    `\t${text}`,
    ...behindScheme(text),
    ...guard(text),
  ]);
}

function toSpellings(observable: Observable): string[] {
  if (isHash(observable.kind)) return [observable.value];
  if (observable.kind !== 'name') return spellAddress(observable);
  return [...new Set([observable.value, domainToUnicode(observable.value)])].filter(Boolean);
}
