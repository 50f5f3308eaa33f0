import { isAscii } from 'node:buffer';

/**
 * The text of a JSON document with each character outside of ASCII written as `\uXXXX`: the same document, since such
 * characters stand inside of strings only. One letter outside of Latin-1 makes V8 keep a page of thousands of rows in
 * two bytes a character, which parses twice as slowly (Node 20).
 */
export function toJsonText(bytes: Buffer): string {
  const text = bytes.toString('latin1');
  return isAscii(bytes) ? text : text.replace(/[\x80-\xff]+/g, escapeRun);
}

/** A run of bytes, one a character, that are UTF-8. What is not decodes to U+FFFD, as it does anywhere else. */
function escapeRun(run: string): string {
  const characters = Buffer.from(run, 'latin1').toString('utf8');
  let escaped = '';
  for (let at = 0; at < characters.length; at += 1) {
    escaped += `\\u${characters.charCodeAt(at).toString(16).padStart(4, '0')}`;
  }
  return escaped;
}
