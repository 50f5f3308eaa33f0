import type { CheckedValue, HashKind, Observable } from './kinds.ts';
import { hexDigits } from './kinds.ts';
import { trimBlanks } from './refang.ts';
import { type Skip, skip } from './skip.ts';

/** The hashes of zero bytes: every empty file has them. */
const ofNothing = {
  sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  sha1: 'da39a3ee5e6b4b0d3255bfef95601890afd80709',
  md5: 'd41d8cd98f00b204e9800998ecf8427e',
} as const satisfies Record<HashKind, string>;

const zero = 48;

export function toHash(kind: HashKind, text: string): Observable<HashKind> | Skip {
  const hex = trimBlanks(text).toLowerCase();
  if (hex.length !== hexDigits[kind] || !isLowerHex(hex)) return skip('malformed-hash');
  if (hex === ofNothing[kind]) return skip('empty-file');
  if (hex.charCodeAt(0) === zero && /^0+$/.test(hex)) return skip('placeholder-hash');
  return { kind, value: hex as CheckedValue };
}

/** By hand: a regular expression takes four times as long. */
function isLowerHex(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (!((code >= 48 && code <= 57) || (code >= 97 && code <= 102))) return false;
  }
  return true;
}
