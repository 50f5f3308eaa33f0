import type { Claim } from '../../observable/kinds.ts';
import { refang, trimBlanks } from '../../observable/refang.ts';
import { isSkip } from '../../observable/skip.ts';
import { isLowerHex, toHex } from '../../observable/to-hash.ts';
import { toObservable } from '../../observable/to-observable.ts';
import { toClaims } from './to-claims.ts';

/** Hexadecimal digits of the hashes that no event field carries: SHA-224, SHA-384, SHA-512. */
const otherLengths: ReadonlySet<number> = new Set([56, 96, 128]);

/** More is no host. */
const longestUrl = 4_096;

/** What to ask in place of a text that no event field can carry, in a sentence; null: nothing better is known. */
export function findBetterQuestion({ text }: Claim): string | null {
  const hex = toHex(text);
  if (otherLengths.has(hex.length) && isLowerHex(hex))
    return 'No event field carries such a hash: ask for the SHA-256, SHA-1 or MD5 of the file.';
  const host = findHost(text);
  return host === null
    ? null
    : `No event field carries a URL or a port, only what its host is: ask with "opencti-wazuh explain ${host}".`;
}

/** The host of a URL, with or without its scheme, in normal form; null: the text is none. */
function findHost(text: string): string | null {
  const plain = trimBlanks(text);
  if (plain.length > longestUrl) return null;
  const [, authority = ''] = /^(?:[a-z][a-z0-9+.-]*(?::|\[:\])\/\/)?([^/?#\s]+)/i.exec(plain) ?? [];
  const host = authority.slice(authority.lastIndexOf('@') + 1).replace(/:\d{0,5}$/, '');
  const bare = refang(host).replace(/^\[(.*)\]$/, '$1');
  if (bare === plain) return null;
  const [value] = toClaims(bare).map(toObservable);
  return value === undefined || isSkip(value) ? null : value.value;
}
