import { findTooLarge } from '../../wazuh/pcre2-size.ts';
import { maxPatternBytes } from './gate.ts';

/** More values than this never fit into a useful leaf below `maxPatternBytes`, so they are not rendered at all. */
const maxLeafValues = 2_600;

/**
 * The keys of a tree, and how it is made from them. A key is a string of symbols of `symbolBits` bits each, and so a string
 * of bits: a place in a binary tree. The keys are sorted, without duplicates, and none is the beginning of another one.
 */
export interface TreeShape {
  readonly keys: readonly string[];
  readonly symbolBits: number;
  /** Returns the symbol of a character: a number below 2 ** symbolBits; symbols have the order of the characters. */
  readonly toSymbol: (characterCode: number) => number;
  /** Returns whether a place of this many bits that is too big for a leaf has a gate of its own. */
  readonly isInner: (depth: number) => boolean;
  /** Returns the pattern that matches all values whose keys begin with the first `depth` bits of the key. */
  readonly innerPattern: (key: string, depth: number) => string;
  readonly leafPattern: (keys: readonly string[]) => string;
  /** A pattern of a leaf has fewer bytes. Default: `maxPatternBytes`. */
  readonly maxBytes?: number;
}

/** A gate before it has an id. */
export interface Node {
  /**
   * The place in the binary tree: the number of its bits; its whole symbols are in `symbols`, the other bits in
   * `partial`.
   */
  readonly depth: number;
  readonly symbols: string;
  readonly partial: number;
  /** The index of the parent's node, or -1 for the root of the field. */
  readonly parent: number;
  readonly pattern: string;
  readonly leaf: boolean;
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly depth: number;
  readonly parent: number;
}

function symbolAt(shape: TreeShape, key: string, depth: number): number {
  const at = Math.floor(depth / shape.symbolBits);
  return at < key.length ? shape.toSymbol(key.charCodeAt(at)) : 0;
}

function bitAt(shape: TreeShape, index: number, depth: number): number {
  const shift = shape.symbolBits - 1 - (depth % shape.symbolBits);
  return (symbolAt(shape, shape.keys[index] ?? '', depth) >> shift) & 1;
}

/** Returns the first key of the range with the bit 1 at `depth`. */
function splitAt(shape: TreeShape, range: Range): number {
  let low = range.from;
  let high = range.to;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bitAt(shape, middle, range.depth) === 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function toNode(shape: TreeShape, range: Range, pattern: string, leaf: boolean): Node {
  const key = shape.keys[range.from] ?? '';
  const bits = range.depth % shape.symbolBits;
  return {
    depth: range.depth,
    symbols: key.slice(0, (range.depth - bits) / shape.symbolBits),
    partial: symbolAt(shape, key, range.depth) >> (shape.symbolBits - bits),
    parent: range.parent,
    pattern,
    leaf,
  };
}

function renderLeaf(shape: TreeShape, range: Range): string | null {
  const count = range.to - range.from;
  if (count > maxLeafValues) return null;
  const pattern = shape.leafPattern(shape.keys.slice(range.from, range.to));
  return fitsOneElement(pattern, shape.maxBytes) || count === 1 ? pattern : null;
}

/**
 * Returns whether a pattern fits into one element. Its compiled size counts, too: networks have classes and repeats, which
 * compile to four times their text and more.
 */
function fitsOneElement(pattern: string, maxBytes = maxPatternBytes): boolean {
  return pattern.length < maxBytes && findTooLarge(pattern) === null;
}

/**
 * Returns the gates for a set of keys, parents before children. A place of the binary tree is a leaf when its values fit
 * into one element, otherwise it is halved. Whether it fits depends on its own values alone, and the pattern of
 * a gate that is not a leaf on its place alone: so a gate without new values never changes.
 */
export function growNodes(shape: TreeShape): Node[] {
  const nodes: Node[] = [];
  const waiting: Range[] = [{ from: 0, to: shape.keys.length, depth: 0, parent: -1 }];
  for (let range = waiting.pop(); range; range = waiting.pop()) {
    if (range.from === range.to) continue;
    const leaf = renderLeaf(shape, range);
    if (leaf !== null) {
      nodes.push(toNode(shape, range, leaf, true));
      continue;
    }
    let { parent } = range;
    if (shape.isInner(range.depth)) {
      const pattern = shape.innerPattern(shape.keys[range.from] ?? '', range.depth);
      parent = nodes.push(toNode(shape, range, pattern, false)) - 1;
    }
    const middle = splitAt(shape, range);
    const depth = range.depth + 1;
    waiting.push(
      { from: middle, to: range.to, depth, parent },
      { from: range.from, to: middle, depth, parent },
    );
  }
  return nodes;
}
