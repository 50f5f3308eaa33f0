/** The most fields of one event; the engine drops the rest (Wazuh 4.14.7). */
const fieldLimit = 256;

function toText(value: unknown): string | undefined {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'string':
      return value === '' ? undefined : value;
    case 'number':
      return isInt32(value) ? String(value) : value.toFixed(6);
    case 'boolean':
      return String(value);
    default:
      return Array.isArray(value) ? JSON.stringify(value) : undefined;
  }
}

function* leaves(value: unknown, name: string): Generator<[string, string]> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [key, member] of Object.entries(value))
      yield* leaves(member, name === '' ? key : `${name}.${key}`);
    return;
  }
  const text = toText(value);
  if (text !== undefined) yield [name, text];
}

/**
 * An object as dotted fields, the way the engine's JSON decoder flattens it: null is the text `null`, other numbers
 * than integers have six decimals, an array is one field, `{}` and `""` are none.
 */
export function flattenJson(value: unknown): Record<string, string> {
  const fields: Record<string, string> = {};
  let count = 0;
  for (const [name, text] of leaves(value, '')) {
    if (count >= fieldLimit) break;
    fields[name] = text;
    count += 1;
  }
  return fields;
}

/** The engine prints what its 32-bit integers hold as an integer, anything else as `%f` (Wazuh 4.14.7). */
function isInt32(value: number): boolean {
  return value === (value | 0);
}
