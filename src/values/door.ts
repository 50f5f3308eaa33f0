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
