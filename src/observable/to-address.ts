import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { AddressKind, CheckedValue, NetworkKind, Observable } from './kinds.ts';
import { parsePlainIpv4, reachOfIpv4 } from './plain-ipv4.ts';
import { type Address, reachOf, reachOfNetwork } from './reach.ts';
import { refang } from './refang.ts';
import { isSkip, type Skip, skip } from './skip.ts';
import type { Reach } from './special-ranges.ts';

const addressBits = { ipv4: 32, ipv6: 128 } as const satisfies Record<AddressKind, number>;
/** Of `::ffff:0:0/96` and `64:ff9b::/96`: what follows is an IPv4 address. */
const mappedBits = 96;
const translation = [0x64, 0xff9b, 0, 0, 0, 0];

/** An address that is globally reachable, or a network of such addresses. */
export function toAddress(kind: AddressKind, text: string): Observable<AddressKind | NetworkKind> | Skip {
  const plain = kind === 'ipv4' ? parsePlainIpv4(text) : null;
  // Most addresses: what is below finds the same, in twenty times the time.
  if (plain !== null) return toReason(reachOfIpv4(plain)) ?? { kind, value: text as CheckedValue };
  const [host = '', length, ...rest] = refang(text).split('/');
  if (rest.length > 0 || (length !== undefined && !/^(?:0|[1-9]\d{0,2})$/.test(length)))
    return skip('malformed-address');
  if (!(kind === 'ipv4' ? isIPv4(host) : isIPv6(host) && !host.includes('%')))
    return skip('malformed-address');
  const bits = length === undefined ? addressBits[kind] : Number(length);
  if (bits > addressBits[kind]) return skip('malformed-address');
  return toPlainFamily(ipaddr.parse(host), bits);
}

/** An IPv4-mapped IPv6 address is the IPv4 address: that is what Sysmon writes. */
function toPlainFamily(address: Address, bits: number): Observable<AddressKind | NetworkKind> | Skip {
  const inner = bits >= mappedBits ? toTranslated(address) : null;
  if (inner !== null) {
    const outcome = toReachable('ipv4', inner, bits - mappedBits);
    if (isSkip(outcome)) return outcome;
  }
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= mappedBits) {
    return toReachable('ipv4', address.toIPv4Address(), bits - mappedBits);
  }
  return toReachable(address.kind(), address, bits);
}

/** The IPv4 address that one of `64:ff9b::/96` (RFC 6052) leads to, or null: it is another one. */
function toTranslated(address: Address): ipaddr.IPv4 | null {
  if (!(address instanceof ipaddr.IPv6)) return null;
  const { parts } = address;
  if (translation.some((part, index) => parts[index] !== part)) return null;
  const [high = 0, low = 0] = parts.slice(translation.length);
  return new ipaddr.IPv4([high >> 8, high & 255, low >> 8, low & 255]);
}

function toReachable(
  kind: AddressKind,
  address: Address,
  bits: number,
): Observable<AddressKind | NetworkKind> | Skip {
  if (bits === addressBits[kind]) {
    return toReason(reachOf(address)) ?? { kind, value: formatAddress(address) as CheckedValue };
  }
  const base = networkAddress(address, bits);
  const value = `${formatAddress(base)}/${bits}` as CheckedValue;
  return toReason(reachOfNetwork([base, bits])) ?? { kind: `${kind}-network`, value };
}

function toReason(reach: Reach): Skip | undefined {
  return reach === 'global' ? undefined : skip(reach === 'platform' ? 'platform-address' : reach);
}

function networkAddress(address: Address, bits: number): Address {
  const bytes = address.toByteArray().map((byte, index) => {
    const kept = Math.min(8, Math.max(0, bits - index * 8));
    return byte & (0xff << (8 - kept)) & 0xff;
  });
  return ipaddr.fromByteArray(bytes);
}

/** RFC 5952 for IPv6. */
function formatAddress(address: Address): string {
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}
