import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { getPublicSuffix } from 'tldts';
import { toAddress } from './address.ts';
import {
  type CheckedValue,
  type Claim,
  type HashKind,
  hashKinds,
  hexDigits,
  type Observable,
} from './kinds.ts';
import { refang, trimBlanks } from './refang.ts';
import { isSkip, type Skip, skip } from './skip-reasons.ts';
import { isSpecialUse } from './special-names.ts';

/**
 * The one door from a text of outside to a value of ours.
 *
 * Repaired: blanks at the ends, case, `[.]`, `(.)`, `hxxp://`, one trailing dot, `*.` or `.` before a name, IDN to `xn--`,
 * IPv4-mapped IPv6 to IPv4, the spelling of IPv6, the host bits of a network, the label before a hash and the name of its
 * algorithm where its length says which one it is. Everything else that is not exactly a hash, an
 * address or a name is refused with its reason; so is what can never tell good from bad (see `skipReasons`).
 */
export function toObservable({ kind, text }: Claim): Observable | Skip {
  switch (kind) {
    case 'name':
      return toThreatName(text);
    case 'ipv4':
    case 'ipv6':
      return toAddress(kind, text);
    default:
      return toHash(kind, text);
  }
}

/** RFC 1035, and `_` as names in the wild have it. Labels of 1 to 63 bytes. */
const labels = /^(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}$/;
const longestName = 253;
/** Nothing that is longer can become a name, not even from unicode. */
const longestText = 1024;
const printableAscii = /^[\x21-\x7e]*$/;
/** What the conversion of IDN would drop, decode or cut at without a word. */
const neverInName = /[\p{C}\p{Z}%/\\:?#@[\]<>"'`,*|^{}()]/u;

/** A host name in lower case; unicode becomes `xn--` by UTS 46, as browsers and resolvers ask it. */
export function toName(text: string): Observable<'name'> | Skip {
  return text.length > longestText ? skip('malformed-name') : checkName(refang(text));
}

/** `*.evil.com` and `.evil.com`, the usual ways to write "and all below". */
const belowMark = /^\*?\.(?=[^.])/;

/**
 * A name as feeds write it. One with `*.` or `.` before it is taken without: the names below are matched anyway. A
 * special-use name is refused; the allow files of a site may have it.
 */
function toThreatName(text: string): Observable<'name'> | Skip {
  if (text.length > longestText) return skip('malformed-name');
  const name = checkName(refang(text).replace(belowMark, ''));
  return !isSkip(name) && isSpecialUse(name.value) ? skip('special-use-name') : name;
}

function checkName(plain: string): Observable<'name'> | Skip {
  // Every address ends with a digit or has a colon.
  if (mayBeAddress(plain) && isIP(plain)) return skip('name-is-address');
  const name = toAscii(plain);
  if (name.length > longestName || !labels.test(name)) return skip('malformed-name');
  const dot = name.lastIndexOf('.');
  if (/^\d+$/.test(name.slice(dot + 1))) return skip('malformed-name');
  if (dot < 0) return skip('single-label');
  if (isPublicSuffix(name)) return skip('public-suffix');
  return { kind: 'name', value: name as CheckedValue };
}

function mayBeAddress(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return (last >= 48 && last <= 57) || text.includes(':');
}

/** The empty string when there is no ASCII form. */
function toAscii(name: string): string {
  if (printableAscii.test(name)) return name.toLowerCase();
  return neverInName.test(name) ? '' : domainToASCII(name);
}

/** Of the list's ICANN part: below a private suffix such as `github.io` anybody can be a victim or a villain. */
function isPublicSuffix(name: string): boolean {
  const options = { allowPrivateDomains: false, extractHostname: false, validateHostname: false };
  return getPublicSuffix(name, options) === name;
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

/** Enough to tell any two files apart, and a quarter of what a SHA-512 takes in memory. */
export const otherHashDigits = 32;

/** A hash of such an algorithm in lower case, or null: it is none, or it names no file. */
export function toOtherHash(algorithm: string, text: string): string | null {
  const digits = otherDigits.get(algorithm.trim().toUpperCase().replaceAll('-', ''));
  const hex = toHex(text);
  if (digits === undefined || hex.length !== digits || !isLowerHex(hex)) return null;
  return isOneDigit(hex) || otherHashesOfNothing.has(hex.slice(0, otherHashDigits)) ? null : hex;
}

/** The hashes of zero bytes: every empty file has them. */
const hashOfNothing = {
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
  if (hex === hashOfNothing[found]) return skip('empty-file');
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
function isOneDigit(hex: string): boolean {
  for (let at = 1; at < hex.length; at += 1) if (hex.charCodeAt(at) !== hex.charCodeAt(0)) return false;
  return true;
}
