/**
 * The bytes to which a pattern may compile. PCRE2 as distributions and Wazuh build it has links of two bytes, so the
 * limit is 65,536 bytes. A larger pattern ("regular expression is too large") makes the engine refuse the whole
 * ruleset: after a restart it does not run (PCRE2 10.42, Wazuh 4.14.7). A quarter remains free, since the count below
 * is ours and not that of PCRE2.
 */
export const maxCompiledBytes = 49_152;

/** Opcodes and links around the whole pattern. */
const frameBytes = 7;
const literalBytes = 2;
/** An opcode, and a bit for each byte. */
const classBytes = 33;
const alternativeBytes = 3;
const groupBytes = 8;
/** Added around each copy of an optional group. */
const optionalBytes = 7;
/** A counted repeat of a class; a literal may need two of them. */
const countBytes = 10;

/** The part of the pattern that one step reads; the alternatives are tried in this order. */
const token =
  /(?<flags>\(\?[a-z-]+\))|(?<open>\((?:\?(?:<?[=!]|P?<\w+>|[:>|]))?)|(?<close>\))|(?<or>\|)|(?<set>\[\^?\]?(?:\\.|[^\]\\])*\])|(?<text>[^\\()[|*+?{]+|\\?.)/sy;
const quantifier = /[*+?]|\{(?<least>\d+)(?:(?<range>,)(?<most>\d*))?\}/y;

type Parts = Readonly<Record<string, string | undefined>>;

/**
 * Returns the bytes that a quantifier adds: a group is copied as often as it may occur, anything else is there once.
 */
function repeatBytes({ least, range, most }: Parts, groupSize: number | null): number {
  if (least === undefined) return 1;
  if (groupSize === null) return countBytes;
  const first = Math.max(Number(least), 1);
  const last = range === undefined ? first : Math.max(Number(most), first);
  return (first - 1) * groupSize + (last - first) * (groupSize + optionalBytes) + 1;
}

/** Reads the quantifier at `at`, if there is one, and returns its length and the bytes that it adds to an item. */
function readQuantifier(pattern: string, at: number, groupSize: number | null) {
  quantifier.lastIndex = at;
  const found = quantifier.exec(pattern);
  if (found === null) return { length: 0, bytes: 0 };
  return { length: found[0].length, bytes: repeatBytes(found.groups ?? {}, groupSize) };
}

/** Returns the bytes of an item that is no group: a literal, an escape, a class, flags, a bar. */
function plainBytes(text: string, { flags, or, set }: Parts): number {
  if (set !== undefined) return classBytes;
  if (or !== undefined) return alternativeBytes;
  if (flags !== undefined) return 0;
  return text.startsWith('\\') ? literalBytes : text.length * literalBytes;
}

/**
 * Returns at least the bytes to which PCRE2 compiles a pattern, and only a few more: most of them are classes, and
 * groups that a repeat copies. The pattern has to be valid for PCRE2, without conditions and recursion.
 */
export function estimateCompiledBytes(pattern: string): number {
  const outer: number[] = [];
  let total = frameBytes;
  for (let at = 0; at < pattern.length; ) {
    token.lastIndex = at;
    const found = token.exec(pattern);
    const text = found?.[0] ?? '';
    const parts: Parts = found?.groups ?? {};
    at += Math.max(text.length, 1);
    if (parts.open !== undefined) {
      outer.push(total);
      total = groupBytes;
      continue;
    }
    const group = parts.close === undefined ? null : total;
    total += group === null ? plainBytes(text, parts) : (outer.pop() ?? 0);
    const repeat = readQuantifier(pattern, at, group);
    total += repeat.bytes;
    at += repeat.length;
  }
  return total;
}

/** The most bytes to which a character of a plain pattern compiles: a bar, of which each begins an alternative. */
const plainBytesEach = 3;

/** Returns null, or the approximate bytes to which the pattern compiles when they exceed `maxCompiledBytes`. */
export function findTooLarge(pattern: string): number | null {
  const isSmall = pattern.length * plainBytesEach + frameBytes <= maxCompiledBytes;
  if (isSmall && isPlainPattern(pattern)) return null;
  const bytes = estimateCompiledBytes(pattern);
  return bytes > maxCompiledBytes ? bytes : null;
}

/**
 * PCRE2 refuses groups that are nested more than 250 levels deep (its compile-time default); no gate needs a tenth of
 * that.
 */
const maxNesting = 100;

/** The characters that mean themselves, and the bar and the anchors. */
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
 * Returns whether PCRE2 certainly takes the pattern: it has only literals, `\.`, alternatives in `(?:` `)`, `^`, `$`,
 * `(?i)` at the beginning, and `\.?$` at the end. Nearly all of a rules file of millions of values is in such patterns,
 * and this check costs a fiftieth of compiling them. Such a pattern compiles to three bytes a character at most.
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
