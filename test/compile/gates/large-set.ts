import { createHash } from 'node:crypto';
import type { GateValues } from '../../../src/compile/gates/gate.ts';
import { makeIpv6Networks, makeNames, makeNetworks, scored, toRandom } from './values.ts';

/** Of one long text, since a digest for each would take as long as all that is measured. */
function makeManyHashes(count: number): string[] {
  const digits = 64;
  const text = createHash('shake256', { outputLength: (count * digits) / 2 })
    .update('large set')
    .digest('hex');
  return Array.from({ length: count }, (_, at) => text.slice(at * digits, (at + 1) * digits));
}

function makeAddresses(count: number): string[] {
  const random = toRandom(count);
  const addresses = new Set<string>();
  while (addresses.size < count)
    addresses.add(`${1 + random(223)}.${random(256)}.${random(256)}.${random(256)}`);
  return [...addresses];
}

/** A million SHA-256, 300,000 names, 100,000 IPv4 addresses, 4,500 and 500 networks: what the figures of the docs are about. */
export function makeLargeSet(): Pick<
  GateValues,
  'sha256' | 'name' | 'ipv4' | 'ipv4-network' | 'ipv6-network'
> {
  return {
    sha256: scored(makeManyHashes(1_000_000)),
    name: scored(makeNames(300_000)),
    ipv4: scored(makeAddresses(100_000)),
    'ipv4-network': scored(makeNetworks(4_500, [16, 28])),
    'ipv6-network': scored(makeIpv6Networks(500)),
  };
}
