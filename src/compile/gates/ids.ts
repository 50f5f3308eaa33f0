import type { AddressKind, HashKind } from '../../values/kinds.ts';
import type { FieldKey } from '../../wazuh/fields.ts';
import type { Node } from './grow.ts';

/** The ids that the gates may take, both ends included. */
export interface IdRange {
  readonly from: number;
  readonly to: number;
}

/**
 * How a gate gets its id, so that no gate changes the id of another one:
 *
 * - The range is cut into spans by the fixed table below, one for each field and kind of value, whatever is compiled. A new
 *   field takes its span from the reserve, so the spans before it do not change.
 * - Each gate has a place, a string of bits, that depends on the values that it matches and not on its neighbours.
 * - A hash gate has the id of its place, as a binary heap numbers them, as long as `2 ** (depth + 1)` places fit into the
 *   span. Hashes are spread evenly, so that is true for all of them (4,096 ids, 11 bits, up to four million hashes).
 * - For every other gate a hash of its place gives an id in the span, and the gate takes the next free one. Gates nearer to
 *   the root choose first, so that the parts of a leaf that was split, which are further away, do not change the ids that
 *   are there. A new gate can change the id of a gate of its own depth only when both hash to the same ids.
 */
const shares = {
  'win_hashes/sha256': 4_608,
  'win_hashes/sha1': 4_608,
  'win_hashes/md5': 4_608,
  'win_stream/sha256': 4_608,
  'win_stream/sha1': 4_608,
  'win_stream/md5': 4_608,
  'win_query/name': 16_000,
  'win_address/ipv4': 2_000,
  'win_address/ipv6': 2_000,
  'linux_address/ipv4': 2_000,
  'linux_address/ipv6': 2_000,
  reserve: 38_352,
} as const;

export type SpanName = Exclude<keyof typeof shares, 'reserve'>;
export type GateKind = HashKind | AddressKind | 'name';

const allShares = Object.values(shares).reduce((sum: number, share) => sum + share, 0);

/** The fields that have pattern gates: their lists cannot have every spelling. */
export const gateFields = [
  'win_hashes',
  'win_stream',
  'win_query',
  'win_address',
  'linux_address',
] as const satisfies readonly FieldKey[];

export type GateField = (typeof gateFields)[number];

export interface Span {
  readonly first: number;
  readonly size: number;
}

export function toSpan(range: IdRange, name: SpanName): Span {
  const size = range.to - range.from + 1;
  const names = Object.keys(shares) as SpanName[];
  const before = names.slice(0, names.indexOf(name)).reduce((sum, other) => sum + shares[other], 0);
  const toOffset = (share: number): number => Math.floor((size * share) / allShares);
  const first = toOffset(before);
  return { first: range.from + first, size: toOffset(before + shares[name]) - first };
}

export function toSpanName(field: GateField, kind: GateKind): SpanName | undefined {
  const name = `${field}/${kind}`;
  return name in shares ? (name as SpanName) : undefined;
}

const placeOf = (node: Node): string => `${node.depth}/${node.symbols}/${node.partial}`;

/** Returns the FNV-1a hash of 32 bits. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash >>> 0;
}

/** Returns the number of a place in a tree of hex digits, where the root has 1; undefined when it is too deep. */
function heapIndex(node: Node, places: number): number | undefined {
  if (2 ** (node.depth + 1) > places) return undefined;
  const digits = node.symbols === '' ? 0 : Number.parseInt(node.symbols, 16);
  return 2 ** node.depth + digits * 2 ** (node.depth % 4) + node.partial;
}

const byDepthThenPlace = (a: readonly [Node, string], b: readonly [Node, string]): number =>
  a[0].depth - b[0].depth || (a[1] < b[1] ? -1 : 1);

/** Returns offsets in the span for the nodes without a number of their own. */
function probe(nodes: readonly Node[], first: number, size: number): Map<Node, number> {
  const places = nodes.map((node): [Node, string] => [node, placeOf(node)]).sort(byDepthThenPlace);
  const taken = new Set<number>();
  const offsets = new Map<Node, number>();
  for (const [node, place] of places) {
    let offset = hashText(place) % size;
    while (taken.has(offset)) offset = (offset + 1) % size;
    taken.add(offset);
    offsets.set(node, first + offset);
  }
  return offsets;
}

function toOffset(node: Node, offset: number | undefined): number {
  if (offset === undefined) throw new Error(`no id for the gate at ${placeOf(node)}`);
  return offset;
}

/** Returns an id for each node; null when the span is too small. @param hashes whether the places are hex digits. */
export function assignIds(nodes: readonly Node[], span: Span, hashes: boolean): number[] | null {
  const places = hashes ? 2 ** Math.floor(Math.log2(Math.max(span.size, 1))) : 0;
  const deep = nodes.filter((node) => heapIndex(node, places) === undefined);
  if (deep.length > span.size - places) return null;
  const offsets = probe(deep, places, span.size - places);
  return nodes.map((node) => span.first + toOffset(node, heapIndex(node, places) ?? offsets.get(node)));
}
