import type { HashKind, ObservableKind } from '../observable/kinds.ts';
import { copyBytes } from '../record/copy-bytes.ts';
import { writeHex } from '../record/hex.ts';
import { type EventField, eventFields, type ListName, type Spelling } from '../wazuh/event-fields.ts';
import { formatListLine } from '../wazuh/list-text.ts';
import { sysmonLabels } from '../wazuh/sysmon-labels.ts';
import { formatKeys } from './keys.ts';
import { createLines, insertLines, type Lines, type Run, toRun } from './list-lines.ts';
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
}

/**
 * Every list of the field table, also those that are empty: rules name them all.
 * @param canaries values beside those of OpenCTI.
 */
export function compileLists(values: ValueSet, canaries: readonly SelectedValue[] = []): CompiledList[] {
  const renderers = createRenderers(values);
  const made = new Map<string, Omit<CompiledList, 'name'>>();
  return eventFields.map((field) => {
    const contents = `${field.spelling} ${field.kinds.join()}`;
    const list =
      made.get(contents) ?? compileList(field, values, renderers[field.spelling](field.kinds), canaries);
    made.set(contents, list);
    return { name: field.list, ...list };
  });
}

function compileList(
  field: EventField,
  { objects }: ValueSet,
  runs: readonly Run[],
  canaries: readonly SelectedValue[],
): Omit<CompiledList, 'name'> {
  const kinds: ReadonlySet<ObservableKind> = new Set(field.kinds);
  const more = canaries
    .filter(({ kind }) => kinds.has(kind))
    .flatMap((value) => toLines(value, field.spelling));
  const lines = createLines(insertLines(runs, more), objects.ids.longest + more.join('').length);
  return { lines, entries: lines.length - more.length };
}

function toLines({ id, ...observable }: SelectedValue, spelling: Spelling): string[] {
  return formatKeys[spelling](observable).map((key) => formatListLine({ key, value: id }));
}

/** The runs of a list by the spelling of its keys. What `formatKeys` and `formatListLine` say, written as bytes. */
function createRenderers(values: ValueSet): Record<Spelling, (kinds: EventField['kinds']) => Run[]> {
  const sorted = new Map<ObservableKind, SortedEntries>();
  const sort = (kind: ObservableKind) => {
    const entries = sorted.get(kind) ?? toSortedEntries(values, kind);
    sorted.set(kind, entries);
    return entries;
  };
  const addresses = (spelling: 'sysmon-address' | 'any-address') => () => [
    // A quote stands before every digit.
    toRun(toSortedLines(values, spelling)),
    toTextRun(sort('ipv4')),
  ];
  return {
    'labelled-upper': (kinds) =>
      labelledKinds.filter((kind) => kinds.includes(kind)).map((kind) => toLabelledRun(kind, sort(kind))),
    'bare-lower': (kinds) => kinds.map((kind) => toHashRun(sort(kind), noLabel, 'lower')),
    'sysmon-address': addresses('sysmon-address'),
    'any-address': addresses('any-address'),
    name: () => [toTextRun(sort('name'))],
  };
}

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

/** Keys that have another form than the value: IPv6 addresses, of which there are few. */
function toSortedLines(values: ValueSet, spelling: Spelling): string[] {
  const { ids, values: store } = values.objects;
  const lines: string[] = [];
  for (const number of values.sorted('ipv6')) {
    const observable = { kind: store.kindAt(number), value: store.textAt(number) };
    const value = ids.at(values.objectOf(number));
    for (const key of formatKeys[spelling](observable)) lines.push(formatListLine({ key, value }));
  }
  return lines.sort();
}
