import type { HashKind, ObservableKind } from '../observable/kinds.ts';
import { writeHex } from '../record/hex.ts';
import { type EventField, eventFields, type ListName, type Spelling } from '../wazuh/event-fields.ts';
import { formatListLine } from '../wazuh/list-text.ts';
import { formatKeys, sysmonLabel } from './keys.ts';
import { createLines, insertLines, type Lines, type Run, toRun } from './list-lines.ts';
import type { SelectedValue } from './selection.ts';
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
  const sorted = new Map<ObservableKind, Uint32Array>();
  const sort = (kind: ObservableKind) => {
    const numbers = sorted.get(kind) ?? values.sorted(kind);
    sorted.set(kind, numbers);
    return numbers;
  };
  const addresses = (spelling: 'sysmon-address' | 'any-address') => () => [
    // A quote stands before every digit.
    toRun(toSortedLines(values, sort('ipv6'), spelling)),
    toTextRun(values, sort('ipv4')),
  ];
  return {
    'labelled-upper': (kinds) =>
      labelledKinds
        .filter((kind) => kinds.includes(kind))
        .map((kind) => toLabelledRun(values, kind, sort(kind))),
    'bare-lower': (kinds) => kinds.map((kind) => toBareRun(values, sort(kind))),
    'sysmon-address': addresses('sysmon-address'),
    'any-address': addresses('any-address'),
    name: () => [toTextRun(values, sort('name'))],
  };
}

/** In the order of their labels. */
const labelledKinds = ['md5', 'sha1', 'sha256'] as const satisfies readonly HashKind[];
const colon = 58;

function toLabelledRun(values: ValueSet, kind: HashKind, numbers: Uint32Array): Run {
  const label = Buffer.from(`${sysmonLabel[kind]}=`);
  return toHashRun(values, numbers, label, 'upper');
}

const toBareRun = (values: ValueSet, numbers: Uint32Array) =>
  toHashRun(values, numbers, Buffer.alloc(0), 'lower');

function toHashRun(values: ValueSet, numbers: Uint32Array, label: Buffer, letters: 'lower' | 'upper'): Run {
  const { ids, values: store } = values.objects;
  const { bytes, starts } = store.columns();
  return {
    length: numbers.length,
    write(index, target, at) {
      const value = numbers[index] as number;
      const start = starts[value] as number;
      for (let place = 0; place < label.length; place += 1) target[at + place] = label[place] as number;
      const length = (starts[value + 1] as number) - start;
      const end = writeHex(bytes, start, length, target, at + label.length, letters);
      target[end] = colon;
      return ids.write(values.objectOf(value), target, end + 1);
    },
  };
}

/** Keys that are stored as they are written, and hold no colon. */
function toTextRun(values: ValueSet, numbers: Uint32Array): Run {
  const { ids, values: store } = values.objects;
  const { bytes, starts } = store.columns();
  return {
    length: numbers.length,
    write(index, target, at) {
      const value = numbers[index] as number;
      let end = at;
      for (let place = starts[value] as number; place < (starts[value + 1] as number); place += 1, end += 1) {
        target[end] = bytes[place] as number;
      }
      target[end] = colon;
      return ids.write(values.objectOf(value), target, end + 1);
    },
  };
}

/** Keys that have another form than the value: IPv6 addresses, of which there are few. */
function toSortedLines(values: ValueSet, numbers: Uint32Array, spelling: Spelling): string[] {
  const { ids, values: store } = values.objects;
  const lines: string[] = [];
  for (const number of numbers) {
    const observable = { kind: store.kindAt(number), value: store.textAt(number) };
    const value = ids.at(values.objectOf(number));
    for (const key of formatKeys[spelling](observable)) lines.push(formatListLine({ key, value }));
  }
  return lines.sort();
}
