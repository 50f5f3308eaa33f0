import type { AddressKind, HashKind } from '../../observable/kinds.ts';
import type { ExactOnly } from './exact-only.ts';
import type { GateValues } from './gate.ts';
import type { Node } from './grow.ts';
import { growHashNodes, type PrefixDigits } from './hash-tree.ts';
import type { GateField, GateKind } from './ids.ts';
import { growNameNodes } from './name-tree.ts';
import { growNetworkNodes } from './network-tree.ts';

export interface GrowOptions {
  readonly prefix: PrefixDigits;
  readonly isExactOnly: ExactOnly;
}

/** What makes the nodes of a kind for a field. */
export type Growers = Record<GateKind, (field: GateField) => Node[]>;

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
export function toGrowers(values: GateValues, options: GrowOptions): Growers {
  const once = toOnce();
  const growHashes = (kind: HashKind) => (): Node[] =>
    once(kind, () => growHashNodes(kind, values[kind], options.prefix));
  const growNetworks =
    (family: AddressKind) =>
    (field: GateField): Node[] => {
      const shortened = family === 'ipv6' && field === 'linux_address';
      const networks = values[`${family}-network`];
      return once(shortened ? `${family}, shortened` : family, () =>
        growNetworkNodes(family, networks.texts(), shortened),
      );
    };
  return {
    sha256: growHashes('sha256'),
    sha1: growHashes('sha1'),
    md5: growHashes('md5'),
    ipv4: growNetworks('ipv4'),
    ipv6: growNetworks('ipv6'),
    name: () => once('name', () => growNameNodes(values.name.texts(), options.isExactOnly)),
  };
}
