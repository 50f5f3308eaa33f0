import type { StoredIndicator, StoredObservable } from '../platform/data/objects.ts';
import { readPattern } from './read-patterns.ts';
import { readAddress, readHash, readName, type Value } from './read-values.ts';

/** What one object says, by the second reading. */
interface Voice {
  readonly id: string;
  readonly score: number;
  /** `dead` and `alive` are for indicators. */
  readonly says: 'own' | 'alive' | 'dead';
  readonly values: readonly Value[];
  readonly named: readonly Value[];
  readonly isOneFile: boolean;
}

function hearObservable(row: StoredObservable): Voice {
  const values = readObservable(row);
  return {
    id: row.id,
    score: row.x_opencti_score ?? -1,
    says: 'own',
    values,
    named: [],
    isOneFile: values.length > 1,
  };
}

function readObservable({ entity_type: type, value = '', hashes = [] }: StoredObservable): Value[] {
  const one = (read: Value | null) => (read === null ? [] : [read]);
  switch (type) {
    case 'IPv4-Addr':
      return one(readAddress('ipv4', value));
    case 'IPv6-Addr':
      return one(readAddress('ipv6', value));
    case 'Domain-Name':
    case 'Hostname':
      return one(readName(value));
    default:
      return hashes.flatMap(({ algorithm, hash }) => one(readHash(algorithm, hash ?? '')));
  }
}

function hearIndicator(row: StoredIndicator, now: number): Voice {
  const isStix = /^stix$/i.test(row.pattern_type);
  const { values, named, isOneFile } = isStix
    ? readPattern(row.pattern)
    : { values: [], named: [], isOneFile: false };
  const begins = row.valid_from === null ? 0 : Date.parse(row.valid_from);
  const ends = row.valid_until === null ? Number.POSITIVE_INFINITY : Date.parse(row.valid_until);
  const isAlive = !row.revoked && begins <= now && now < ends;
  return {
    id: row.id,
    score: row.x_opencti_score ?? -1,
    says: isAlive ? 'alive' : 'dead',
    values,
    named,
    isOneFile,
  };
}

const hasId = ({ id }: { readonly id: string }) => /^[0-9a-f-]{36}$/.test(id);

const toKey = ({ kind, text }: Value) => `${kind} ${text}`;

/**
 * Returns every value that belongs into the lists, with the id of the object that decides. It does what docs/selection.md
 * says, with plain maps and sets.
 */
export function decideAll(
  observables: readonly StoredObservable[],
  indicators: readonly StoredIndicator[],
  { now, minScore }: { readonly now: number; readonly minScore: number },
): Map<string, string> {
  const voices = [
    ...observables.filter(hasId).map(hearObservable),
    ...indicators.filter(hasId).map((row) => hearIndicator(row, now)),
  ];
  const groups = new Map<string, Set<string>>();
  const groupOf = (key: string) => {
    const group = groups.get(key) ?? new Set([key]);
    groups.set(key, group);
    return group;
  };
  for (const { values, isOneFile } of voices) {
    if (!isOneFile) continue;
    const [first = '', ...others] = values.map(toKey);
    for (const other of others) join(groups, groupOf(first), groupOf(other));
  }
  const heard = new Map<Set<string>, { readonly voice: Voice; readonly isNamed: boolean }[]>();
  for (const voice of voices) {
    const full = new Set(voice.values.map((value) => groupOf(toKey(value))));
    const onlyNamed = new Set(voice.named.map((value) => groupOf(toKey(value))));
    for (const group of new Set([...full, ...onlyNamed])) {
      const list = heard.get(group) ?? [];
      heard.set(group, list);
      list.push({ voice, isNamed: !full.has(group) });
    }
  }
  const chosen = new Map<string, string>();
  for (const [group, list] of heard) {
    const winner = decideGroup(list);
    if (winner === null || winner.score < minScore) continue;
    for (const key of group) chosen.set(key, winner.id);
  }
  // A value does not count when patterns only name it and no object brings it in.
  const brought = new Set(voices.flatMap(({ values }) => values.map(toKey)));
  return new Map([...chosen].filter(([key]) => brought.has(key)));
}

function join(groups: Map<string, Set<string>>, a: Set<string>, b: Set<string>): void {
  if (a === b) return;
  for (const key of b) {
    a.add(key);
    groups.set(key, a);
  }
}

function decideGroup(list: readonly { readonly voice: Voice; readonly isNamed: boolean }[]): Voice | null {
  const of = (says: Voice['says']) => list.filter(({ voice }) => voice.says === says);
  const alive = of('alive');
  const own = of('own');
  const canBring = own.length > 0 || alive.some(({ isNamed }) => !isNamed);
  if (!canBring) return null;
  if (alive.length > 0) return best(alive.map(({ voice }) => voice));
  return of('dead').length > 0 ? null : best(own.map(({ voice }) => voice));
}

function best(voices: readonly Voice[]): Voice {
  const [first] = [...voices].sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
  return first as Voice;
}
