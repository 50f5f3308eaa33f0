import { hashKinds } from '../../observable/kinds.ts';
import type { ExactOnly } from './exact-only.ts';
import { type Room, toTree } from './field-tree.ts';
import {
  type ByValueKind,
  byValueKind,
  type GateTree,
  type GateValues,
  gateValueKinds,
  ruleBytes,
} from './gate.ts';
import { toGrowers } from './growers.ts';
import { estimateBytes, prefixSteps, shortestPrefix } from './hash-tree.ts';
import type { GateField, IdRange } from './ids.ts';
import { toKeeper } from './keep-best.ts';

/** How many hex digits of a hash its gate compares, or by the room that there is. */
export type PrefixDigits = number | 'auto';

export interface GateOptions {
  /** Each costs its gates again: a gate looks at one field. */
  readonly fields: readonly GateField[];
  readonly ids: IdRange;
  readonly isExactOnly: ExactOnly;
  readonly prefix: PrefixDigits;
  /** What `auto` chose for the set before: it is kept while it fits, as each other choice writes all gates anew. */
  readonly earlierPrefix: number | null;
  readonly maxRules: number;
  /** Of rules text, with `ruleBytes` a rule. */
  readonly maxBytes: number;
}

export interface GatePlan {
  readonly trees: readonly GateTree[];
  readonly rules: number;
  readonly bytes: number;
  /** Hex digits of a hash that a gate compares. */
  readonly prefix: number;
  /** Fields whose tree did not go in whole, for want of rules or bytes: composite values match no more. */
  readonly cutFields: readonly GateField[];
  /** The names among the compiled that match without their subdomains, sorted. */
  readonly exactOnly: readonly string[];
  /** How many values of each kind did not go in, for want of rules, bytes or ids. */
  readonly leftOut: ByValueKind<number>;
}

/** What may be given up for room, in this order: digits of the prefix, the tree of event 15, the lowest scores. */
interface Attempt {
  readonly values: GateValues;
  readonly fields: readonly GateField[];
  readonly prefix: number;
}

interface Grown {
  readonly trees: GateTree[];
  readonly rules: number;
  readonly bytes: number;
  readonly room: Room;
}

/**
 * The trees of gates for the values, at most `maxRules` rules and `maxBytes` bytes. The same values give the same gates,
 * whatever they came in with; an algorithm that is to be left out comes as an empty set.
 */
export function compileGates(values: GateValues, options: GateOptions): GatePlan {
  let attempt: Attempt = { values, fields: options.fields, prefix: choosePrefix(values, options) };
  let grown = growTrees(attempt, options);
  while (grown.room < 1) {
    attempt = giveUp(attempt, grown.room, values, options);
    grown = growTrees(attempt, options);
  }
  const kept = attempt.values;
  const { trees, rules, bytes } = grown;
  return {
    trees,
    rules,
    bytes,
    prefix: attempt.prefix,
    cutFields: options.fields.filter((field) => !attempt.fields.includes(field)),
    exactOnly: options.fields.includes('win_query') ? kept.name.texts().filter(options.isExactOnly) : [],
    leftOut: byValueKind((kind) => values[kind].scores.length - kept[kind].scores.length),
  };
}

/** Below the limit by this much, so that the last step does not have to be made again. */
const margin = 0.99;

/** A single value of event 15 is matched by its list; only several in one text need the tree. */
const spareField: GateField = 'win_stream';

function giveUp(
  { values, fields, prefix }: Attempt,
  room: Room,
  all: GateValues,
  options: GateOptions,
): Attempt {
  const shorter = prefixSteps.filter((step) => step < prefix).at(-1);
  if (options.prefix === 'auto' && shorter !== undefined && countHashes(values) > 0)
    return { values, fields, prefix: shorter };
  if (fields.includes(spareField) && countHashes(values) > 0)
    return { values, prefix, fields: fields.filter((field) => field !== spareField) };
  const keep = toKeeper(Object.values(all), Math.floor(countAll(values) * room * margin));
  return { values: byValueKind((kind) => keep(all[kind])), fields, prefix };
}

/**
 * The longest prefix that the room allows for the trees that are on. One that was chosen before stays while it fits, and
 * gives way to a longer one only where that has twice the room that it needs.
 */
function choosePrefix(values: GateValues, { prefix, earlierPrefix, fields, maxBytes }: GateOptions): number {
  if (prefix !== 'auto') return prefix;
  const trees = fields.filter((field) => field === 'win_hashes' || field === spareField).length;
  const bytesOf = (step: number) =>
    trees * hashKinds.reduce((sum, kind) => sum + estimateBytes(kind, values[kind].scores.length, step), 0);
  const fits = (step: number) => {
    const isKept = earlierPrefix === null || step <= earlierPrefix;
    return bytesOf(step) * (isKept ? 1 : 2) <= maxBytes;
  };
  return prefixSteps.findLast(fits) ?? shortestPrefix;
}

function growTrees(
  { values, fields, prefix }: Attempt,
  { ids, isExactOnly, maxRules, maxBytes }: GateOptions,
): Grown {
  const growers = toGrowers(values, isExactOnly);
  const trees: GateTree[] = [];
  let room: Room = Number.POSITIVE_INFINITY;
  for (const field of fields) {
    const tree = toTree(field, growers, { ids, prefix });
    if (typeof tree === 'number') room = Math.min(room, tree);
    else if (tree) trees.push(tree);
  }
  const rules = trees.reduce((sum, tree) => sum + tree.gates.length, 0);
  const bytes = trees.reduce((sum, tree) => sum + patternBytes(tree), rules * ruleBytes);
  room = Math.min(room, maxRules / rules, maxBytes / bytes);
  return { trees, rules, bytes, room };
}

const patternBytes = (tree: GateTree): number =>
  tree.gates.reduce((sum, { pattern }) => sum + pattern.length, 0);

const countAll = (values: GateValues): number =>
  gateValueKinds.reduce((sum, kind) => sum + values[kind].scores.length, 0);

const countHashes = (values: GateValues): number =>
  hashKinds.reduce((sum, kind) => sum + values[kind].scores.length, 0);
