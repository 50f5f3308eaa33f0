/** Matches a blank of any script. Zero-width characters are no blanks: they stay in the text, which is then refused. */
const blank = /[\p{Zs}\t\n\v\f\r\u2028\u2029]/u;
const scheme = /^h(?:tt|xx)ps?(?::|\[:\])\/\//i;
const guardedDot = /\[\.\]|\(\.\)/g;

/**
 * Returns the text without the blanks at its ends. It is a loop, since the time of a regular expression grows with the
 * square of the length of a run of blanks.
 */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text, start)) start += 1;
  while (end > start && isBlank(text, end - 1)) end -= 1;
  return text.slice(start, end);
}

function isBlank(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  // Most characters are ASCII, and need no regular expression.
  if (code < 0x7f) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  return blank.test(text.charAt(at));
}

/**
 * Returns a name or address without what reports add so that it cannot be clicked on (`[.]`, `hxxp://`), and without one
 * trailing dot.
 */
export function refang(text: string): string {
  const trimmed = trimBlanks(text);
  const plain = mayBeGuarded(trimmed) ? trimmed.replace(scheme, '').replace(guardedDot, '.') : trimmed;
  return plain.endsWith('.') ? plain.slice(0, -1) : plain;
}

/** Returns whether there may be something to undo: each of these spellings has one of these characters. */
function mayBeGuarded(text: string): boolean {
  return text.includes('/') || text.includes('[') || text.includes('(');
}
