import {
  type AddressKind,
  addressKinds,
  byKey,
  type HashKind,
  hashKinds,
  isHashKind,
} from '../../values/kinds.ts';
import {
  allFields,
  type EventField,
  nameStyles,
  type PatternKind,
  type Spelling,
  staticFields,
  toNameStyle,
} from '../../wazuh/fields.ts';
import {
  type ByValueKind,
  byValueKind,
  type Gate,
  type GateTree,
  type GateValues,
  gateValueKinds,
  maxPatternBytes,
  maxStaticPatternBytes,
  ruleBytes,
} from './gate.ts';
import type { Node } from './grow.ts';
import { estimateGates, growHashNodes, prefixSteps, shortestPrefix } from './hashes.ts';
import { assignIds, type GateField, type GateKind, type IdRange, toSpan, toSpanName } from './ids.ts';
import { toKeeper } from './keep-best.ts';
import { type ExactOnly, growNameNodes } from './names.ts';
import {
  growElementNodes,
  growMappedNodes,
  growNetworkNodes,
  type NetworkSpelling,
  toAddressNetwork,
} from './networks.ts';

/** How many hex digits of a hash its gate compares; `auto` is as many as there is room for. */
export type PrefixDigits = number | 'auto';

export interface GateOptions {
  /** Each field needs gates of its own, since a gate looks at one field. */
  readonly fields: readonly (GateField | EventField)[];
  readonly ids: IdRange;
  readonly isExactOnly: ExactOnly;
  readonly prefix: PrefixDigits;
  /** What `auto` chose for the earlier set: it is kept while it fits, since any other choice changes all gates. */
  readonly earlierPrefix: number | null;
  readonly maxRules: number;
  /** The most bytes of the text of all rules, each with `ruleBytes` in addition to its pattern. */
  readonly maxBytes: number;
}

export interface GatePlan {
  readonly trees: readonly GateTree[];
  readonly rules: number;
  readonly bytes: number;
  /** How many hex digits of a hash a gate compares. */
  readonly prefix: number;
  /** Fields whose tree did not go in whole, for want of rules or bytes: composite values match no more. */
  readonly cutFields: readonly string[];
  /** The names among the compiled that match without their subdomains, sorted. */
  readonly exactOnly: readonly string[];
  /** How many values of each kind were left out, since there were not enough rules, bytes or ids. */
  readonly leftOut: ByValueKind<number>;
}

/**
 * What may be given up for room, in this order: trees that their ids do not suffice for, digits of the prefix, the tree of
 * event 15, the trees of sources from the last one on, the lowest scores.
 */
interface Attempt {
  readonly values: GateValues;
  readonly growers: Growers;
  readonly fields: readonly EventField[];
  readonly prefix: number;
}

interface Grown {
  readonly trees: GateTree[];
  readonly rules: number;
  readonly bytes: number;
  readonly room: Room;
  /** Fields of sources whose trees have more gates than ids. */
  readonly tooLarge: readonly EventField[];
}

/**
 * Returns the trees of gates for the values, with at most `maxRules` rules and `maxBytes` bytes. The same values give the
 * same gates, in whatever order they are; the caller gives an empty set for an algorithm that is left out.
 */
export function compileGates(values: GateValues, options: GateOptions): GatePlan {
  const { isExactOnly } = options;
  const fields = options.fields.map(toField);
  const growers = toGrowers(values, isExactOnly);
  let attempt: Attempt = { values, growers, fields, prefix: choosePrefix(values, growers, options) };
  let grown = growTrees(attempt, options);
  while (grown.room < 1 || grown.tooLarge.length > 0) {
    attempt = giveUp(attempt, grown, values, options);
    grown = growTrees(attempt, options);
  }
  const kept = attempt.values;
  const { trees, rules, bytes } = grown;
  return {
    trees,
    rules,
    bytes,
    prefix: attempt.prefix,
    cutFields: fields.filter((field) => !attempt.fields.includes(field)).map(({ key }) => key),
    exactOnly: fields.some(({ patterns }) => patterns === 'domains')
      ? kept.name.texts().filter(isExactOnly)
      : [],
    leftOut: byValueKind((kind) => values[kind].scores.length - kept[kind].scores.length),
  };
}

/** The values are cut a little below the limit, so that the step need not be repeated. */
const margin = 0.99;

/** The field of event 15. A single hash in it is matched by its list; only several in one text need the tree. */
const spareField: GateField = 'win_stream';

