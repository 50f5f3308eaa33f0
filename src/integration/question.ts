import { expandIpv6 } from '../compile/keys.ts';
import type { HashKind, ObservableKind } from '../observable/kinds.ts';
import type { ObservableType } from '../opencti/observable-types.ts';
import type { Shape } from '../opencti/version.ts';
import type { Candidate } from './candidate.ts';
import { type DocumentForm, documents } from './documents.ts';

/** One request for everything that may be known of the candidates. */
export interface Question {
  readonly document: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

interface Filter {
  readonly key: readonly string[];
  readonly values: readonly string[];
}

/** The keys of OpenCTI's filters since 5.12; `hashes.SHA256` would match nothing without a word. */
const hashKeys = {
  sha256: 'hashes.SHA-256',
  sha1: 'hashes.SHA-1',
  md5: 'hashes.MD5',
} as const satisfies Record<HashKind, string>;

const observableTypesOf = {
  sha256: ['StixFile', 'Artifact'],
  sha1: ['StixFile', 'Artifact'],
  md5: ['StixFile', 'Artifact'],
  ipv4: ['IPv4-Addr'],
  'ipv4-network': ['IPv4-Addr'],
  ipv6: ['IPv6-Addr'],
  'ipv6-network': ['IPv6-Addr'],
  name: ['Domain-Name', 'Hostname'],
} as const satisfies Record<ObservableKind, readonly ObservableType[]>;

/**
 * How a pattern names the property; a pattern of a single comparison is found by its whole text, and so is one of network
 * traffic that says the type of its destination first. Others are found by the id that a list has.
 */
const patternTargets = {
  sha256: ["file:hashes.'SHA-256'"],
  sha1: ["file:hashes.'SHA-1'"],
  md5: ["file:hashes.'MD5'", 'file:hashes.MD5'],
  ipv4: ['ipv4-addr:value', 'network-traffic:dst_ref.value'],
  'ipv4-network': ['ipv4-addr:value', 'network-traffic:dst_ref.value'],
  ipv6: ['ipv6-addr:value', 'network-traffic:dst_ref.value'],
  'ipv6-network': ['ipv6-addr:value', 'network-traffic:dst_ref.value'],
  name: ['domain-name:value', 'hostname:value'],
} as const satisfies Record<ObservableKind, readonly string[]>;

/**
 * By the id that a list has for the nearest candidate, and by value in the same request: the list names the object
 * that decided, often an indicator, and the alert shows its observable. Indicators are asked by value with an id
 * too: feeds delete and revoke the one that a list names and make another one with the same pattern.
 * @param withTrust what trust looks at, too.
 */
export function toQuestion(candidates: readonly Candidate[], shape: Shape, withTrust = false): Question {
  const id = candidates.find(({ listId }) => listId !== null)?.listId;
  const form: DocumentForm = id ? 'by-id' : 'by-value';
  const types = new Set(candidates.flatMap(({ kind }) => observableTypesOf[kind] as readonly string[]));
  return {
    document: documents[form](shape, withTrust),
    variables: {
      types: [...types],
      observables: toGroup(toObservableFilters(candidates)),
      indicators: toGroup(toIndicatorFilters(candidates)),
      ...(id && { id }),
    },
  };
}

/** OpenCTI wants all three members, and takes a value as text on every version. */
function toGroup(filters: readonly Filter[]) {
  const complete = filters.map((filter) => ({ ...filter, operator: 'eq', mode: 'or' }));
  return { mode: 'or', filters: complete, filterGroups: [] };
}

/** One filter for each key, with all its values. */
function toObservableFilters(candidates: readonly Candidate[]): Filter[] {
  const values = new Map<string, Set<string>>();
  for (const candidate of candidates) {
    const key = candidate.kind in hashKeys ? hashKeys[candidate.kind as HashKind] : 'value';
    const known = values.get(key) ?? new Set();
    for (const text of spell(candidate)) known.add(text);
    values.set(key, known);
  }
  return [...values].map(([key, texts]) => ({ key: [key], values: [...texts] }));
}

function toIndicatorFilters(candidates: readonly Candidate[]): Filter[] {
  const names = new Set(candidates.flatMap(spell));
  const patterns = new Set(
    candidates.flatMap((candidate) => spell(candidate).flatMap((text) => toPatterns(candidate.kind, text))),
  );
  return [
    // The name that OpenCTI gives to an indicator that it makes of an observable.
    { key: ['name'], values: [...names] },
    { key: ['pattern'], values: [...patterns] },
  ];
}

function toPatterns(kind: ObservableKind, text: string): string[] {
  const isNetwork = kind.endsWith('-network');
  const operators = isNetwork ? ['=', 'ISSUBSET'] : ['='];
  const plain = patternTargets[kind].flatMap((target) =>
    operators.map((operator) => `${target} ${operator} '${text}'`),
  );
  const traffic = plain.filter((comparison) => comparison.startsWith('network-traffic:'));
  const type = kind.startsWith('ipv4') ? 'ipv4-addr' : 'ipv6-addr';
  const typed = traffic.map((comparison) => `network-traffic:dst_ref.type = '${type}' AND ${comparison}`);
  return [...plain, ...typed].map((comparison) => `[${comparison}]`);
}

/** The texts that OpenCTI may have for a value: it keeps an IPv6 address as it came. */
function spell({ kind, value }: Candidate): string[] {
  if (kind !== 'ipv6' && kind !== 'ipv6-network') return [value];
  const [address = '', length] = value.split('/');
  const suffix = length === undefined ? '' : `/${length}`;
  const expanded = expandIpv6(address);
  const padded = expanded.replace(/[^:]+/g, (group) => group.padStart(4, '0'));
  const spellings = [address, expanded, padded];
  return [...new Set(spellings)].map((text) => text + suffix);
}
