/** Blanks of any script at either end; zero-width characters are no blanks, they stay and are refused. */
const blankEnds = /^[\p{Zs}\t\n\v\f\r\u2028\u2029]+|[\p{Zs}\t\n\v\f\r\u2028\u2029]+$/gu;
const scheme = /^h(?:tt|xx)ps?(?::|\[:\])\/\//i;
const guardedDot = /\[\.\]|\(\.\)/g;

export function trimBlanks(text: string): string {
  return text.replace(blankEnds, '');
}

/** Undoes what reports do to names and addresses so that nobody clicks on them; takes one trailing dot away. */
export function refang(text: string): string {
  const plain = trimBlanks(text).replace(scheme, '').replace(guardedDot, '.');
  return plain.endsWith('.') ? plain.slice(0, -1) : plain;
}
