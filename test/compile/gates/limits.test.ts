import { describe, expect, it } from 'vitest';
import type { GateOptions } from '../../../src/compile/gates/compile-gates.ts';
import { toKeeper, toScoredValues } from '../../../src/compile/gates/keep-best.ts';
import { compile, makeHashes, makeNames, matcherOf, scored } from './values.ts';

const set = (...entries: [string, number][]) => toScoredValues(entries);

describe('toScoredValues', () => {
  it('sorts, and keeps the better score of a value that comes twice', () => {
    const { texts, scores } = set(['b', 10], ['a', 70], ['c', 0], ['b', 60], ['a', 20]);
    expect(texts()).toEqual(['a', 'b', 'c']);
    expect([...scores]).toEqual([70, 60, 0]);
  });

  it.each([
    [255, 255],
    [256, 255],
    [300, 255],
    [1e9, 255],
    [-1, 0],
    [-300, 0],
  ])('makes a score of %i a %i, so that none wraps around', (score, kept) => {
    expect([...set(['a', score]).scores]).toEqual([kept]);
  });

  it('keeps the better score below zero too', () => {
    expect([...set(['a', -5], ['a', 3], ['b', -5]).scores]).toEqual([3, 0]);
  });
});

describe('a keeper', () => {
  const first = set(['a', 90], ['b', 50], ['c', 50], ['d', 50], ['e', 50], ['f', 10]);
  const second = set(['p', 100], ['q', 50], ['r', 50], ['s', 0]);

  it.each([
    [10, ['a', 'b', 'c', 'd', 'e', 'f'], ['p', 'q', 'r', 's']],
    [9, ['a', 'b', 'c', 'd', 'e', 'f'], ['p', 'q', 'r']],
    [8, ['a', 'b', 'c', 'd', 'e'], ['p', 'q', 'r']],
    [5, ['a', 'b', 'c'], ['p', 'q']],
    [2, ['a'], ['p']],
    [1, [], ['p']],
    [0, [], []],
  ])('%i of ten', (count, one, other) => {
    const keep = toKeeper([first, second], count);
    expect(keep(first).texts()).toEqual(one);
    expect(keep(second).texts()).toEqual(other);
  });

  it('keeps each score with its value', () => {
    const all = set(['a', 1], ['b', 9], ['c', 5]);
    const kept = toKeeper([all], 2)(all);
    expect(kept.texts()).toEqual(['b', 'c']);
    expect(kept.scores).toEqual(Uint8Array.of(9, 5));
  });
});

describe('a limit', () => {
  const good = makeHashes('sha256', 5_000);
  const poor = makeHashes('sha256', 20_000, 1);
  const names = makeNames(5_000);
  const values = {
    sha256: toScoredValues([
      ...good.map((hash): [string, number] => [hash, 90]),
      ...poor.map((hash): [string, number] => [hash, 55]),
    ]),
    name: scored(names, 90),
  };
  const fields = ['win_hashes', 'win_query'] as const;
  const prefix = 16;

  it.each<[string, Partial<GateOptions>]>([
    ['rules', { maxRules: 40 }],
    ['bytes', { maxBytes: 250_000 }],
  ])('of %s lets the best scores in and counts the rest', (_, limit) => {
    const plan = compile(values, { fields, prefix, ...limit });
    expect(plan.rules).toBeLessThanOrEqual(limit.maxRules ?? Number.POSITIVE_INFINITY);
    expect(plan.bytes).toBeLessThanOrEqual(limit.maxBytes ?? Number.POSITIVE_INFINITY);
    expect(plan.leftOut).toEqual({
      sha256: expect.any(Number),
      sha1: 0,
      md5: 0,
      name: 0,
      ipv4: 0,
      'ipv4-network': 0,
      'ipv6-network': 0,
    });
    expect(plan.leftOut.sha256).toBeGreaterThan(5_000);
    expect(plan.leftOut.sha256).toBeLessThan(20_000);
    const matches = matcherOf(plan, 'win_hashes');
    const isIn = (hash: string): boolean => matches(`SHA256=${hash.toUpperCase()}`);
    expect(good.filter(isIn)).toHaveLength(5_000);
    expect(poor.filter(isIn)).toHaveLength(20_000 - plan.leftOut.sha256);
    const matchesName = matcherOf(plan, 'win_query');
    expect(names.filter(matchesName)).toHaveLength(5_000);
  });

  it('that nothing is over leaves nothing out', () => {
    const { leftOut } = compile(values, { fields, prefix });
    expect(Object.values(leftOut)).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });

  it('of no rules makes no tree', () => {
    const plan = compile(values, { fields, prefix, maxRules: 0 });
    expect(plan).toMatchObject({ trees: [], rules: 0, bytes: 0, exactOnly: [] });
    expect(plan.leftOut).toMatchObject({ sha256: 25_000, name: 5_000 });
  });

  it('of ids counts as one of rules', () => {
    const plan = compile(values, { fields, prefix, ids: { from: 700_000, to: 700_099 } });
    const ids = plan.trees.flatMap(({ gates }) => gates.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id >= 700_000 && id <= 700_099).toBe(true);
    expect(plan.leftOut.sha256).toBeGreaterThan(15_000);
    expect(plan.trees).not.toHaveLength(0);
  });
});

describe('nothing to match', () => {
  it('makes no tree', () => {
    expect(compile({})).toMatchObject({ trees: [], rules: 0, bytes: 0 });
  });

  it('makes no tree for the fields of other values', () => {
    const { trees } = compile({ md5: scored(makeHashes('md5', 3)) });
    expect(trees.map(({ field }) => field)).toEqual(['win_hashes', 'win_stream']);
  });
});
