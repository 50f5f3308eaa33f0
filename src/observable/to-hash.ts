import { type CheckedValue, type HashKind, hashKinds, hexDigits, type Observable } from './kinds.ts';
import { trimBlanks } from './refang.ts';
import { type Skip, skip } from './skip.ts';

/** The hashes of zero bytes: every empty file has them. */
const ofNothing = {
  sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  sha1: 'da39a3ee5e6b4b0d3255bfef95601890afd80709',
  md5: 'd41d8cd98f00b204e9800998ecf8427e',
} as const satisfies Record<HashKind, string>;

/**
 * A hash of the kind that its length tells. What is written of its algorithm, as the claim or as a label before it, is one
 * of MD5, SHA-1, SHA-256 and SHA-512, of which no two have the same length; so the length is beyond doubt.
 */
export function toHash(kind: HashKind, text: string): Observable<HashKind> | Skip {
  const hex = toHex(text);
  const found =
    hex.length === hexDigits[kind] ? kind : hashKinds.find((each) => hex.length === hexDigits[each]);
  if (found === undefined || !isLowerHex(hex)) return skip('malformed-hash');
  if (hex === ofNothing[found]) return skip('empty-file');
  if (isOneDigit(hex)) return skip('placeholder-hash');
  return { kind: found, value: hex as CheckedValue };
}

/** Shorter than any hash, and longer than any label. */
const longestLabel = 16;
const label = /^(?:md5|sha-?(?:1|256|512))[:=]\s*/;

/** The text in lower case, without blanks at the ends and the name of an algorithm before it (`sha256:`, `SHA-256=`). */
export function toHex(text: string): string {
  const plain = trimBlanks(text).toLowerCase();
  const mark = plain.charCodeAt(0);
  // No hash begins with m or s.
  return mark === 109 || mark === 115
    ? plain.slice(label.exec(plain.slice(0, longestLabel))?.[0].length ?? 0)
    : plain;
}

/** By hand: a regular expression takes four times as long. */
export function isLowerHex(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (!((code >= 48 && code <= 57) || (code >= 97 && code <= 102))) return false;
  }
  return true;
}

/** No hash of a file is ever so: somebody wrote it where a hash was not known. */
export function isOneDigit(hex: string): boolean {
  for (let at = 1; at < hex.length; at += 1) if (hex.charCodeAt(at) !== hex.charCodeAt(0)) return false;
  return true;
}
