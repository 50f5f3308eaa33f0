import { describe, expect, it } from 'vitest';
import { toTree } from '../../../src/compile/gates/compile-gates.ts';
import type { Node } from '../../../src/compile/gates/grow.ts';
import { assignIds, gateFields, toSpan, toSpanName } from '../../../src/compile/gates/ids.ts';
import { allFields } from '../../../src/wazuh/fields.ts';
import { blockSizes, documentedBlocks } from '../../../src/wazuh/rule-ids.ts';

const range = { from: 810_000, to: 899_999 };

const node = (depth: number, symbols: string, partial = 0): Node => ({
  depth,
  symbols,
  partial,
  parent: -1,
  pattern: '',
  leaf: true,
});

const kinds = ['sha256', 'sha1', 'md5', 'name', 'ipv4', 'ipv6'] as const;
const spanNames = gateFields
  .flatMap((field) => kinds.map((kind) => toSpanName(field, kind)))
  .filter((name) => name !== undefined);

describe('the spans of the range', () => {
  it.each([range, { from: 100_000, to: 100_999 }, { from: 5, to: 12_345 }])(
    'do not touch each other in %j',
    (ids) => {
      const spans = spanNames.map((name) => toSpan(ids, name)).sort((a, b) => a.first - b.first);
      expect(spans).toHaveLength(107);
      let next = ids.from;
      for (const { first, size } of spans) {
        expect(first).toBe(next);
        next = first + size;
      }
      // The rest is the reserve, of which a new field takes its spans.
      const reserve = (ids.to + 1 - next) / (ids.to + 1 - ids.from);
      expect(reserve).toBeGreaterThan(0.062);
      expect(reserve).toBeLessThan(0.0631);
    },
  );

  it('are where they have always been', () => {
    const first = spanNames.map((name) => [name, toSpan(range, name)] as const);
    first.sort(([, a], [, b]) => a.first - b.first);
    expect(first.slice(0, 11)).toEqual([
      ['win_hashes/sha256', { first: 810_000, size: 4_608 }],
      ['win_hashes/sha1', { first: 814_608, size: 4_608 }],
      ['win_hashes/md5', { first: 819_216, size: 4_608 }],
      ['win_stream/sha256', { first: 823_824, size: 4_608 }],
      ['win_stream/sha1', { first: 828_432, size: 4_608 }],
      ['win_stream/md5', { first: 833_040, size: 4_608 }],
      ['win_query/name', { first: 837_648, size: 16_000 }],
      ['win_address/ipv4', { first: 853_648, size: 2_000 }],
      ['win_address/ipv6', { first: 855_648, size: 2_000 }],
      ['linux_address/ipv4', { first: 857_648, size: 2_000 }],
      ['linux_address/ipv6', { first: 859_648, size: 2_000 }],
    ]);
  });

  it('of the other sources are in a file, which is never to be changed but at its end', async () => {
    const lines = spanNames.map((name) => ({ name, ...toSpan(range, name) }));
    lines.sort((a, b) => a.first - b.first);
    const text = lines.map(({ name, first, size }) => `${first} ${size} ${name}\n`).join('');
    await expect(text).toMatchFileSnapshot('spans.txt');
  });

  it('are 90,000 ids in all, from 810000 on', () => {
    expect(documentedBlocks.gates).toBe(range.from);
    expect(blockSizes.gates).toBe(range.to + 1 - range.from);
  });

  it('are none for a kind that the field does not have', () => {
    expect(toSpanName('win_query', 'md5')).toBeUndefined();
    expect(toSpanName('win_address', 'name')).toBeUndefined();
  });
});

describe('the ids of hash gates', () => {
  const span = { first: 1_000, size: 4_608 };

  it('number the places as a binary heap does', () => {
    const nodes = [node(0, ''), node(3, '', 5), node(6, 'A', 1), node(11, 'FF', 7)];
    expect(assignIds(nodes, span, true)).toEqual([1_001, 1_013, 1_105, 1_000 + 4_095]);
  });

  it('lie behind these for places that are deeper', () => {
    const ids = assignIds([node(12, 'FFF'), node(13, 'FFF', 1)], span, true);
    for (const id of ids ?? [0]) expect(id >= 1_000 + 4_096 && id < 5_608).toBe(true);
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
  const queryField = allFields.find(({ key }) => key === 'win_query') ?? expect.fail('no such field');
  const treeOf = (nodes: Node[]) =>
    toTree(
      queryField,
      { sha256: none, sha1: none, md5: none, ipv4: none, ipv6: none, name: () => nodes },
      { ids: range, prefix: 12 },
    );

  it('hang under each other by their ids, and the first ones under the roots of the field', () => {
    const tree = treeOf([node(6, 'a'), { ...node(12, 'ab'), parent: 0 }, node(6, 'b')]);
    if (typeof tree !== 'object') throw new Error('no tree');
    const [first, second, third] = tree.gates;
    expect(first?.parent).toBeNull();
    expect(second?.parent).toBe(first?.id);
    expect(third?.parent).toBeNull();
  });

  it('are an error, and no rule 0, when a parent is not there', () => {
    expect(() => treeOf([{ ...node(6, 'a'), parent: 7 }])).toThrow('gate 7 of 1 has no id');
  });
});
