import type { AddressKind } from '../../observable/kinds.ts';
import { mergePrefixes, toPrefixBits } from './address-bits.ts';
import { type AddressFamily, anyMapped, expandedMapped, ipv4, ipv6, mappableIpv4 } from './address-family.ts';
import { toGroup } from './alternation.ts';
import { growNodes, type Node } from './grow.ts';
import { renderShortened } from './shortened-ipv6.ts';

function groupBy(prefixes: readonly string[], from: number, to: number): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const prefix of prefixes) {
    const key = prefix.slice(from, to);
    const group = groups.get(key);
    if (group) group.push(prefix);
    else groups.set(key, [prefix]);
  }
  return groups;
}

/** The groups from `index` on: those where a network ends as a range, the others by their value. */
function renderFrom(family: AddressFamily, prefixes: readonly string[], index: number): string {
  const begin = index * family.groupBits;
  const end = begin + family.groupBits;
  const ending = prefixes.filter((prefix) => prefix.length <= end);
  const branches: string[] = [];
  if (ending.length > 0) {
    const blocks = ending.map((prefix) => prefix.slice(begin));
    branches.push(family.renderBlocks(blocks) + family.renderRest(family.groups - index - 1));
  }
  const longer = prefixes.filter((prefix) => prefix.length > end);
  for (const [bits, group] of groupBy(longer, begin, end)) {
    branches.push(family.formatGroup(bits) + family.separator + renderFrom(family, group, index + 1));
  }
  return toGroup(branches);
}

function renderNetworks(family: AddressFamily, prefixes: readonly string[], shortened: boolean): string {
  if (prefixes.includes('')) return `${family.start}${family.any}$`;
  const spellings = [renderFrom(family, prefixes, 0)];
  if (shortened) spellings.push(...new Set(prefixes.flatMap(renderShortened)));
  return `${family.start}${toGroup(spellings)}$`;
}

/**
 * Gates for networks (`<address>/<length>`) of one family, overlaps and neighbours merged. `anySpelling`: the field has
 * IPv6 as RFC 5952 writes it, too, and `::ffff:` before a dotted IPv4.
 */
export function growNetworkNodes(
  family: AddressKind,
  networks: readonly string[],
  anySpelling: boolean,
): Node[] {
  const spelling = family === 'ipv6' ? ipv6 : anySpelling ? mappableIpv4 : ipv4;
  return growSpelling(spelling, networks, family === 'ipv6' && anySpelling);
}

/** Gates for the IPv6 addresses that are mapped to those of IPv4 networks, in hex: a dual-stack socket shows them. */
export function growMappedNodes(networks: readonly string[], anySpelling: boolean): Node[] {
  const nodes = growSpelling(anySpelling ? anyMapped : expandedMapped, networks, false);
  // Their places are those of IPv6 networks, below the fixed beginning, which takes no gates.
  return nodes.map((node) => ({
    ...node,
    depth: mappedBits.length + node.depth,
    symbols: mappedBits + node.symbols,
  }));
}

const mappedBits = '0'.repeat(80) + '1'.repeat(16);

function growSpelling(spelling: AddressFamily, networks: readonly string[], shortened: boolean): Node[] {
  return growNodes({
    keys: mergePrefixes(networks.map(toPrefixBits)),
    symbolBits: 1,
    toSymbol: (code) => code - 48,
    isInner: (depth) => depth % 4 === 0,
    innerPattern: (key, depth) => renderNetworks(spelling, [key.slice(0, depth)], shortened),
    leafPattern: (prefixes) => renderNetworks(spelling, prefixes, shortened),
  });
}
