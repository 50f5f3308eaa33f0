/** A compiled CDB list: the value of an exact key, undefined when the key is not in it. */
export interface ListReader {
  readonly lookUp: (key: string) => string | undefined;
}

const quotedKey = /^"([^"]*)":(.*)$/s;

function toEntry(line: string): [string, string] | undefined {
  const quoted = quotedKey.exec(line);
  if (quoted) return [quoted[1] ?? '', unquote(quoted[2] ?? '')];
  const colon = line.indexOf(':');
  if (colon === -1) return undefined;
  return [line.slice(0, colon), unquote(line.slice(colon + 1))];
}

function unquote(value: string): string {
  return /^"[^"]*"$/.test(value) ? value.slice(1, -1) : value;
}

/**
 * A list held in memory, from the text of its file: the first `:` ends an unquoted key, nothing is trimmed, the first
 * of duplicate keys wins, a line without `:` is skipped.
 */
export function readListText(text: string): ListReader {
  const entries = new Map<string, string>();
  for (const line of text.split('\n')) {
    const entry = toEntry(line);
    if (entry && !entries.has(entry[0])) entries.set(...entry);
  }
  return { lookUp: (key) => entries.get(key) };
}
