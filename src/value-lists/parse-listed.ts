import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { parse } from 'tldts';
import { hashKinds, hexDigits } from '../observable/kinds.ts';
import { refang, trimBlanks } from '../observable/refang.ts';
import { isSkip } from '../observable/skip.ts';
import { toName } from '../observable/to-name.ts';
import { type ListedText, toBits } from './value-index.ts';

/**
 * A hash, address, CIDR or name; null: none of these. What no list would hold anyway (a private network, a single
 * label) is fine here: to list it is harmless, and many do.
 */
export function parseListedValue(text: string): ListedText | null {
  const plain = refang(text);
  if (/^[0-9a-f]+$/i.test(plain) && hashKinds.some((kind) => plain.length === hexDigits[kind])) {
    return { form: 'value', text: plain.toLowerCase() };
  }
  if (isIP(plain.split('/')[0] ?? '') !== 0) return parseListedNetwork(plain);
  const name = parseListedName(plain);
  return name === null ? null : { form: 'value', text: name };
}

/** `.example.com` or `*.example.com`, which means that name and every name below it; null: it does not begin so. */
export function parseListedBelow(text: string): ListedText | null {
  const suffix = /^\*?\.(?=.)(.*)$/s.exec(trimBlanks(text))?.[1];
  return suffix === undefined ? null : parseListedSuffix(suffix);
}

export function parseListedSuffix(text: string): ListedText | null {
  const name = parseListedName(refang(text));
  return name === null ? null : { form: 'suffix', text: name };
}

export function parseListedNetwork(text: string): ListedText | null {
  const plain = refang(text);
  if (!ipaddr.isValid(plain) && !ipaddr.isValidCIDR(plain)) return null;
  const mapped = plain.includes('/') ? null : ipaddr.process(plain);
  const network = mapped?.toString() ?? plain;
  return { form: 'network', family: network.includes(':') ? 'ipv6' : 'ipv4', bits: toBits(network) };
}

/** A shorter prefix is a part of the internet, not of a site. */
const shortestPrefix = 8;

/** Why an entry takes out more than anybody can mean; null: it does not. */
export function findExcess(meaning: ListedText): string | null {
  if (meaning.form === 'suffix' && isPublicSuffix(meaning.text))
    return `is a public suffix: every name below .${meaning.text} would be out; name the domains that are meant`;
  if (meaning.form === 'network' && meaning.bits.length < shortestPrefix && isOfInternet(meaning))
    return `is a network larger than /${shortestPrefix}: a part of the internet would be out; name the networks that are meant`;
  return null;
}

/** A suffix of the ICANN part of the list; one that it does not have, such as `.corp`, is a site's own. */
function isPublicSuffix(name: string): boolean {
  const { publicSuffix, isIcann } = parse(name, { extractHostname: false, validateHostname: false });
  return publicSuffix === name && isIcann === true;
}

/** What is beyond 224.0.0.0, and not in 2000::/3, is nobody's: whole blocks of it stand in lists. */
function isOfInternet({ family, bits }: ListedText & { readonly form: 'network' }): boolean {
  if (family === 'ipv4') return !bits.startsWith('111');
  return bits.startsWith('001') || '001'.startsWith(bits);
}

/** A name that the door refuses for what it means, such as a public suffix, is a name all the same. */
function parseListedName(text: string): string | null {
  const name = toName(text);
  if (!isSkip(name)) return name.value;
  return name.skip === 'malformed-name' || name.skip === 'name-is-address' ? null : text.toLowerCase();
}
