import type { ListEntry } from './list-entry.ts';

/** The engine reads lines into a buffer of 64 KiB (Wazuh 4.14.7). */
const longestLine = 65_534;

/**
 * What the server API and the dashboard accept in a list, stricter than the engine: a quoted key may hold
 * `:` and blanks (Wazuh 4.14.7, `framework/wazuh/core/cdb_list.py`).
 */
const apiLine = /^(?:"[\w\-: ]+?"|[^:"\s]+):(?:"[\w\-: ]*?"|[^:"]*)$/;

/** Would the server API take the key? Inside of quotes it takes no dot. */
export function isApiKey(key: string): boolean {
  return !key.includes(':') || /^[\w\-:]+$/.test(key);
}

/** A key that holds `:` is quoted; the engine knows no escape, so a `"` can be in neither part. */
export function formatListLine({ key, value }: ListEntry): string {
  return key.includes(':') ? `"${key}":${value}` : `${key}:${value}`;
}

/**
 * What the engine makes of a line of a list (Wazuh 4.14.7, `analysisd/lists_make.c`); null: it skips the line
 * without a word. A `"` before the first `:` opens a quoted key; a `"` anywhere behind the `:` opens a value.
 */
export function parseListLine(text: string): ListEntry | null {
  const line = text.replace(/[\r\n].*$/s, '');
  const quote = line.indexOf('"');
  const isQuoted = quote >= 0 && quote < line.indexOf(':');
  const end = isQuoted ? line.indexOf('"', quote + 1) : 0;
  if (end < 0) return null;
  const colon = line.indexOf(':', end);
  if (colon < 0) return null;
  const value = parseListValue(line.slice(colon + 1));
  return value === null ? null : { key: isQuoted ? line.slice(quote + 1, end) : line.slice(0, colon), value };
}

function parseListValue(text: string): string | null {
  const quote = text.indexOf('"');
  if (quote < 0) return text;
  const end = text.indexOf('"', quote + 1);
  return end < 0 ? null : text.slice(quote + 1, end);
}

/**
 * Why a line may not stand in a list of ours, or null. A key comes once.
 * @param target with `api` the grammar of the server API has to take it, too.
 */
export function problemOfListLine(line: string, target: 'engine' | 'api' = 'api'): string | null {
  if (!/^[\x21-\x7e]+$/.test(line)) return 'holds a blank, a control character or a byte outside of ASCII';
  if (line.length > longestLine) return `is longer than ${longestLine} bytes`;
  if (target === 'api' && !apiLine.test(line))
    return 'is not of the form that the server API takes: key:value or "key":value';
  const entry = parseListLine(line);
  if (entry === null || formatListLine(entry) !== line) return 'would be read by the engine as another key';
  return null;
}