/** What else the lists of a site would miss is worth more than the trees of its other sources. */
const firstFields: readonly string[] = [
  'win_hashes',
  'win_query',
  'win_address',
  'linux_address',
] satisfies readonly GateField[];

function giveUp(attempt: Attempt, { room, tooLarge }: Grown, all: GateValues, options: GateOptions): Attempt {
  const { values, fields, prefix } = attempt;
  if (tooLarge.length > 0) return { ...attempt, fields: fields.filter((field) => !tooLarge.includes(field)) };
  const shorter = prefixSteps.findLast((step) => step < prefix);
  if (options.prefix === 'auto' && shorter !== undefined && countHashes(values) > 0)
    return { ...attempt, prefix: shorter };
  const spare =
    (countHashes(values) > 0 && fields.find(({ key }) => key === spareField)) ||
    fields.findLast(({ key }) => key !== spareField && !firstFields.includes(key));
  if (spare) return { ...attempt, fields: fields.filter((field) => field !== spare) };
  const keep = toKeeper(Object.values(all), Math.floor(countAll(values) * room * margin));
  const kept = byValueKind((kind) => keep(all[kind]));
  return { ...attempt, values: kept, growers: toGrowers(kept, options.isExactOnly) };
}

function toField(key: GateField | EventField): EventField {
  if (typeof key !== 'string') return key;
  const field = allFields.find((each) => each.key === key);
  if (field === undefined) throw new Error(`no field ${key}`);
  return field;
}

const hasHashes = ({ patterns }: EventField): boolean => patterns === 'hashes';

/**
 * Returns the longest prefix for which the other trees leave room. The prefix of the earlier set is kept while it fits; a
 * longer one is taken only where there is room for it twice, since any other choice changes all hash gates.
 */
function choosePrefix(values: GateValues, growers: Growers, options: GateOptions): number {
  const { prefix, earlierPrefix, ids, maxRules, maxBytes } = options;
  if (prefix !== 'auto') return prefix;
  const all = options.fields.map(toField);
  const trees = all.filter(hasHashes).length;
  const fields = all.filter((field) => !hasHashes(field));
  const others = growTrees({ values, growers, fields, prefix: shortestPrefix }, options);
  const fits = (step: number) => {
    const needed = hashKinds.map((kind) => ({
      ...estimateGates(kind, values[kind].scores.length, step),
      ids: toSpan(ids, `win_hashes/${kind}`).size,
    }));
    const times = earlierPrefix === null || step <= earlierPrefix ? 1 : 2;
    const sum = (part: 'rules' | 'bytes') =>
      times * trees * needed.reduce((total, tree) => total + tree[part], 0);
    return (
      sum('rules') <= maxRules - others.rules &&
      sum('bytes') <= maxBytes - others.bytes &&
      needed.every((tree) => times * tree.rules <= tree.ids)
    );
  };
  return prefixSteps.findLast(fits) ?? shortestPrefix;
}

function growTrees({ growers, fields, prefix }: Attempt, { ids, maxRules, maxBytes }: GateOptions): Grown {
  const trees: GateTree[] = [];
  const tooLarge: EventField[] = [];
  let room: Room = Number.POSITIVE_INFINITY;
  for (const field of fields) {
    const tree = toTree(field, growers, { ids, prefix });
    if (typeof tree === 'object') trees.push(tree);
    else if (tree !== undefined && isFirst(field)) room = Math.min(room, tree);
    else if (tree !== undefined) tooLarge.push(field);
  }
  const rules = trees.reduce((sum, tree) => sum + tree.gates.length, 0);
  const bytes = trees.reduce((sum, tree) => sum + patternBytes(tree), rules * ruleBytes);
  room = Math.min(room, maxRules / rules, maxBytes / bytes);
  return { trees, rules, bytes, room, tooLarge };
}

const isFirst = ({ key }: EventField): boolean => key === spareField || firstFields.includes(key);

const patternBytes = (tree: GateTree): number =>
  tree.gates.reduce((sum, { pattern }) => sum + pattern.length, 0);

const countAll = (values: GateValues): number =>
  gateValueKinds.reduce((sum, kind) => sum + values[kind].scores.length, 0);

const countHashes = (values: GateValues): number =>
  hashKinds.reduce((sum, kind) => sum + values[kind].scores.length, 0);

/** How many rules, bytes or ids there are for each one that is needed; when it is below 1, values have to be left out. */
export type Room = number;

