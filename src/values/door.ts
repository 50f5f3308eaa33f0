import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { getPublicSuffix } from 'tldts';
import { toAddress } from './address.ts';
import { toHash } from './hash.ts';
import type { CheckedValue, Claim, Observable } from './kinds.ts';
import { refang } from './refang.ts';
import { isSkip, type Skip, skip } from './skip-reasons.ts';
import { isSpecialUse } from './special-names.ts';

/**
 * Returns the checked value of a text from outside, or the reason why it is skipped. This is the one door: no text from
 * outside becomes a value in any other way.
 *
 * It repairs: blanks at the ends, case, `[.]`, `(.)`, `hxxp://`, one trailing dot, `*.` or `.` before a name, IDN to
 * `xn--`, IPv4-mapped IPv6 to IPv4, the spelling of IPv6, the host bits of a network, the label before a hash and the
 * name of its algorithm where its length says which one it is. Every other text that is not exactly a hash, an address or
 * a name is refused with its reason; so is every value that harmless events have, too (see `skipReasons`).
 */
export function toObservable({ kind, text }: Claim): Observable | Skip {
  switch (kind) {
    case 'name':
      return toThreatName(text);
    case 'ipv4':
    case 'ipv6':
      return toAddress(kind, text);
    case 'sha256':
    case 'sha1':
    case 'md5':
      return toHash(kind, text);
  }
}

/** The names of RFC 1035, and `_`, which many real names have. Labels have 1 to 63 bytes. */
const labels = /^(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}$/;
const longestName = 253;
/** A text with more characters cannot become a name, not even one of unicode. */
const longestText = 1024;
const printableAscii = /^[\x21-\x7e]*$/;
/** Characters that the conversion of IDN would drop or decode, or cut the name at, without an error. */
const neverInName = /[\p{C}\p{Z}%/\\:?#@[\]<>"'`,*|^{}()]/u;

/** Returns a host name in lower case; unicode becomes `xn--` by UTS 46, which is what browsers and resolvers send. */
export function toName(text: string): Observable<'name'> | Skip {
  return text.length > longestText ? skip('malformed-name') : checkName(refang(text));
}

/** Matches the beginning of `*.evil.com` and `.evil.com`, the usual ways to write "this name and all below it". */
const belowMark = /^\*?\.(?=[^.])/;

/**
 * Returns the name that a feed means. `*.` or `.` before it is taken off: the names below it are matched anyway. A
 * special-use name is refused here; the allow files of a site may have one.
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

/** Returns the ASCII form of a name; the empty string when it has none. */
function toAscii(name: string): string {
  if (printableAscii.test(name)) return name.toLowerCase();
  return neverInName.test(name) ? '' : domainToASCII(name);
}

/**
 * Returns whether a name is a suffix of the ICANN part of the list. A private suffix such as `github.io` does not count:
 * the names below it belong to many owners, harmless and malicious ones.
 */
function isPublicSuffix(name: string): boolean {
  const options = { allowPrivateDomains: false, extractHostname: false, validateHostname: false };
  return getPublicSuffix(name, options) === name;
}
