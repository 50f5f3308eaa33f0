import { type HashKind, hexDigits } from '../../values/kinds.ts';
import { sysmonLabels } from '../../wazuh/fields.ts';
import { renderAlternation } from './alternation.ts';
import { maxPatternBytes, ruleBytes, type ScoredValues } from './gate.ts';
import { growNodes, type Node } from './grow.ts';

/** How many first digits of a hash a gate can compare. More cost more bytes, and are harder to meet by chance or on purpose. */
export const prefixSteps = [12, 16, 20, 24, 32, 64] as const;
export const shortestPrefix = prefixSteps[0];

/**
 * Places that have a gate when they are too big for a leaf: every two bits, so a gate has four below it. With a million
 * hashes the leaves are at 9 bits, and an event that matches nothing tries 20 gates an algorithm (Wazuh 4.14.7: fewer
 * and broader ones cost more).
 */
const isInner = (depth: number): boolean => depth % 2 === 0;

const toNibble = (code: number): number => (code <= 57 ? code - 48 : code - 55);

const hexDigit = '0123456789ABCDEF';

/** The beginnings of the sorted hashes, upper case as Sysmon writes them; two hashes may share one. */
function toPrefixes(values: readonly string[], digits: number): string[] {
  const prefixes: string[] = [];
  let last = '';
  for (const value of values) {
    const prefix = value.slice(0, digits).toUpperCase();
    if (prefix === last) continue;
    prefixes.push(prefix);
    last = prefix;
  }
  return prefixes;
}

/** The digits of the bits that are known, the next one as a range: `A[4-7]`. */
function toDigitPattern(key: string, depth: number): string {
  const whole = Math.floor(depth / 4);
  const bits = depth % 4;
  if (bits === 0) return key.slice(0, whole);
  const span = 1 << (4 - bits);
  const low = toNibble(key.charCodeAt(whole)) & ~(span - 1);
  return `${key.slice(0, whole)}[${hexDigit[low]}-${hexDigit[low + span - 1]}]`;
}

/**
 * Gates for the hashes (hex, in one case) of one algorithm in Sysmon's composite field. No label of Sysmon ends in another
 * one, so the label needs no border before it, and PCRE2 jumps to its first byte. A gate compares the first digits only:
 * an event with the same digits and another hash passes, and the look-up says so.
 */
export function growHashNodes(kind: HashKind, hashes: ScoredValues, prefix: number): Node[] {
  const digits = Math.min(prefix, hexDigits[kind]);
  const start = `${sysmonLabels[kind]}=`;
  return growNodes({
    keys: toPrefixes(hashes.texts(digits), digits),
    symbolBits: 4,
    toSymbol: toNibble,
    isInner,
    innerPattern: (key, depth) => start + toDigitPattern(key, depth),
    leafPattern: (prefixes) => start + renderAlternation(prefixes),
  });
}

/** A group of values that begin alike is worth `(?:` and `)` from so many values on (`renderAlternation`). */
const leastGroup = 5;

/** About what the gates of so many hashes cost. Hashes are spread evenly, so their number says how many begin alike. */
export function estimateGates(
  kind: HashKind,
  count: number,
  prefix: number,
): { readonly rules: number; readonly bytes: number } {
  if (count === 0) return { rules: 0, bytes: 0 };
  const digits = Math.min(prefix, hexDigits[kind]);
  // Each value is written with a bar, but without the digits that it shares with its group.
  const text = count * (digits + 1 - countShared(count));
  const leafDepth = Math.max(0, Math.ceil(Math.log2(text / maxPatternBytes)));
  let rules = 2 ** leafDepth;
  for (let depth = 0; depth < leafDepth; depth += 1) if (isInner(depth)) rules += 2 ** depth;
  return { rules, bytes: text + rules * ruleBytes };
}

/** How many digits fewer a value takes on average since groups write the digits that they share once. */
function countShared(count: number): number {
  let shared = 0;
  for (let mean = count / 16; mean > 1 / 16; mean /= 16) shared += savedBytes(mean) / mean;
  return shared;
}

/** Of a group of a Poisson-distributed size with this mean: a digit for each value more than `leastGroup`. */
function savedBytes(mean: number): number {
  let saved = mean - leastGroup;
  let chance = Math.exp(-mean);
  for (let size = 0; size < leastGroup; size += 1) {
    saved += (leastGroup - size) * chance;
    chance *= mean / (size + 1);
  }
  return saved;
}
