import { type CheckedValue, type HashKind, hashKinds, kinds, type Observable } from './kinds.ts';
import { trimBlanks } from './refang.ts';
import { type Skip, skip } from './skip-reasons.ts';

/** The hashes of zero bytes: every empty file has them. */
const hashOfNothing = {
  sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  sha1: 'da39a3ee5e6b4b0d3255bfef95601890afd80709',
  md5: 'd41d8cd98f00b204e9800998ecf8427e',
} as const satisfies Record<HashKind, string>;

/**
 * Returns a hash of the kind that follows from its length. The algorithm that the claim or a label before the hash names is
 * one of MD5, SHA-1, SHA-256 and SHA-512, of which no two have the same length; so the length decides without doubt.
 */
export function toHash(kind: HashKind, text: string): Observable<HashKind> | Skip {
  const hex = toHex(text);
  const found =
    hex.length === kinds[kind].digits ? kind : hashKinds.find((each) => hex.length === kinds[each].digits);
  if (found === undefined || !isLowerHex(hex)) return skip('malformed-hash');
  if (hex === hashOfNothing[found]) return skip('empty-file');
  if (isOneDigit(hex)) return skip('placeholder-hash');
  return { kind: found, value: hex as CheckedValue };
}

/** Characters in which a label ends: less than any hash has, and more than any label has. */
const longestLabel = 16;
const label = /^(?:md5|sha-?(?:1|256|512))[:=]\s*/;

/**
 * Returns the text in lower case, without blanks at the ends and without the name of an algorithm before it (`sha256:`,
 * `SHA-256=`).
 */
export function toHex(text: string): string {
  const plain = trimBlanks(text).toLowerCase();
  const mark = plain.charCodeAt(0);
  // No hash begins with m or s.
  return mark === 109 || mark === 115
    ? plain.slice(label.exec(plain.slice(0, longestLabel))?.[0].length ?? 0)
    : plain;
}

/**
 * Returns whether a text has lower-case hex digits alone. It is a loop, since a regular expression takes four times
 * as long.
 */
export function isLowerHex(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (!((code >= 48 && code <= 57) || (code >= 97 && code <= 102))) return false;
  }
  return true;
}

/** Returns whether all digits are the same. No file has such a hash: it was written where a hash was not known. */
function isOneDigit(hex: string): boolean {
  for (let at = 1; at < hex.length; at += 1) if (hex.charCodeAt(at) !== hex.charCodeAt(0)) return false;
  return true;
}

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
const otherHashesOfNothing: ReadonlySet<string> = new Set([
  'd14a028c2a3a2bc9476102bb288234c4',
  '38b060a751ac96384cd9327eb1b1e36a',
  'cf83e1357eefb8bdf1542850d66d8007',
  '6b4e03423667dbb73b6e15454f0eb1ab',
  'a7ffc6f8bf1ed76651c14756a061d662',
  '0c63a75b845e4f7d01107d852e4c2485',
  'a69f73cca23a9ac5c8b567dc185a756e',
]);

/** So many digits are enough to distinguish any two files, and take a quarter of the memory of a SHA-512. */
export const otherHashDigits = 32;

/** Returns a hash of such an algorithm in lower case; null when it is none, or one that does not identify a file. */
export function toOtherHash(algorithm: string, text: string): string | null {
  const digits = otherDigits.get(algorithm.trim().toUpperCase().replaceAll('-', ''));
  const hex = toHex(text);
  if (digits === undefined || hex.length !== digits || !isLowerHex(hex)) return null;
  return isOneDigit(hex) || otherHashesOfNothing.has(hex.slice(0, otherHashDigits)) ? null : hex;
}
