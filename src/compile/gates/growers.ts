import type { AddressKind, HashKind } from '../../observable/kinds.ts';
import type { ExactOnly } from './exact-only.ts';
import type { ScoredValues } from './gate.ts';
import type { Node } from './grow.ts';
import { growHashNodes, type PrefixDigits } from './hash-tree.ts';
import type { GateField, GateKind } from './ids.ts';
import { growNameNodes } from './name-tree.ts';
import { growNetworkNodes } from './network-tree.ts';

/** What is compiled: hashes in lower-case hex, names checked, networks as `<address>/<length>`. */
export interface GateValues extends Readonly<Record<HashKind, ScoredValues>> {
  readonly name: ScoredValues;
  readonly 'ipv4-network': ScoredValues;
  readonly 'ipv6-network': ScoredValues;
}

export interface GrowOptions {
  readonly prefix: PrefixDigits;
  readonly isExactOnly: ExactOnly;
}

/** What makes the nodes of a kind for a field. */
export type Growers = Record<GateKind, (field: GateField) => Node[]>;

/** The nodes of each kind; those of the hashes are the same for every field and made once. */
export function toGrowers(values: GateValues, options: GrowOptions): Growers {
  const made = new Map<HashKind, Node[]>();
  const growHashes = (kind: HashKind) => (): Node[] => {
    const nodes = made.get(kind) ?? growHashNodes(kind, values[kind], options.prefix);
    made.set(kind, nodes);
    return nodes;
  };
  const growNetworks =
    (family: AddressKind) =>
    (field: GateField): Node[] =>
      growNetworkNodes(family, values[`${family}-network`].values, field === 'linux_address');
  return {
    sha256: growHashes('sha256'),
    sha1: growHashes('sha1'),
    md5: growHashes('md5'),
    ipv4: growNetworks('ipv4'),
    ipv6: growNetworks('ipv6'),
    name: () => growNameNodes(values.name.values, options.isExactOnly),
  };
}
