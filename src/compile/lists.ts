import type { ObservableKind } from '../observable/kinds.ts';
import { type EventField, eventFields, type ListName } from '../wazuh/event-fields.ts';
import { formatListLine } from '../wazuh/list-text.ts';
import { formatKeys } from './keys.ts';
import type { SelectedValue } from './selection.ts';

/** A CDB list, ready to be written: its lines sorted by their bytes, each key once. */
export interface CompiledList {
  readonly name: ListName;
  readonly lines: readonly string[];
}

/** Every list of the field table, also those that are empty: rules name them all. */
export function compileLists(values: readonly SelectedValue[]): CompiledList[] {
  return eventFields.map((field) => ({ name: field.list, lines: compileList(field, values) }));
}

function compileList(field: EventField, values: readonly SelectedValue[]): string[] {
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
