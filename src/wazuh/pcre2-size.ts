/**
 * PCRE2 as distributions and Wazuh build it has links of two bytes, so a pattern may compile to 65,536 bytes. One that
 * is larger ("regular expression is too large") makes the engine refuse the whole ruleset: a restart leaves it down
 * (PCRE2 10.42, Wazuh 4.14.7). A quarter stays free, since the count below is ours and not that of PCRE2.
 */
export const maxCompiledBytes = 49_152;

/** Opcodes and links around the whole pattern. */
const frameBytes = 7;
const literalBytes = 2;
/** An opcode, and a bit for each byte. */
const classBytes = 33;
const alternativeBytes = 3;
const groupBytes = 8;
/** Around each copy of a group that may be missing. */
const optionalBytes = 7;
/** A counted repeat of a class; of a literal there may be two. */
const countBytes = 10;

/** What one step takes from the front of the rest; its alternatives are tried in this order. */
const token =
  /(?<flags>\(\?[a-z-]+\))|(?<open>\((?:\?(?:<?[=!]|P?<\w+>|[:>|]))?)|(?<close>\))|(?<or>\|)|(?<set>\[\^?\]?(?:\\.|[^\]\\])*\])|(?<text>[^\\()[|*+?{]+|\\?.)/sy;
const quantifier = /[*+?]|\{(?<least>\d+)(?:(?<range>,)(?<most>\d*))?\}/y;

type Parts = Readonly<Record<string, string | undefined>>;

/** What a quantifier adds: a group is copied as often as it may come, anything else stands once. */
function repeatBytes({ least, range, most }: Parts, groupSize: number | null): number {
  if (least === undefined) return 1;
  if (groupSize === null) return countBytes;
  const first = Math.max(Number(least), 1);
  const last = range === undefined ? first : Math.max(Number(most), first);
  return (first - 1) * groupSize + (last - first) * (groupSize + optionalBytes) + 1;
}

/** Reads the quantifier at `at`, if there is one: its length, and what it adds to an item. */
function readQuantifier(pattern: string, at: number, groupSize: number | null) {
  quantifier.lastIndex = at;
  const found = quantifier.exec(pattern);
  if (found === null) return { length: 0, bytes: 0 };
  return { length: found[0].length, bytes: repeatBytes(found.groups ?? {}, groupSize) };
}

/** What stands alone: a literal, an escape, a class, flags, a bar. */
function plainBytes(text: string, { flags, or, set }: Parts): number {
  if (set !== undefined) return classBytes;
  if (or !== undefined) return alternativeBytes;
  if (flags !== undefined) return 0;
  return text.startsWith('\\') ? literalBytes : text.length * literalBytes;
}

/**
 * At least the bytes that PCRE2 makes of a pattern, and few more: what counts are classes, and groups that a repeat
 * copies. The pattern is one that PCRE2 takes, without conditions and recursion.
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

/** What a character of a plain pattern compiles to at most: a bar, of which each begins an alternative. */
const plainBytesEach = 3;

/** Null, or the bytes that the pattern compiles to, about, when they are more than `maxCompiledBytes`. */
export function findTooLarge(pattern: string): number | null {
  const isSmall = pattern.length * plainBytesEach + frameBytes <= maxCompiledBytes;
  if (isSmall && isPlainPattern(pattern)) return null;
  const bytes = estimateCompiledBytes(pattern);
  return bytes > maxCompiledBytes ? bytes : null;
}

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
