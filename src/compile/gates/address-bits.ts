import ipaddr from 'ipaddr.js';

/** The network part of `<address>/<length>` as a string of `0` and `1`. */
export function toPrefixBits(network: string): string {
  const [address, length] = ipaddr.parseCIDR(network);
  const bytes = address.toByteArray();
  return bytes
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('')
    .slice(0, length);
}

/** The network of one IPv4 address. */
export function toAddressNetwork(ipv4: string): string {
  return `${ipv4}/32`;
}

const mappedBits = 96;

/** The IPv6 addresses that are mapped to those of an IPv4 network. */
export function toMappedNetwork(network: string): string {
  const [address = '', length] = network.split('/');
  return `::ffff:${address}/${mappedBits + Number(length)}`;
}

const parent = (bits: string): string => bits.slice(0, -1);

const areHalves = (a: string, b: string): boolean =>
  a !== b && a.length === b.length && parent(a) === parent(b);

/** The fewest prefixes for the same addresses: no overlaps, neighbours joined. Sorted. */
export function mergePrefixes(prefixes: readonly string[]): string[] {
  const merged: string[] = [];
  for (const prefix of [...prefixes].sort()) {
    const last = merged.at(-1);
    if (last !== undefined && prefix.startsWith(last)) continue;
    let joined = prefix;
    for (
      let before = merged.at(-1);
      before !== undefined && areHalves(before, joined);
      before = merged.at(-1)
    ) {
      merged.pop();
      joined = parent(joined);
    }
    merged.push(joined);
  }
  return merged;
}
