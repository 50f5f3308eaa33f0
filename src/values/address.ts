import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { AddressKind, CheckedValue, NetworkKind, Observable } from './kinds.ts';
import { refang } from './refang.ts';
import { isSkip, type Skip, skip } from './skip-reasons.ts';
import { type Reach, type SpecialRange, specialIpv4, specialIpv6 } from './special-ranges.ts';

const addressBits = { ipv4: 32, ipv6: 128 } as const satisfies Record<AddressKind, number>;
/** The length of the prefixes `::ffff:0:0/96` and `64:ff9b::/96`; the bits after it are an IPv4 address. */
const mappedBits = 96;
const translation = [0x64, 0xff9b, 0, 0, 0, 0];

/** Returns an address that is globally reachable, or a network of such addresses, or the reason of the skip. */
export function toAddress(kind: AddressKind, text: string): Observable<AddressKind | NetworkKind> | Skip {
  const plain = kind === 'ipv4' ? parsePlainIpv4(text) : null;
  // This is a short way for most addresses: the code below finds the same, and takes twenty times as long.
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

/** Takes an IPv4-mapped IPv6 address for its IPv4 address, since Sysmon writes that one. */
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

/** Returns the IPv4 address that an address of `64:ff9b::/96` (RFC 6052) leads to; null for any other address. */
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

/** Returns the normal form of an address: RFC 5952 for IPv6. */
function formatAddress(address: Address): string {
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}

const dot = 46;
const zero = 48;
const groups = 4;
const noDigit = -1;
const tooMuch = 256;

/** Returns the 32 bits of dotted decimals as `net.isIPv4` takes them; null for another spelling, or no address. */
export function parsePlainIpv4(text: string): number | null {
  if (text.length > 15) return null;
  let bits = 0;
  let group = noDigit;
  let dots = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === dot && group !== noDigit) {
      bits = bits * 256 + group;
      group = noDigit;
      dots += 1;
    } else {
      group = appendDigit(group, code - zero);
      if (group > 255) return null;
    }
  }
  return dots === groups - 1 && group !== noDigit ? bits * 256 + group : null;
}

/** Returns more than 255 when the result is no group. A group of several digits does not begin with 0. */
function appendDigit(group: number, digit: number): number {
  if (digit < 0 || digit > 9 || group === 0) return tooMuch;
  return group === noDigit ? digit : group * 10 + digit;
}

interface Range {
  readonly first: number;
  readonly last: number;
  readonly reach: Reach;
}

let ranges: readonly Range[] | undefined;

/**
 * Returns what the registry says of an address. The longest prefix decides; an address that it does not name is
 * global.
 */
function reachOfIpv4(bits: number): Reach {
  ranges ??= specialIpv4
    .map(({ cidr, reach }) => ({ ...toRange(cidr), reach }))
    .sort((a, b) => a.last - a.first - (b.last - b.first));
  for (const { first, last, reach } of ranges) if (bits >= first && bits <= last) return reach;
  return 'global';
}

function toRange(cidr: string): { first: number; last: number } {
  const [address = '', length] = cidr.split('/');
  const first = parsePlainIpv4(address) ?? 0;
  return { first, last: first + 2 ** (32 - Number(length)) - 1 };
}

export type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = readonly [Address, number];

interface ParsedRange {
  readonly network: Network;
  readonly reach: Reach;
}

let parsed: { readonly ipv4: readonly ParsedRange[]; readonly ipv6: readonly ParsedRange[] } | undefined;

/** Returns the registries with the longest prefix first. They are parsed at the first use: most runs need no address. */
function registries() {
  parsed ??= { ipv4: parseRanges(specialIpv4), ipv6: parseRanges(specialIpv6) };
  return parsed;
}

function parseRanges(ranges: readonly SpecialRange[]): ParsedRange[] {
  return ranges
    .map(({ cidr, reach }) => ({ network: ipaddr.parseCIDR(cidr), reach }))
    .sort((a, b) => b.network[1] - a.network[1]);
}

function rangesFor(address: Address): readonly ParsedRange[] {
  return address.kind() === 'ipv4' ? registries().ipv4 : registries().ipv6;
}

/** Returns whether a network has an address of its own family. */
function contains([base, length]: Network, address: Address): boolean {
  return base.kind() === 'ipv4'
    ? (address as ipaddr.IPv4).match(base as ipaddr.IPv4, length)
    : (address as ipaddr.IPv6).match(base as ipaddr.IPv6, length);
}

/** Returns what the registries say of one address. An IPv4 address that they do not name is global. */
function reachOf(address: Address): Reach {
  return rangesFor(address).find(({ network }) => contains(network, address))?.reach ?? 'global';
}

/**
 * Returns what the registries say of a whole network. It is global only if each of its addresses is global, so that a
 * network with private addresses in it never reaches a gate.
 */
function reachOfNetwork(network: Network): Reach {
  const [base, length] = network;
  const inside = rangesFor(base)
    .filter((range) => range.network[1] > length && contains(network, range.network[0]))
    .map(({ reach }) => reach)
    .filter((reach) => reach !== 'global');
  // A network that has reserved addresses of other kinds, too, is not the platform of a cloud.
  return inside.find((reach) => reach !== 'platform') ?? inside[0] ?? reachOf(base);
}
