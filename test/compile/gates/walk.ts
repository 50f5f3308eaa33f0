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

/** Tries the gates in turn, as the engine tries the children of a rule. */
function walkGates(nodes: readonly WalkGate[], text: string): Walk {
  let tried = 0;
  for (const node of nodes) {
    tried += 1;
    node.condition ??= toRegExp(node.gate.pattern);
    if (!node.condition.test(text)) continue;
    if (node.gate.leaf) return { tried, leaf: node.gate };
    const below = walkGates(node.children, text);
    tried += below.tried;
    if (below.leaf) return { tried, leaf: below.leaf };
  }
  return { tried, leaf: undefined };
}

/**
 * Tries the gates of a tree as the engine does with `noalert="1"`: the children of a gate that matches are tried
 * in turn, and when none of them leads to a leaf, the gate's own siblings go on. The gates at the top are siblings, since
 * they hang below the root of their field.
 */
export function toWalker(tree: GateTree): (text: string) => Walk {
  const top: WalkGate[] = [];
  const byId = new Map<number, WalkGate>();
  for (const gate of tree.gates) {
    const siblings = gate.parent === null ? top : byId.get(gate.parent)?.children;
    if (!siblings || byId.has(gate.id))
      throw new Error(`gate ${gate.id}: no parent before it, or its id twice`);
    const node = toWalkGate(gate);
    siblings.push(node);
    byId.set(gate.id, node);
  }
  return (text) => walkGates(top, text);
}
