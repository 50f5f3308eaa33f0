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
      return Array.isArray(value) ? printJson(value, 0) : undefined;
  }
}

/** A value inside an array, as the engine's library prints it: blanks after commas, and objects over several lines. */
function printJson(value: unknown, depth: number): string {
  if (Array.isArray(value)) return `[${value.map((item) => printJson(item, depth + 1)).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([key, member]) => `${'\t'.repeat(depth + 1)}${JSON.stringify(key)}:\t${printJson(member, depth + 1)}`,
  );
  return `{\n${members.join(',\n')}${members.length > 0 ? '\n' : ''}${'\t'.repeat(depth)}}`;
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

/** Keys at the top of a log in JSON that the engine keeps in a place of its own, by the name that rules have for it. */
const renamed = { user: 'dstuser', systemname: 'system_name' } as const;

/** The fields of a log in JSON. A `user` is the destination user where there is no `dstuser` (Wazuh 4.14.7). */
export function toLogFields(value: unknown): Record<string, string> {
  const { user, systemname, system_name: _, ...fields } = flattenJson(value);
  for (const [key, text] of Object.entries({ user, systemname })) {
    if (text !== undefined) fields[renamed[key as keyof typeof renamed]] ??= text;
  }
  return fields;
}

/** The engine prints what its 32-bit integers hold as an integer, anything else as `%f` (Wazuh 4.14.7). */
function isInt32(value: number): boolean {
  return value === (value | 0);
}
