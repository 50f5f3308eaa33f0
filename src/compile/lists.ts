import { hashKinds, type ObservableKind, kinds as valueKinds } from '../values/kinds.ts';
import { toListCanaries } from '../wazuh/canaries.ts';
import { type EventField, type Spelling, sysmonLabels } from '../wazuh/fields.ts';
import { formatListLine, isApiKey } from '../wazuh/list.ts';
import { formatNetworkKey, networkMapName } from '../wazuh/ours.ts';
import { expandIpv6, formatKeys, spellIpv6 } from './keys.ts';
import { createLines, insertLines, type Lines, type Run, toRun } from './list-lines.ts';
import {
  type MappedEntries,
  type SortedEntries,
  toDottedMappedRun,
  toExpandedMappedRun,
  toHashRun,
  toKeyRun,
  toLabelledRun,
  toMappedEntries,
  toNameRun,
  toShortMappedRun,
  toSortedEntries,
  toTextRun,
} from './list-runs.ts';
import type { SelectedValue } from './options.ts';
import type { ValueSet } from './value-set.ts';

/** A CDB list, ready to be written. Its lines are sorted by their bytes, and each key is there once. */
export interface CompiledList {
  readonly name: NonNullable<EventField['list']>;
  /** Lists whose lines are the same share them. */
  readonly lines: Lines;
  /** How many of the lines are for values of OpenCTI: all but the canaries. */
  readonly entries: number;
  /** How many values those are: a value has a line for each spelling of it. */
  readonly values: number;
}

/** What the lists are for: a manager's own engine, or its server API, which refuses some keys (`::ffff:192.0.2.1`). */
export type ListTarget = 'engine' | 'api';

/**
 * The list of each field, also those that are empty: rules name them all.
 * @param canaries with the values of the selftest beside those of OpenCTI.
 */
export function compileLists(
  values: ValueSet,
  target: ListTarget,
  { fields, canaries }: { readonly fields: readonly EventField[]; readonly canaries: boolean },
): CompiledList[] {
  const renderers = createRenderers(values, target);
  const made = new Map<string, Omit<CompiledList, 'name'>>();
  return fields.flatMap((field) => {
    const { list: name, spelling, kinds } = field;
    if (name === null) return [];
    const own = canaries ? toListCanaries(field) : [];
    const contents = `${spelling} ${kinds.join()} ${own.map(({ kind }) => kind).join()}`;
    const list =
      made.get(contents) ??
      compileList(field, values, renderers[spelling](kinds), toLines(field, own, target));
    made.set(contents, list);
    return [{ name, ...list }];
  });
}

function compileList(
  { kinds }: EventField,
  values: ValueSet,
  runs: readonly Run[],
  more: readonly string[],
): Omit<CompiledList, 'name'> {
  const lines = createLines(insertLines(runs, more), values.objects.ids.longest + more.join('').length);
  return { lines, entries: lines.length - more.length, values: values.count(kinds) };
}

function toLines({ spelling }: EventField, canaries: readonly SelectedValue[], target: ListTarget): string[] {
  return canaries.flatMap(({ id, ...observable }) =>
    formatKeys[spelling](observable)
      .filter((key) => isTaken(key, target))
      .map((key) => formatListLine({ key, value: id })),
  );
}

const isTaken = (key: string, target: ListTarget): boolean => target === 'engine' || isApiKey(key);

/**
 * Returns what makes the runs of a list, by the spelling of its keys: the same as `formatKeys` and `formatListLine`,
 * in bytes.
 */
function createRenderers(
  values: ValueSet,
  target: ListTarget,
): Record<Spelling, (kinds: EventField['kinds']) => Run[]> {
  const sorted = new Map<ObservableKind, SortedEntries>();
  const sort = (kind: ObservableKind) => {
    const entries = sorted.get(kind) ?? toSortedEntries(values, kind);
    sorted.set(kind, entries);
    return entries;
  };
  let mapped: MappedEntries | null = null;
  const sortMapped = () => {
    mapped ??= toMappedEntries(sort('ipv4'));
    return mapped;
  };
  return {
    'labelled-upper': (kinds) =>
      labelledKinds.filter((kind) => kinds.includes(kind)).map((kind) => toLabelledRun(kind, sort(kind))),
    'bare-lower': (own) =>
      own.map((kind) => (valueKinds[kind].digits === null ? toTextRun : toHashRun)(sort(kind))),
    // In the order of bytes: a quote comes before every digit, and no global IPv6 address begins with `0` or `:`.
    'sysmon-address': () => [
      toExpandedMappedRun(sortMapped()),
      toIpv6Run(values, sort('ipv6'), (ipv6) => [expandIpv6(ipv6)]),
      toTextRun(sort('ipv4')),
    ],
    'any-address': () => [
      toExpandedMappedRun(sortMapped()),
      toIpv6Run(values, sort('ipv6'), (ipv6) => [...new Set([expandIpv6(ipv6), ipv6])]),
      toShortMappedRun(sortMapped(), target === 'engine'),
      toTextRun(sort('ipv4')),
    ],
    'log-address': () => [toIpv6Run(values, sort('ipv6'), spellIpv6), toTextRun(sort('ipv4'))],
    'mapped-log-address': () => [
      toIpv6Run(values, sort('ipv6'), spellIpv6),
      ...(target === 'engine' ? [toDottedMappedRun(sortMapped())] : []),
      toTextRun(sort('ipv4')),
    ],
    name: () => [toNameRun(sort('name'))],
    'url-host': () => [],
    'name-in-array': () => [],
  };
}

const quoted = (key: string): string => `"${key}":`;

/** In the order of their labels. */
const labelledKinds = [...hashKinds].sort((a, b) => (sysmonLabels[a] < sysmonLabels[b] ? -1 : 1));

function toIpv6Run(
  { objects }: ValueSet,
  entries: SortedEntries,
  toKeys: (ipv6: string) => readonly string[],
): Run {
  return toKeyRun(entries, (place) =>
    toKeys(objects.values.textAt(entries.values[place] as number)).map(quoted),
  );
}

/** Each network that gates are made of, with the object that decided; it is sorted like a list. */
export interface NetworkMap {
  readonly name: typeof networkMapName;
  readonly lines: Lines;
}

export function compileNetworkMap(values: ValueSet): NetworkMap {
  const { ids, values: store } = values.objects;
  const lines: string[] = [];
  for (const kind of ['ipv4-network', 'ipv6-network'] as const) {
    for (const number of values.sorted(kind)) {
      const key = formatNetworkKey(store.textAt(number));
      lines.push(formatListLine({ key, value: ids.at(values.objectOf(number)) }));
    }
  }
  return { name: networkMapName, lines: createLines([toRun(lines.sort())], ids.longest) };
}
