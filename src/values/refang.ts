/** A blank of any script; zero-width characters are no blanks, they stay and are refused. */
const blank = /[\p{Zs}\t\n\v\f\r\u2028\u2029]/u;
const scheme = /^h(?:tt|xx)ps?(?::|\[:\])\/\//i;
const guardedDot = /\[\.\]|\(\.\)/g;

/** The text without the blanks at its ends. By hand: a regular expression takes the square of a run of blanks. */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text, start)) start += 1;
  while (end > start && isBlank(text, end - 1)) end -= 1;
  return text.slice(start, end);
}

function isBlank(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  // Most characters are of ASCII, and are told apart without the expression.
  if (code < 0x7f) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  return blank.test(text.charAt(at));
}

/** Undoes what reports do to names and addresses so that nobody clicks on them; takes one trailing dot away. */
export function refang(text: string): string {
  const trimmed = trimBlanks(text);
  const plain = mayBeGuarded(trimmed) ? trimmed.replace(scheme, '').replace(guardedDot, '.') : trimmed;
  return plain.endsWith('.') ? plain.slice(0, -1) : plain;
}

/** Nothing of what is undone does without one of these. */
function mayBeGuarded(text: string): boolean {
  return text.includes('/') || text.includes('[') || text.includes('(');
}
