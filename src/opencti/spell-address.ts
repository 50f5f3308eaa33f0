import ipaddr from 'ipaddr.js';
import type { Observable } from '../observable/kinds.ts';

const groupCount = 8;
/** `::ffff:0:0/96`, which takes in all of IPv4. */
const mappedBits = 96;

/** The texts that OpenCTI may have for an address: it keeps what it was given. */
export function spellAddress({ kind, value }: Observable): string[] {
  const [plain, mapped] = kind === 'ipv4' ? [[value], spellMapped(value)] : [[], spellIpv6(value)];
  return [
    ...plain.flatMap((text) => [text, `${text}/32`]),
    ...mapped.flatMap((text) => [text, `${text}/128`]),
  ];
}

/** An IPv4 address inside of an IPv6 one. */
function spellMapped(address: string): string[] {
  const mapped = ipaddr.IPv4.parse(address).toIPv4MappedAddress();
  return [`::ffff:${address}`, `0:0:0:0:0:ffff:${address}`, ...spellIpv6(mapped.toRFC5952String())];
}

/** Shortened, expanded and padded. */
function spellIpv6(address: string): string[] {
  const parts = ipaddr.IPv6.parse(address).parts.slice(0, groupCount);
  const expanded = parts.map((part) => part.toString(16)).join(':');
  const padded = parts.map((part) => part.toString(16).padStart(4, '0')).join(':');
  return [...new Set([ipaddr.IPv6.parse(address).toRFC5952String(), expanded, padded])];
}

/**
 * What every text of a network has in it, whatever its host bits and its spelling: the parts that its prefix covers, and
 * the length. An IPv4 network may stand as an IPv6 one, of which the last part can be hexadecimal.
 */
export function networkParts({ kind, value }: Observable): readonly (readonly string[])[] {
  const [address = '', length = ''] = value.split('/');
  const bits = Number(length);
  if (kind === 'ipv4-network') {
    const octets = address.split('.').slice(0, Math.floor(bits / 8));
    return [
      [...octets, `/${bits}`],
      ['ffff', `/${mappedBits + bits}`],
    ];
  }
  const groups = ipaddr.IPv6.parse(address).parts.slice(0, Math.floor(bits / 16));
  // Zeros may be shortened away.
  return [[...groups.filter((group) => group > 0).map((group) => group.toString(16)), `/${bits}`]];
}
