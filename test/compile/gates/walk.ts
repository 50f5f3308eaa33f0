import type { Gate, GateTree } from '../../../src/compile/gates/gate.ts';

/** A gate with what the walk needs: its condition as JavaScript's own, and its children in their order. */
interface WalkGate {
  readonly gate: Gate;
  readonly children: WalkGate[];
  condition: RegExp | undefined;
}

export interface Walk {
  readonly tried: number;
  /** The first leaf that matches ends the walk: its child is the alert rule. */
  readonly leaf: Gate | undefined;
}

/** JavaScript knows `(?i)` as a flag only. */
export function toRegExp(pattern: string): RegExp {
  return pattern.startsWith('(?i)') ? new RegExp(pattern.slice(4), 'i') : new RegExp(pattern);
}

function toWalkGate(gate: Gate): WalkGate {
  return { gate, children: [], condition: undefined };
}

function walkGate(node: WalkGate, text: string): Walk {
  node.condition ??= toRegExp(node.gate.pattern);
  if (!node.condition.test(text)) return { tried: 1, leaf: undefined };
  if (node.gate.leaf) return { tried: 1, leaf: node.gate };
  let tried = 1;
  for (const child of node.children) {
    const walk = walkGate(child, text);
    tried += walk.tried;
    if (walk.leaf) return { tried, leaf: walk.leaf };
  }
  return { tried, leaf: undefined };
}

/**
 * Tries the gates of a tree as the engine does with `noalert="1"`: the children of a gate that matches are tried
 * in turn, and when none of them leads to a leaf, the gate's own siblings go on.
 */
export function toWalker(tree: GateTree): (text: string) => Walk {
  const root = toWalkGate(tree.root);
  const byId = new Map([[tree.root.id, root]]);
  for (const gate of tree.gates) {
    const parent = byId.get(gate.parent ?? Number.NaN);
    if (!parent || byId.has(gate.id))
      throw new Error(`gate ${gate.id}: no parent before it, or its id twice`);
    const node = toWalkGate(gate);
    parent.children.push(node);
    byId.set(gate.id, node);
  }
  return (text) => walkGate(root, text);
}
