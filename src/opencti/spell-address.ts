import ipaddr from 'ipaddr.js';
import type { Observable } from '../observable/kinds.ts';

const groupCount = 8;

/** The texts that OpenCTI may have for an address or network: it keeps what it was given. */
export function spellAddress({ kind, value }: Observable): string[] {
  const [address = '', length] = value.split('/');
  const own = length === undefined ? '' : `/${length}`;
  const spelled = kind.startsWith('ipv4') ? spellIpv4(address) : spellIpv6(address);
  const whole = length === undefined ? [kind === 'ipv4' ? '/32' : '/128'] : [];
  return spelled.flatMap((text) => [text + own, ...whole.map((suffix) => text + suffix)]);
}

/** As it is, and inside of an IPv6 address. */
function spellIpv4(address: string): string[] {
  const bytes = ipaddr.IPv4.parse(address).toByteArray();
  const groups = [0, 2].map((at) => (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16));
  return [address, `::ffff:${address}`, `::ffff:${groups.join(':')}`];
}

/** Shortened, expanded and padded. */
function spellIpv6(address: string): string[] {
  const parts = ipaddr.IPv6.parse(address).parts.slice(0, groupCount);
  const expanded = parts.map((part) => part.toString(16)).join(':');
  const padded = parts.map((part) => part.toString(16).padStart(4, '0')).join(':');
  return [...new Set([address, expanded, padded])];
}
