import { isLowerHex, isOneDigit, toHex } from './to-hash.ts';

/**
 * Hashes that no event field carries, by the name of their algorithm without its dashes. They bring nothing in, but they
 * name a file as well as any other hash: objects that share one are of the same file. Fuzzy hashes (SSDEEP, TLSH) and
 * those of a part of a file (IMPHASH) do not: different files share them.
 */
const otherDigits = new Map([
  ['SHA224', 56],
  ['SHA384', 96],
  ['SHA512', 128],
  ['SHA3224', 56],
  ['SHA3256', 64],
  ['SHA3384', 96],
  ['SHA3512', 128],
]);

/** The beginnings of the hashes of zero bytes, by the algorithms above: every empty file has them. */
const ofNothing: ReadonlySet<string> = new Set([
  'd14a028c2a3a2bc9476102bb288234c4',
  '38b060a751ac96384cd9327eb1b1e36a',
  'cf83e1357eefb8bdf1542850d66d8007',
  '6b4e03423667dbb73b6e15454f0eb1ab',
  'a7ffc6f8bf1ed76651c14756a061d662',
  '0c63a75b845e4f7d01107d852e4c2485',
  'a69f73cca23a9ac5c8b567dc185a756e',
]);

/** Enough to tell any two files apart, and a quarter of what a SHA-512 takes in memory. */
export const otherHashDigits = 32;

/** A hash of such an algorithm in lower case, or null: it is none, or it names no file. */
export function toOtherHash(algorithm: string, text: string): string | null {
  const digits = otherDigits.get(algorithm.trim().toUpperCase().replaceAll('-', ''));
  const hex = toHex(text);
  if (digits === undefined || hex.length !== digits || !isLowerHex(hex)) return null;
  return isOneDigit(hex) || ofNothing.has(hex.slice(0, otherHashDigits)) ? null : hex;
}
