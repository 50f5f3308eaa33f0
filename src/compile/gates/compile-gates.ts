import { type AddressKind, addressKinds, type HashKind, hashKinds } from '../../observable/kinds.ts';
import type { ExactOnly } from './exact-only.ts';
import { type Gate, type GateTree, ruleBytes, type ScoredValues } from './gate.ts';
import type { Node } from './grow.ts';
import { growHashNodes, type PrefixDigits } from './hash-tree.ts';
import { assignIds, type GateField, type IdRange, toRootId, toSpan, toSpanName } from './ids.ts';
import { keepBest } from './keep-best.ts';
import { growNameNodes } from './name-tree.ts';
import { growNetworkNodes } from './network-tree.ts';

/** What is compiled: hashes in lower-case hex, names checked, networks as `<address>/<length>`. */
export interface GateValues extends Readonly<Record<HashKind, ScoredValues>> {
  readonly name: ScoredValues;
  readonly 'ipv4-network': ScoredValues;
  readonly 'ipv6-network': ScoredValues;
}

export interface GateOptions {
  /** Each costs its gates again: a gate looks at one field. */
  readonly fields: readonly GateField[];
  readonly ids: IdRange;
  readonly prefix: PrefixDigits;
  readonly isExactOnly: ExactOnly;
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
  readonly leftOut: Readonly<Record<keyof GateValues, number>>;
}

type GateKind = HashKind | AddressKind | 'name';

/** How many rules or bytes there are for each that is needed; below 1 values have to go. */
type Room = number;

interface Grown {
  readonly trees: GateTree[];
  readonly rules: number;
  readonly bytes: number;
  readonly room: Room;
}

const fieldKinds = {
  win_hashes: hashKinds,
  win_stream: hashKinds,
  linux_hashes: hashKinds,
  win_query: ['name'],
  win_address: addressKinds,
  linux_address: addressKinds,
} as const satisfies Record<GateField, readonly GateKind[]>;

/** What every value of the field has in it. */
const rootPatterns = {
  win_hashes: '=',
  win_stream: '=',
  linux_hashes: '=',
  win_query: '\\.',
  win_address: '[.:]',
  linux_address: '[.:]',
} as const satisfies Record<GateField, string>;

type Growers = Record<GateKind, (field: GateField) => Node[]>;

/** The nodes of each kind; those of the hashes are the same for every field and made once. */
function toGrowers(values: GateValues, options: GateOptions): Growers {
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

function toGates(nodes: readonly Node[], ids: readonly number[], root: number): Gate[] {
  return nodes.map(({ parent, pattern, leaf }, index) => ({
    id: ids[index] ?? 0,
    parent: ids[parent] ?? root,
    pattern,
    leaf,
  }));
}

/** The tree of a field, or how much too small the ids are; nothing to match makes no tree. */
function toTree(field: GateField, growers: Growers, range: IdRange): GateTree | Room | undefined {
  const root: Gate = { id: toRootId(range, field), parent: null, pattern: rootPatterns[field], leaf: false };
  const gates: Gate[] = [];
  for (const kind of fieldKinds[field]) {
    const name = toSpanName(field, kind);
    if (name === undefined) continue;
    const nodes = growers[kind](field);
    const span = toSpan(range, name);
    const ids = assignIds(
      nodes,
      span,
      hashKinds.some((hash) => hash === kind),
    );
    if (ids === null) return Math.min(span.size / nodes.length, 0.9);
    for (const gate of toGates(nodes, ids, root.id)) gates.push(gate);
  }
  return gates.length === 0 ? undefined : { field, root, gates };
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

const kinds = [
  'sha256',
  'sha1',
  'md5',
  'name',
  'ipv4-network',
  'ipv6-network',
] as const satisfies readonly (keyof GateValues)[];

const countAll = (values: GateValues): number =>
  kinds.reduce((sum, kind) => sum + values[kind].values.length, 0);

function keepBestOf(values: GateValues, count: number): GateValues {
  const kept = keepBest(
    kinds.map((kind) => values[kind]),
    count,
  );
  return Object.fromEntries(kinds.map((kind, index) => [kind, kept[index]])) as unknown as GateValues;
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
  const leftOut = Object.fromEntries(
    kinds.map((kind) => [kind, values[kind].values.length - kept[kind].values.length]),
  ) as Record<keyof GateValues, number>;
  const exactOnly = options.fields.includes('win_query') ? kept.name.values.filter(options.isExactOnly) : [];
  const { trees, rules, bytes } = grown;
  return { trees, rules, bytes, exactOnly, leftOut };
}
