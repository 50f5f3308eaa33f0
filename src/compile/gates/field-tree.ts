import { addressKinds, hashKinds } from '../../observable/kinds.ts';
import type { Gate, GateTree } from './gate.ts';
import type { Node } from './grow.ts';
import type { Growers } from './growers.ts';
import { assignIds, type GateField, type GateKind, type IdRange, toSpan, toSpanName } from './ids.ts';

/** How many rules, bytes or ids there are for each that is needed; below 1 values have to go. */
export type Room = number;

const fieldKinds = {
  win_hashes: hashKinds,
  win_stream: hashKinds,
  win_query: ['name'],
  win_address: addressKinds,
  linux_address: addressKinds,
} as const satisfies Record<GateField, readonly GateKind[]>;

/** @throws Error on a node without an id, or without that of its parent: rule 0 would load, and nothing find it. */
function toGates(nodes: readonly Node[], ids: readonly number[]): Gate[] {
  const idAt = (index: number): number => {
    const id = ids[index];
    if (id === undefined) throw new Error(`gate ${index} of ${nodes.length} has no id`);
    return id;
  };
  return nodes.map(({ parent, pattern, leaf }, index) => ({
    id: idAt(index),
    parent: parent === -1 ? null : idAt(parent),
    pattern,
    leaf,
  }));
}

export interface TreeOptions {
  readonly ids: IdRange;
  /** How many digits of a hash a gate compares. */
  readonly prefix: number;
}

/** The tree of a field, or how much too small the ids are; nothing to match makes no tree. */
export function toTree(
  field: GateField,
  growers: Growers,
  { ids: range, prefix }: TreeOptions,
): GateTree | Room | undefined {
  const gates: Gate[] = [];
  for (const kind of fieldKinds[field]) {
    const name = toSpanName(field, kind);
    if (name === undefined) continue;
    const nodes = growers[kind](field, prefix);
    const span = toSpan(range, name);
    const ids = assignIds(
      nodes,
      span,
      hashKinds.some((hash) => hash === kind),
    );
    if (ids === null) return Math.min(span.size / nodes.length, 0.9);
    for (const gate of toGates(nodes, ids)) gates.push(gate);
  }
  return gates.length === 0 ? undefined : { field, gates };
}
