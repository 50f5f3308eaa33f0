import ipaddr from 'ipaddr.js';
import type { Reach, SpecialRange } from './special-ranges.ts';
import { specialIpv4, specialIpv6 } from './special-ranges.ts';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = readonly [Address, number];

interface ParsedRange {
  readonly network: Network;
  readonly reach: Reach;
}

let parsed: { readonly ipv4: readonly ParsedRange[]; readonly ipv6: readonly ParsedRange[] } | undefined;

/** The registries with the longest prefix first; parsed at the first use, since most runs need no address. */
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

/** Both addresses are of one family. */
function contains([base, length]: Network, address: Address): boolean {
  return base.kind() === 'ipv4'
    ? (address as ipaddr.IPv4).match(base as ipaddr.IPv4, length)
    : (address as ipaddr.IPv6).match(base as ipaddr.IPv6, length);
}

/** What the registries say of one address. An IPv4 address that they do not name is global. */
export function reachOf(address: Address): Reach {
  return rangesFor(address).find(({ network }) => contains(network, address))?.reach ?? 'global';
}

/**
 * What the registries say of a whole network: it is global only if each of its addresses is, so that a network
 * which takes in private addresses never reaches a gate.
 */
export function reachOfNetwork(network: Network): Reach {
  const [base, length] = network;
  const inside = rangesFor(base)
    .filter((range) => range.network[1] > length && contains(network, range.network[0]))
    .map(({ reach }) => reach)
    .filter((reach) => reach !== 'global');
  // A network of all the internet is no platform of a cloud.
  return inside.find((reach) => reach !== 'platform') ?? inside[0] ?? reachOf(base);
}
