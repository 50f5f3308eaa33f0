import { type HashKind, hexDigits } from '../../observable/kinds.ts';
import { sysmonLabels } from '../../wazuh/sysmon-labels.ts';
import { renderAlternation } from './alternation.ts';
import type { ScoredValues } from './gate.ts';
import { growNodes, type Node } from './grow.ts';

/** How many hex digits of a hash its gate compares: 12 to 64, or by the number of values. */
export type PrefixDigits = number | 'auto';

/**
 * Up to this many values of an algorithm 16 digits are compared, above it 12: half the bytes. Crossing the limit writes
 * every gate of the algorithm anew, and a set that goes back and forth around it does so each time: the gates are made
 * of the values alone, without what was published before. The remedy is to pin the digits (`gates.prefix`).
 */
const manyHashes = 400_000;

/**
 * Places that have a gate when they are too big for a leaf, in bits. With a million hashes the leaves are at 10
 * bits, with two million at 11: so an event that matches nothing tries 8 + 8 + 16 (32) gates an algorithm.
 */
const innerDepths = new Set([0, 3, 6]);
const deepestTable = 11;
const deepStep = 4;

const isInner = (depth: number): boolean =>
  innerDepths.has(depth) || (depth >= deepestTable && (depth - deepestTable) % deepStep === 0);

const toNibble = (code: number): number => (code <= 57 ? code - 48 : code - 55);

const hexDigit = '0123456789ABCDEF';

function toDigits(kind: HashKind, count: number, wanted: PrefixDigits): number {
  const digits = wanted === 'auto' ? (count <= manyHashes ? 16 : 12) : wanted;
  return Math.min(digits, hexDigits[kind]);
}

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
 * Gates for the hashes (hex, in one case) of one algorithm in Sysmon's composite field. The label is bound to the
 * border of an entry, so that nothing inside another algorithm's entry counts. A gate compares the first digits
 * only: an event with the same digits and another hash passes, and the look-up says so.
 */
export function growHashNodes(kind: HashKind, hashes: ScoredValues, wanted: PrefixDigits): Node[] {
  const digits = toDigits(kind, hashes.scores.length, wanted);
  const start = `(?:^|,)${sysmonLabels[kind]}=`;
  return growNodes({
    keys: toPrefixes(hashes.texts(), digits),
    symbolBits: 4,
    toSymbol: toNibble,
    isInner,
    innerPattern: (key, depth) => start + toDigitPattern(key, depth),
    leafPattern: (prefixes) => start + renderAlternation(prefixes),
  });
}
