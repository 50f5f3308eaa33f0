import { describe, expect, it } from 'vitest';
import { toTree } from '../../../src/compile/gates/field-tree.ts';
import type { Node } from '../../../src/compile/gates/grow.ts';
import { assignIds, toRootId, toSpan, toSpanName } from '../../../src/compile/gates/ids.ts';

const range = { from: 800_000, to: 899_999 };

const node = (depth: number, symbols: string, partial = 0): Node => ({
  depth,
  symbols,
  partial,
  parent: -1,
  pattern: '',
  leaf: true,
});

const fields = [
  'win_hashes',
  'win_stream',
  'linux_hashes',
  'win_query',
  'win_address',
  'linux_address',
] as const;
const kinds = ['sha256', 'sha1', 'md5', 'name', 'ipv4', 'ipv6'] as const;
const spanNames = fields
  .flatMap((field) => kinds.map((kind) => toSpanName(field, kind)))
  .filter((name) => name !== undefined);

describe('the spans of the range', () => {
  it.each([range, { from: 100_000, to: 100_999 }, { from: 5, to: 12_345 }])(
    'do not touch each other in %j',
    (ids) => {
      const spans = ['roots' as const, ...spanNames]
        .map((name) => toSpan(ids, name))
        .sort((a, b) => a.first - b.first);
      expect(spans).toHaveLength(15);
      let next = ids.from;
      for (const { first, size } of spans) {
        expect(first).toBe(next);
        next = first + size;
      }
      expect(next).toBe(ids.to + 1);
    },
  );

  it('are where they have always been', () => {
    expect(toSpan(range, 'win_hashes/sha256')).toEqual({ first: 801_000, size: 5_000 });
    expect(toSpan(range, 'win_query/name')).toEqual({ first: 846_000, size: 40_000 });
    expect(toSpan(range, 'linux_address/ipv6')).toEqual({ first: 896_000, size: 4_000 });
    expect(fields.map((field) => toRootId(range, field))).toEqual([
      800_000, 800_001, 800_002, 800_003, 800_004, 800_005,
    ]);
  });

  it('are none for a kind that the field does not have', () => {
    expect(toSpanName('win_query', 'md5')).toBeUndefined();
    expect(toSpanName('win_address', 'name')).toBeUndefined();
  });
});

describe('the ids of hash gates', () => {
  const span = { first: 1_000, size: 5_000 };

  it('number the places as a binary heap does', () => {
    const nodes = [node(0, ''), node(3, '', 5), node(6, 'A', 1), node(11, 'FF', 7)];
    expect(assignIds(nodes, span, true)).toEqual([1_001, 1_013, 1_105, 1_000 + 4_095]);
  });

  it('lie behind these for places that are deeper', () => {
    const ids = assignIds([node(12, 'FFF'), node(13, 'FFF', 1)], span, true);
    for (const id of ids ?? [0]) expect(id >= 1_000 + 4_096 && id < 6_000).toBe(true);
  });
});

describe('the ids of other gates', () => {
  const span = { first: 1_000, size: 300 };
  const nodes = Array.from({ length: 250 }, (_, at) => node(6 + (at % 3), `x${at}`));
  const ids = assignIds(nodes, span, false) ?? [];

  it('are in the span, none twice', () => {
    expect(new Set(ids).size).toBe(250);
    for (const id of ids) expect(id >= 1_000 && id < 1_300).toBe(true);
  });

  it('do not depend on the order in which the gates come', () => {
    expect(assignIds([...nodes].reverse(), span, false)).toEqual([...ids].reverse());
  });

  it('do not move for gates that are further from the root', () => {
    const deeper = Array.from({ length: 50 }, (_, at) => node(30, `y${at}`));
    expect(assignIds([...deeper, ...nodes], span, false)?.slice(50)).toEqual(ids);
  });

  it('are none when there are more gates than ids', () => {
    expect(assignIds(nodes, { first: 1, size: 249 }, false)).toBeNull();
    expect(assignIds(nodes, { first: 1, size: 250 }, false)).toHaveLength(250);
    expect(assignIds(nodes, { first: 1, size: 0 }, false)).toBeNull();
  });
});

describe('the gates of a field', () => {
  const none = (): Node[] => [];
  const treeOf = (nodes: Node[]) =>
    toTree(
      'win_query',
      { sha256: none, sha1: none, md5: none, ipv4: none, ipv6: none, name: () => nodes },
      range,
    );

  it('hang under each other by their ids, and the first ones under the root', () => {
    const tree = treeOf([node(6, 'a'), { ...node(12, 'ab'), parent: 0 }]);
    if (typeof tree !== 'object') throw new Error('no tree');
    const [first, second] = tree.gates;
    expect(first?.parent).toBe(tree.root.id);
    expect(second?.parent).toBe(first?.id);
  });

  it('are an error, and no rule 0, when a parent is not there', () => {
    expect(() => treeOf([{ ...node(6, 'a'), parent: 7 }])).toThrow('gate 7 of 1 has no id');
  });
});
