import { describe, expect, it, test } from 'vitest';
import type { GateOptions, GatePlan } from '../../../src/compile/gates/compile-gates.ts';
import { estimateGates, prefixSteps } from '../../../src/compile/gates/hashes.ts';
import { compile, makeHashes, makeNames, matcherOf, scored, treeOf } from './values.ts';

const hashes = makeHashes('sha256', 60_000);
const fields = ['win_hashes', 'win_stream'] as const;

/** What the trees take at this prefix, if there is room for all. */
function bytesAt(prefix: number, count = hashes.length): number {
  return compile({ sha256: scored(hashes.slice(0, count)) }, { fields, prefix }).bytes;
}

const choose = (options: Partial<GateOptions>, count = hashes.length): GatePlan =>
  compile({ sha256: scored(hashes.slice(0, count)) }, { fields, prefix: 'auto', ...options });

describe('the prefix by the room that there is', () => {
  const steps = [12, 16, 20, 24, 32, 64];

  it('is one of these lengths', () => {
    expect([...prefixSteps]).toEqual(steps);
  });

  it.each(steps)('is %i digits where these fit, and no longer one does', (prefix) => {
    const bytes = bytesAt(prefix);
    expect(choose({ maxBytes: Math.ceil(bytes * 1.01) })).toMatchObject({ prefix, bytes, cutFields: [] });
    const shorter = steps[steps.indexOf(prefix) - 1] ?? 12;
    expect(choose({ maxBytes: bytes - 1 })).toMatchObject({ prefix: shorter });
  });

  it('is shorter where the rules are few', () => {
    const { rules } = compile({ sha256: scored(hashes) }, { fields, prefix: 20 });
    expect(choose({ maxRules: rules }).prefix).toBe(20);
    expect(choose({ maxRules: rules - 1 }).prefix).toBeLessThan(20);
  });

  it('counts the trees that are on, and what the other trees take', () => {
    const maxBytes = Math.ceil(bytesAt(20) * 1.01);
    expect(choose({ maxBytes }).prefix).toBe(20);
    expect(choose({ maxBytes, fields: ['win_hashes'] }).prefix).toBe(32);
    const names = compile({ name: scored(makeNames(20_000)) }, { fields: ['win_query'] });
    const withNames = (limit: number) =>
      compile(
        { sha256: scored(hashes), name: scored(makeNames(20_000)) },
        { fields: [...fields, 'win_query'], maxBytes: limit },
      );
    expect(withNames(maxBytes).prefix).toBeLessThan(20);
    expect(withNames(maxBytes + names.bytes).prefix).toBe(20);
  });

  it('is 64 digits where there are no hashes, and the shortest where the names alone take the room', () => {
    const name = scored(makeNames(5_000));
    expect(compile({ name }).prefix).toBe(64);
    const { bytes } = compile({ name });
    const plan = compile({ name, sha256: scored(hashes.slice(0, 100)) }, { maxBytes: bytes + 1_000 });
    expect(plan.prefix).toBe(12);
  });

  it.each([1, 3, 3_000, 20_000, 60_000])('is estimated within a hundredth for %i hashes', (count) => {
    const values = scored(hashes.slice(0, count));
    for (const prefix of prefixSteps) {
      const plan = compile({ sha256: values }, { fields: ['win_hashes'], prefix });
      const { bytes } = estimateGates('sha256', count, prefix);
      expect(Math.abs(bytes - plan.bytes), `${prefix} digits`).toBeLessThan(Math.max(plan.bytes * 0.01, 20));
    }
  });
});

