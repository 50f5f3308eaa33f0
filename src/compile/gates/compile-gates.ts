import { type Room, toTree } from './field-tree.ts';
import {
  type ByValueKind,
  byValueKind,
  type GateTree,
  type GateValues,
  gateValueKinds,
  ruleBytes,
} from './gate.ts';
import { type GrowOptions, toGrowers } from './growers.ts';
import type { GateField, IdRange } from './ids.ts';
import { toKeeper } from './keep-best.ts';

export interface GateOptions extends GrowOptions {
  /** Each costs its gates again: a gate looks at one field. */
  readonly fields: readonly GateField[];
  readonly ids: IdRange;
  readonly maxRules: number;
  /** Of rules text, with `ruleBytes` a rule. */
  readonly maxBytes: number;
}

export interface GatePlan {
  readonly trees: readonly GateTree[];
  readonly rules: number;
  readonly bytes: number;
  /** The names among the compiled that match without their subdomains, sorted. */
  readonly exactOnly: readonly string[];
  /** How many values of each kind did not go in, for want of rules, bytes or ids. */
  readonly leftOut: ByValueKind<number>;
}

interface Grown {
  readonly trees: GateTree[];
  readonly rules: number;
  readonly bytes: number;
  readonly room: Room;
}

const patternBytes = (tree: GateTree): number =>
  tree.gates.reduce((sum, { pattern }) => sum + pattern.length, tree.root.pattern.length);

function growTrees(values: GateValues, options: GateOptions): Grown {
  const growers = toGrowers(values, options);
  const trees: GateTree[] = [];
  let room: Room = Number.POSITIVE_INFINITY;
  for (const field of options.fields) {
    const tree = toTree(field, growers, options.ids);
    if (typeof tree === 'number') room = Math.min(room, tree);
    else if (tree) trees.push(tree);
  }
  const rules = trees.reduce((sum, tree) => sum + tree.gates.length + 1, 0);
  const bytes = trees.reduce((sum, tree) => sum + patternBytes(tree), rules * ruleBytes);
  room = Math.min(room, options.maxRules / rules, options.maxBytes / bytes);
  return { trees, rules, bytes, room };
}

const countAll = (values: GateValues): number =>
  gateValueKinds.reduce((sum, kind) => sum + values[kind].scores.length, 0);

function keepBestOf(values: GateValues, count: number): GateValues {
  const keep = toKeeper(Object.values(values), count);
  return byValueKind((kind) => keep(values[kind]));
}

/** Below the limit by this much, so that the last step does not have to be made again. */
const margin = 0.99;

/**
 * The trees of gates for the values, at most `maxRules` rules and `maxBytes` bytes: what is over goes by score.
 * The same values give the same gates, whatever they came in with; an algorithm that is to be left out comes as
 * an empty set.
 */
export function compileGates(values: GateValues, options: GateOptions): GatePlan {
  let kept = values;
  let grown = growTrees(kept, options);
  while (grown.room < 1) {
    kept = keepBestOf(values, Math.floor(countAll(kept) * grown.room * margin));
    grown = growTrees(kept, options);
  }
  const leftOut = byValueKind((kind) => values[kind].scores.length - kept[kind].scores.length);
  const exactOnly = options.fields.includes('win_query') ? kept.name.texts().filter(options.isExactOnly) : [];
  const { trees, rules, bytes } = grown;
  return { trees, rules, bytes, exactOnly, leftOut };
}
