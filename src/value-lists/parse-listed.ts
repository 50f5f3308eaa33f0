import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { hashKinds, hexDigits } from '../observable/kinds.ts';
import { refang } from '../observable/refang.ts';
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

function parseListedName(text: string): string | null {
  const name = toName(text);
  if (!isSkip(name)) return name.value;
  return name.skip === 'single-label' || name.skip === 'public-suffix' ? text.toLowerCase() : null;
}
