import type { AddressKind, HashKind } from '../../observable/kinds.ts';
import { toAddressNetwork, toMappedNetwork } from './address-bits.ts';
import type { ExactOnly } from './exact-only.ts';
import type { GateValues } from './gate.ts';
import type { Node } from './grow.ts';
import { growHashNodes } from './hash-tree.ts';
import type { GateField, GateKind } from './ids.ts';
import { growNameNodes } from './name-tree.ts';
import { growNetworkNodes } from './network-tree.ts';

/** What makes the nodes of a kind for a field. @param prefix of hashes: how many digits a gate compares. */
export type Growers = Record<GateKind, (field: GateField, prefix: number) => Node[]>;

/** Remembers what was made, by the text that tells the ways of making it apart. */
function toOnce(): (key: string, make: () => Node[]) => Node[] {
  const made = new Map<string, Node[]>();
  return (key, make) => {
    const nodes = made.get(key) ?? make();
    made.set(key, nodes);
    return nodes;
  };
}

/** The nodes of each kind, made once for all fields that have them alike. */
export function toGrowers(values: GateValues, isExactOnly: ExactOnly): Growers {
  const once = toOnce();
  const growHashes =
    (kind: HashKind) =>
    (_: GateField, prefix: number): Node[] =>
      once(`${kind} ${prefix}`, () => growHashNodes(kind, values[kind], prefix));
  const growNetworks =
    (family: AddressKind) =>
    (field: GateField): Node[] => {
      const anySpelling = field === 'linux_address';
      return once(`${family} ${anySpelling}`, () =>
        growNetworkNodes(family, toNetworks(values, family, anySpelling), anySpelling),
      );
    };
  return {
    sha256: growHashes('sha256'),
    sha1: growHashes('sha1'),
    md5: growHashes('md5'),
    ipv4: growNetworks('ipv4'),
    ipv6: growNetworks('ipv6'),
    name: () => once('name', () => growNameNodes(values.name.texts(), isExactOnly)),
  };
}

/**
 * An IPv4 network is one of mapped IPv6 addresses, too: a dual-stack socket shows those. Single IPv4 addresses are in the
 * list in every spelling that the list can have; the dotted mapped one is of fields that have any spelling.
 */
function toNetworks(values: GateValues, family: AddressKind, anySpelling: boolean): string[] {
  const ipv4 = values['ipv4-network'].texts();
  if (family === 'ipv6') return [...values['ipv6-network'].texts(), ...ipv4.map(toMappedNetwork)];
  return anySpelling ? [...ipv4, ...values.ipv4.texts().map(toAddressNetwork)] : [...ipv4];
}
