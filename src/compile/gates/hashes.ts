import { type HashKind, kinds } from '../../values/kinds.ts';
import { sysmonLabels } from '../../wazuh/fields.ts';
import { renderAlternation } from './alternation.ts';
import { maxPatternBytes, ruleBytes, type ScoredValues } from './gate.ts';
import { growNodes, type Node } from './grow.ts';

/**
 * How many first digits of a hash a gate can compare. More digits take more bytes, and make it harder for another file to
 * have the same ones, by chance or on purpose.
 */
export const prefixSteps = [12, 16, 20, 24, 32, 64] as const;
export const shortestPrefix = prefixSteps[0];

/**
 * Returns whether a place has a gate when it is too big for a leaf. That is so every two bits, so a gate has four children.
 * With a million hashes the leaves are at 9 bits, and an event that matches nothing tries 20 gates an algorithm (Wazuh
 * 4.14.7: fewer and broader gates take longer).
 */
const isInner = (depth: number): boolean => depth % 2 === 0;

const toNibble = (code: number): number => (code <= 57 ? code - 48 : code - 55);

const hexDigit = '0123456789ABCDEF';

/** Returns the beginnings of the sorted hashes in upper case, as Sysmon writes them; two hashes may have the same one. */
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

/** Returns the digits of the first `depth` bits, the last one as a range when it is not complete: `A[4-7]`. */
function toDigitPattern(key: string, depth: number): string {
  const whole = Math.floor(depth / 4);
  const bits = depth % 4;
  if (bits === 0) return key.slice(0, whole);
  const span = 1 << (4 - bits);
  const low = toNibble(key.charCodeAt(whole)) & ~(span - 1);
  return `${key.slice(0, whole)}[${hexDigit[low]}-${hexDigit[low + span - 1]}]`;
}

/**
 * Returns the nodes for the hashes (hex, in one case) of one algorithm in Sysmon's composite field. No label of Sysmon ends
 * with another one, so the pattern needs no border before the label, and PCRE2 jumps to its first byte. A gate compares the
 * first digits only: an event with the same digits and another hash matches, and the look-up reports that.
 */
export function growHashNodes(kind: HashKind, hashes: ScoredValues, prefix: number): Node[] {
  const digits = Math.min(prefix, kinds[kind].digits);
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

/** From so many values on, values that begin alike are written as a group (`renderAlternation`). */
const leastGroup = 5;

/**
 * Estimates the rules and bytes for so many hashes. Hashes are spread evenly, so their number decides how many begin
 * alike.
 */
export function estimateGates(
  kind: HashKind,
  count: number,
  prefix: number,
): { readonly rules: number; readonly bytes: number } {
  if (count === 0) return { rules: 0, bytes: 0 };
  const digits = Math.min(prefix, kinds[kind].digits);
  // Each value is written with a bar, but without the digits that it shares with its group.
  const text = count * (digits + 1 - countShared(count));
  const leafDepth = Math.max(0, Math.ceil(Math.log2(text / maxPatternBytes)));
  let rules = 2 ** leafDepth;
  for (let depth = 0; depth < leafDepth; depth += 1) if (isInner(depth)) rules += 2 ** depth;
  return { rules, bytes: text + rules * ruleBytes };
}

/** Returns how many digits a value saves on average, since a group writes the digits that its values share only once. */
function countShared(count: number): number {
  let shared = 0;
  for (let mean = count / 16; mean > 1 / 16; mean /= 16) shared += savedBytes(mean) / mean;
  return shared;
}

/** Returns the saving of a group whose size has a Poisson distribution: a digit for each value above `leastGroup`. */
function savedBytes(mean: number): number {
  let saved = mean - leastGroup;
  let chance = Math.exp(-mean);
  for (let size = 0; size < leastGroup; size += 1) {
    saved += (leastGroup - size) * chance;
    chance *= mean / (size + 1);
  }
  return saved;
}
