import type { HashKind, ObservableKind } from '../observable/kinds.ts';
import { copyBytes } from '../record/copy-bytes.ts';
import { writeHex } from '../record/hex.ts';
import { type EventField, eventFields, type ListName, type Spelling } from '../wazuh/fields.ts';
import { formatListLine, isApiKey } from '../wazuh/list-text.ts';
import { sysmonLabels } from '../wazuh/sysmon-labels.ts';
import { expandIpv6, expandMapped, formatKeys, shortenMapped } from './keys.ts';
import { createLines, insertLines, type Lines, type Run } from './list-lines.ts';
import type { SelectedValue } from './selection.ts';
import { type SortedEntries, toSortedEntries } from './sorted-entries.ts';
import type { ValueSet } from './value-set.ts';

/** A CDB list, ready to be written: its lines sorted by their bytes, each key once. */
export interface CompiledList {
  readonly name: ListName;
  /** Lists whose lines are the same share them. */
  readonly lines: Lines;
  /** How many of them stand for values of OpenCTI: all but the canaries. */
  readonly entries: number;
  /** How many values those are: a value has a line for each spelling of it. */
  readonly values: number;
}

/** Who takes the lists: a manager's own engine, or its server API, which refuses some keys (`::ffff:192.0.2.1`). */
export type ListTarget = 'engine' | 'api';

/**
 * Every list of the field table, also those that are empty: rules name them all.
 * @param canaries values beside those of OpenCTI.
 */
export function compileLists(
  values: ValueSet,
  target: ListTarget,
  canaries: readonly SelectedValue[] = [],
): CompiledList[] {
  const renderers = createRenderers(values, target);
  const made = new Map<string, Omit<CompiledList, 'name'>>();
  return eventFields.map((field) => {
    const contents = `${field.spelling} ${field.kinds.join()}`;
    const list =
      made.get(contents) ??
      compileList(field, values, renderers[field.spelling](field.kinds), toLines(field, canaries, target));
    made.set(contents, list);
    return { name: field.list, ...list };
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

function toLines(
  { kinds, spelling }: EventField,
  canaries: readonly SelectedValue[],
  target: ListTarget,
): string[] {
  return canaries
    .filter(({ kind }) => kinds.some((own) => own === kind))
    .flatMap(({ id, ...observable }) =>
      formatKeys[spelling](observable)
        .filter((key) => isTaken(key, target))
        .map((key) => formatListLine({ key, value: id })),
    );
}

const isTaken = (key: string, target: ListTarget): boolean => target === 'engine' || isApiKey(key);

/** The runs of a list by the spelling of its keys. What `formatKeys` and `formatListLine` say, written as bytes. */
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
  // In the order of bytes: a quote stands before every digit, `0` before those of global IPv6 addresses, `:` behind them.
  const addresses = (toKeys: (ipv6: string) => string[], toShort: (ipv4: string) => string[]) => () => {
    const textAt = toTexts(values, sort('ipv4'));
    const dotted = (place: number) =>
      toShort(textAt(place))
        .filter((key) => isTaken(key, target))
        .map(quoted);
    return [
      toKeyRun(sort('ipv4'), (place) => [quoted(expandMapped(textAt(place)))]),
      toIpv6Run(values, sort('ipv6'), toKeys),
      toKeyRun(sort('ipv4'), dotted),
      toTextRun(sort('ipv4')),
    ];
  };
  return {
    'labelled-upper': (kinds) =>
      labelledKinds.filter((kind) => kinds.includes(kind)).map((kind) => toLabelledRun(kind, sort(kind))),
    'bare-lower': (kinds) => kinds.map((kind) => toHashRun(sort(kind), noLabel, 'lower')),
    'sysmon-address': addresses(
      (ipv6) => [expandIpv6(ipv6)],
      () => [],
    ),
    'any-address': addresses((ipv6) => [...new Set([expandIpv6(ipv6), ipv6])], shortenMapped),
    name: () => {
      const textAt = toTexts(values, sort('name'));
      return [
        toKeyRun(sort('name'), (place) => {
          const name = textAt(place);
          return [`${name}.:`, `${name}:`];
        }),
      ];
    },
  };
}

const quoted = (key: string): string => `"${key}":`;

const toTexts =
  ({ objects }: ValueSet, entries: SortedEntries) =>
  (place: number): string =>
    objects.values.textAt(entries.values[place] as number);

/** In the order of their labels. */
const labelledKinds = ['md5', 'sha1', 'sha256'] as const satisfies readonly HashKind[];
const noLabel = new Uint8Array(0);
const colon = 58;

function toLabelledRun(kind: HashKind, entries: SortedEntries): Run {
  return toHashRun(entries, Uint8Array.from(Buffer.from(`${sysmonLabels[kind]}=`)), 'upper');
}

function toHashRun(
  { values, bytes, starts, ids }: SortedEntries,
  label: Uint8Array,
  letters: 'lower' | 'upper',
): Run {
  return {
    length: values.length,
    write(index, target, at) {
      const value = values[index] as number;
      const start = starts[value] as number;
      const size = (starts[value + 1] as number) - start;
      const end = writeHex(
        bytes,
        start,
        size,
        target,
        copyBytes(label, 0, label.length, target, at),
        letters,
      );
      target[end] = colon;
      return ids.write(index, target, end + 1);
    },
  };
}

/** Keys that are stored as they are written, and hold no colon. */
function toTextRun({ values, bytes, starts, ids }: SortedEntries): Run {
  return {
    length: values.length,
    write(index, target, at) {
      const value = values[index] as number;
      const end = copyBytes(bytes, starts[value] as number, starts[value + 1] as number, target, at);
      target[end] = colon;
      return ids.write(index, target, end + 1);
    },
  };
}

/**
 * Keys that have another form, and so another order, than the value.
 * @param toHeads the keys of the value at a place, each with what stands behind it up to the id.
 */
function toKeyRun({ values, ids }: SortedEntries, toHeads: (place: number) => readonly string[]): Run {
  const heads: string[] = [];
  const places: number[] = [];
  for (let place = 0; place < values.length; place += 1) {
    for (const head of toHeads(place)) {
      heads.push(head);
      places.push(place);
    }
  }
  // Names come nearly in this order, which a sort that finds runs makes use of; one of typed arrays does not.
  const order = Uint32Array.from(
    Array.from(heads.keys()).sort((a, b) => ((heads[a] as string) < (heads[b] as string) ? -1 : 1)),
  );
  return {
    length: order.length,
    write(index, target, at) {
      const number = order[index] as number;
      const end = at + target.write(heads[number] as string, at, 'latin1');
      return ids.write(places[number] as number, target, end);
    },
  };
}

function toIpv6Run(values: ValueSet, entries: SortedEntries, toKeys: (ipv6: string) => string[]): Run {
  const textAt = toTexts(values, entries);
  return toKeyRun(entries, (place) => toKeys(textAt(place)).map(quoted));
}
