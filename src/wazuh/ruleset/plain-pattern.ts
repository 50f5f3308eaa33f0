/** PCRE2 refuses groups nested deeper than 250 (its compile-time default); no gate needs a tenth of it. */
const maxNesting = 100;

/** Characters that stand for themselves, and the bar and the anchors. */
const plainCharacters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=,:-_ |^$';
const isPlainCode = Uint8Array.from({ length: 128 }, (_, code) =>
  plainCharacters.includes(String.fromCharCode(code)) ? 1 : 0,
);

/** Names may end with a dot. */
const dotAtEnd = '\\.?$';

const open = 40;
const close = 41;
const backslash = 92;

/**
 * Is it a pattern that PCRE2 takes for sure: literals, `\.`, alternatives in `(?:` `)`, `^`, `$`, `(?i)` in front, and
 * `\.?$` at the end?
 * Nearly all of a rules file of millions of values is in such patterns, and to ask this costs a fiftieth of compiling
 * them. It compiles to three bytes a character at most.
 */
export function isPlainPattern(pattern: string): boolean {
  const end = endOf(pattern);
  let depth = 0;
  for (let at = pattern.startsWith('(?i)') ? 4 : 0; at < end; at += 1) {
    const code = pattern.charCodeAt(at);
    if (isPlainCode[code] === 1) continue;
    if (code === open && pattern.startsWith('(?:', at) && depth < maxNesting) {
      depth += 1;
      at += 2;
    } else if (code === close && depth > 0) depth -= 1;
    else if (code === backslash && pattern.startsWith('\\.', at)) at += 1;
    else return false;
  }
  return depth === 0;
}

function endOf(pattern: string): number {
  return pattern.endsWith(dotAtEnd) ? pattern.length - dotAtEnd.length : pattern.length;
}
