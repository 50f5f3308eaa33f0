import { sortValues } from './sort-values.ts';
import { storedKinds, type ValueColumns } from './value-columns.ts';

/** `:` stands behind a key. */
export const keyEnd = 58;

/** Of a name; no other value is longer. */
const longestValue = 256;

/** The numbers of all values in the order of kinds and list keys. */
export function toOrder(columns: ValueColumns): Uint32Array {
  const order = new Uint32Array(columns.kinds.length);
  let at = 0;
  for (let kind = 0; kind < storedKinds.length; kind += 1) {
    const values = sortValues(columns, numbersOf(columns.kinds, kind), keyEnd);
    order.set(values, at);
    at += values.length;
  }
  return order;
}

function numbersOf(kinds: Uint8Array, kind: number): Uint32Array {
  const numbers = new Uint32Array(kinds.length);
  let count = 0;
  for (let value = 0; value < kinds.length; value += 1) {
    if (kinds[value] !== kind) continue;
    numbers[count] = value;
    count += 1;
  }
  return numbers.slice(0, count);
}

/** The columns with the values in that order, and the new number of each by the old one. */
export function permute(
  { kinds, bytes, starts }: ValueColumns,
  order: Uint32Array,
): { columns: ValueColumns; numbers: Uint32Array } {
  const moved = {
    kinds: new Uint8Array(kinds.length),
    // A value that is looked for is written behind the last one.
    bytes: new Uint8Array(bytes.length + longestValue),
    starts: new Uint32Array(starts.length + 1),
  };
  const numbers = new Uint32Array(order.length);
  let to = 0;
  for (let number = 0; number < order.length; number += 1) {
    const value = order[number] as number;
    numbers[value] = number;
    moved.kinds[number] = kinds[value] as number;
    const end = starts[value + 1] as number;
    for (let from = starts[value] as number; from < end; from += 1, to += 1)
      moved.bytes[to] = bytes[from] as number;
    moved.starts[number + 1] = to;
  }
  return { columns: moved, numbers };
}
