/** Blanks of any script at either end; zero-width characters are no blanks, they stay and are refused. */
const blankEnds = /^[\p{Zs}\t\n\v\f\r\u2028\u2029]+|[\p{Zs}\t\n\v\f\r\u2028\u2029]+$/gu;
const scheme = /^h(?:tt|xx)ps?(?::|\[:\])\/\//i;
const guardedDot = /\[\.\]|\(\.\)/g;

export function trimBlanks(text: string): string {
  // Most texts have none, and are told so without the expression.
  if (isPlain(text.charCodeAt(0)) && isPlain(text.charCodeAt(text.length - 1))) return text;
  return text.replace(blankEnds, '');
}

/** Of ASCII, and no blank. */
const isPlain = (code: number) => code > 0x20 && code < 0x7f;

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
