import ipaddr from 'ipaddr.js';

/** The network part of `<address>/<length>` as a string of `0` and `1`. */
export function toPrefixBits(network: string): string {
  const [address = '', length] = network.split('/');
  // IPv4 is checked dotted decimals, of which there can be hundreds of thousands: the library takes ten times as long.
  const bytes = address.includes(':')
    ? ipaddr.IPv6.parse(address).toByteArray()
    : address.split('.').map(Number);
  return bytes
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('')
    .slice(0, Number(length));
}

/** The network of one IPv4 address. */
export function toAddressNetwork(ipv4: string): string {
  return `${ipv4}/32`;
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