describe('a prefix that was chosen before', () => {
  const maxBytes = bytesAt(20, 30_000);

  /** The prefixes of a site whose number of hashes changes, each set after the one before. */
  const follow = (counts: readonly number[]): number[] => {
    let earlierPrefix: number | null = null;
    return counts.map((count) => {
      earlierPrefix = choose({ maxBytes, earlierPrefix }, count).prefix;
      return earlierPrefix;
    });
  };

  it('stays while it fits, and grows with twice the room only', () => {
    // 20 digits of 30,000 hashes take all of the room, and so 16 of 15 / 19 more of them.
    expect(follow([29_900, 30_500, 29_900, 20_000, 30_500, 36_000])).toEqual([20, 16, 16, 16, 16, 16]);
    // Half of 30,000 hashes take half of the room at 20 digits: then they come back, and stay.
    expect(follow([30_500, 14_500, 29_900, 30_500])).toEqual([16, 20, 20, 16]);
  });

  it('does not flutter while the number of hashes does', () => {
    const counts = Array.from({ length: 6 }, (_, at) => 30_000 + (at % 2 === 0 ? -400 : 400));
    expect(follow(counts)).toEqual([20, ...Array(5).fill(16)]);
    const growing = Array.from({ length: 12 }, (_, at) => 5_000 * (at + 1));
    const shrinking = growing.toReversed();
    const up = follow(growing);
    const down = follow(shrinking).toReversed();
    expect(up).toEqual(up.toSorted((a, b) => b - a));
    expect(down).toEqual(down.toSorted((a, b) => b - a));
    // On the way down a longer one comes late.
    for (const [at, prefix] of up.entries()) expect(down[at]).toBeLessThanOrEqual(prefix);
    expect(down).not.toEqual(up);
  });

  it('does not matter to one that the configuration names', () => {
    expect(choose({ prefix: 24, earlierPrefix: 12 }).prefix).toBe(24);
  });

  it('leaves the gates as they were while it stays', () => {
    const before = choose({ maxBytes, earlierPrefix: 16 }, 20_000);
    const after = choose({ maxBytes, earlierPrefix: 16 }, 20_001);
    const patterns = new Set(treeOf(before, 'win_hashes').gates.map(({ pattern }) => pattern));
    const changed = treeOf(after, 'win_hashes').gates.filter(({ pattern }) => !patterns.has(pattern));
    expect(changed.length).toBeLessThanOrEqual(3);
  });
});

describe('what is given up for room, in this order', () => {
  const all = [...fields, 'win_query'] as const;
  const names = makeNames(3_000);
  const values = { sha256: scored(hashes), name: scored(names, 90) };
  const cut = (options: Partial<GateOptions>): GatePlan => compile(values, { fields: all, ...options });
  const shortest = cut({ prefix: 12 });
  const withoutStream = cut({ prefix: 12, fields: ['win_hashes', 'win_query'] });

  test('digits of the prefix, while the trees fit with 12', () => {
    const plan = cut({ maxBytes: shortest.bytes });
    expect(plan).toEqual(shortest);
    expect(plan).toMatchObject({ prefix: 12, cutFields: [] });
  });

  test('then the tree of event 15, whole, and the plan says so', () => {
    const plan = cut({ maxBytes: shortest.bytes - 1 });
    expect(plan).toEqual({ ...withoutStream, cutFields: ['win_stream'] });
    expect(Object.values(plan.leftOut)).toEqual(Array(7).fill(0));
    expect(cut({ maxBytes: withoutStream.bytes })).toEqual(plan);
  });

  test('then the values of the lowest scores, beside that tree', () => {
    const plan = cut({ maxBytes: withoutStream.bytes - 1 });
    expect(plan).toMatchObject({ prefix: 12, cutFields: ['win_stream'] });
    expect(plan.leftOut.sha256).toBeGreaterThan(0);
    expect(plan.leftOut.sha256).toBeLessThan(6_000);
    expect(plan.leftOut.name).toBe(0);
    const matches = matcherOf(plan, 'win_hashes');
    const matched = hashes.filter((_, at) => at % 20 === 0 && matches(`SHA256=${hashes[at]?.toUpperCase()}`));
    expect(matched.length).toBeLessThan(3_000);
    expect(matched.length).toBeGreaterThan(2_700);
  });

  test('a prefix that the configuration names stays: the tree of event 15 goes first', () => {
    const long = cut({ prefix: 32 });
    const plan = cut({ prefix: 32, maxBytes: long.bytes - 1 });
    expect(plan).toMatchObject({ prefix: 32, cutFields: ['win_stream'] });
    expect(Object.values(plan.leftOut)).toEqual(Array(7).fill(0));
  });

  test('no tree of hashes is cut where there are no hashes: only names go', () => {
    const name = scored(makeNames(20_000));
    const whole = compile({ name }, { fields: all });
    const plan = compile({ name }, { fields: all, maxBytes: Math.floor(whole.bytes / 2) });
    expect(plan.cutFields).toEqual([]);
    expect(plan.leftOut.name).toBeGreaterThan(8_000);
  });
});
