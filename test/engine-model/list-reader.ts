import { parseListLine } from '../../src/wazuh/list.ts';

/** A compiled CDB list: the value of an exact key, undefined when the key is not in it. */
export interface ListReader {
  readonly lookUp: (key: string) => string | undefined;
}

/**
 * A list held in memory, from the text of its file. The first of duplicate keys wins.
 */
export function readListText(text: string): ListReader {
  const entries = new Map<string, string>();
  for (const line of text.split('\n')) {
    const entry = parseListLine(line);
    if (entry !== null && !entries.has(entry.key)) entries.set(entry.key, entry.value);
  }
  return { lookUp: (key) => entries.get(key) };
}
