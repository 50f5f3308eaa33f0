import type { AddressKind, HashKind } from '../../observable/kinds.ts';
import { toAddressNetwork } from './address-bits.ts';
import type { ExactOnly } from './exact-only.ts';
import type { GateValues } from './gate.ts';
import type { Node } from './grow.ts';
import { growHashNodes } from './hash-tree.ts';
import type { GateField, GateKind } from './ids.ts';
import { growNameNodes } from './name-tree.ts';
import { growMappedNodes, growNetworkNodes } from './network-tree.ts';

/** What makes the nodes of a kind for a field. @param prefix of hashes: how many digits a gate compares. */
export type Growers = Record<GateKind, (field: GateField, prefix: number) => Node[]>;

/** Remembers what was made last for each key; another way of making it replaces that. */
function toOnce(): (key: string, way: string, make: () => Node[]) => Node[] {
  const made = new Map<string, { readonly way: string; readonly nodes: Node[] }>();
  return (key, way, make) => {
    const known = made.get(key);
    if (known?.way === way) return known.nodes;
    const nodes = make();
    made.set(key, { way, nodes });
    return nodes;
  };
}

/** The nodes of each kind, made once for all fields that have them alike. */
export function toGrowers(values: GateValues, isExactOnly: ExactOnly): Growers {
  const once = toOnce();
  const growHashes =
    (kind: HashKind) =>
    (_: GateField, prefix: number): Node[] =>
      once(kind, String(prefix), () => growHashNodes(kind, values[kind], prefix));
  const growNetworks =
    (family: AddressKind) =>
    (field: GateField): Node[] => {
      const anySpelling = field === 'linux_address';
      return once(`${family} ${anySpelling}`, '', () => growFamily(family, values, anySpelling));
    };
  return {
    sha256: growHashes('sha256'),
    sha1: growHashes('sha1'),
    md5: growHashes('md5'),
    ipv4: growNetworks('ipv4'),
    ipv6: growNetworks('ipv6'),
    name: () => once('name', '', () => growNameNodes(values.name.texts(), isExactOnly)),
  };
}

/**
 * An IPv4 network is one of mapped IPv6 addresses, too: a dual-stack socket shows those. Single IPv4 addresses are in the
 * list in every spelling that the list can have; the dotted mapped one is of fields that have any spelling.
 */
function growFamily(family: AddressKind, values: GateValues, anySpelling: boolean): Node[] {
  const ipv4 = values['ipv4-network'].texts();
  if (family === 'ipv6')
    return joinTrees(
      growNetworkNodes('ipv6', values['ipv6-network'].texts(), anySpelling),
      growMappedNodes(ipv4, anySpelling),
    );
  const single = anySpelling ? values.ipv4.texts().map(toAddressNetwork) : [];
  return growNetworkNodes('ipv4', [...ipv4, ...single], anySpelling);
}

/** Two trees side by side: the parents of the second one's nodes are as many places further on. */
function joinTrees(first: readonly Node[], second: readonly Node[]): Node[] {
  const moved = second.map((node) => ({
    ...node,
    parent: node.parent === -1 ? -1 : node.parent + first.length,
  }));
  return [...first, ...moved];
}