const patternKinds = {
  hashes: hashKinds,
  domains: ['name'],
  cidr: addressKinds,
} as const satisfies Record<PatternKind, readonly GateKind[]>;

/**
 * Returns the gates of nodes.
 * @throws Error on a node without an id, or without that of its parent: the engine would load it as rule 0, and never
 * reach it.
 */
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

/**
 * Returns the tree of a field, or how much room there is when the ids are not enough; undefined with nothing to
 * match.
 */
export function toTree(
  field: EventField,
  growers: Growers,
  { ids: range, prefix }: TreeOptions,
): GateTree | Room | undefined {
  const gates: Gate[] = [];
  for (const kind of field.patterns === null ? [] : patternKinds[field.patterns]) {
    const name = toSpanName(field.key, kind);
    if (name === undefined) continue;
    const nodes = growers[kind](field, prefix);
    const span = toSpan(range, name);
    const ids = assignIds(nodes, span, isHashKind(kind));
    if (ids === null) return Math.min(span.size / nodes.length, 0.9);
    for (const gate of toGates(nodes, ids)) gates.push(gate);
  }
  return gates.length === 0 ? undefined : { field: field.key, gates };
}

/** What makes the nodes of a kind for a field. @param prefix of hashes: how many digits a gate compares. */
export type Growers = Record<GateKind, (field: EventField, prefix: number) => Node[]>;

/** Returns a function that keeps the last nodes of each key, and makes them anew when they are made in another way. */
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

/** Returns functions for the nodes of each kind, which are made once for all fields that need the same ones. */
function toGrowers(values: GateValues, isExactOnly: ExactOnly): Growers {
  const once = toOnce();
  const growHashes =
    (kind: HashKind) =>
    (_: EventField, prefix: number): Node[] =>
      once(kind, String(prefix), () => growHashNodes(kind, values[kind], prefix));
  const growNetworks =
    (family: AddressKind) =>
    ({ spelling, ruleField }: EventField): Node[] => {
      const form = staticFields.has(ruleField) ? 'elements' : spelling;
      return once(`${family} ${form}`, '', () => growFamily(family, values, form));
    };
  return {
    ...byKey(hashKinds, growHashes),
    ipv4: growNetworks('ipv4'),
    ipv6: growNetworks('ipv6'),
    name: ({ spelling, ruleField }) => {
      const style = toNameStyle(spelling);
      const most = staticFields.has(ruleField) ? maxStaticPatternBytes : maxPatternBytes;
      return once(`name ${style} ${most}`, '', () =>
        growNameNodes(values.name.texts(), isExactOnly, nameStyles[style], most),
      );
    },
  };
}

/** How a field of addresses spells those in networks; `hex`: a dual-stack socket shows an IPv4 address as two groups. */
const networkSpellings: Partial<Record<Spelling, NetworkSpelling & { readonly hex: boolean }>> = {
  'sysmon-address': { ipv6: 'expanded', mapped: false, hex: true },
  'any-address': { ipv6: 'any', mapped: true, hex: true },
  'log-address': { ipv6: 'padded', mapped: false, hex: false },
  'mapped-log-address': { ipv6: 'padded', mapped: true, hex: false },
};

/**
 * An IPv4 network is one of mapped IPv6 addresses, too. Single IPv4 addresses are in the list in every spelling that the
 * list can have; the dotted mapped one is of fields that have it.
 */
function growFamily(family: AddressKind, values: GateValues, form: Spelling | 'elements'): Node[] {
  const ipv4 = values['ipv4-network'].texts();
  const ipv6 = values['ipv6-network'].texts();
  if (form === 'elements') return growElementNodes(family, family === 'ipv4' ? ipv4 : ipv6);
  const spelling = networkSpellings[form];
  if (spelling === undefined) return [];
  if (family === 'ipv6') {
    const own = growNetworkNodes('ipv6', ipv6, spelling);
    return spelling.hex ? joinTrees(own, growMappedNodes(ipv4, spelling.mapped)) : own;
  }
  const single = spelling.mapped ? values.ipv4.texts().map(toAddressNetwork) : [];
  return growNetworkNodes('ipv4', [...ipv4, ...single], spelling);
}

/** Returns two trees as one; the indexes of the parents in the second one are moved by the length of the first. */
function joinTrees(first: readonly Node[], second: readonly Node[]): Node[] {
  const moved = second.map((node) => ({
    ...node,
    parent: node.parent === -1 ? -1 : node.parent + first.length,
  }));
  return [...first, ...moved];
}
