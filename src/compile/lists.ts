import type { ObservableKind } from '../observable/kinds.ts';
import { isCanaryLine } from '../wazuh/canaries.ts';
import { type EventField, eventFields, type ListName } from '../wazuh/event-fields.ts';
import { formatListLine } from '../wazuh/list-text.ts';
import { formatKeys } from './keys.ts';
import type { SelectedValue } from './selection.ts';

/** A CDB list, ready to be written: its lines sorted by their bytes, each key once. */
export interface CompiledList {
  readonly name: ListName;
  readonly lines: readonly string[];
  /** How many of them stand for values of OpenCTI: all but the canaries. */
  readonly entries: number;
}

/** Every list of the field table, also those that are empty: rules name them all. */
export function compileLists(values: Iterable<SelectedValue>): CompiledList[] {
  return eventFields.map((field) => {
    const lines = compileList(field, values);
    return { name: field.list, lines, entries: lines.filter((line) => !isCanaryLine(line)).length };
  });
}

function compileList(field: EventField, values: Iterable<SelectedValue>): string[] {
  const kinds: ReadonlySet<ObservableKind> = new Set(field.kinds);
  const format = formatKeys[field.spelling];
  const lines: string[] = [];
  for (const value of values) {
    if (!kinds.has(value.kind)) continue;
    for (const key of format(value)) lines.push(formatListLine({ key, value: value.id }));
  }
  // All is ASCII, so the order of UTF-16 units is the order of bytes.
  return lines.sort(byUnits);
}

function byUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
