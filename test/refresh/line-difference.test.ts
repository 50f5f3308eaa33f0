import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findChangedPart, findLineDifference } from '../../src/refresh/line-difference.ts';

const lines = fc
  .uniqueArray(fc.stringMatching(/^[a-d0-3]{1,3}$/), { maxLength: 40 })
  .map((list) => list.sort());

test('of sorted lines exactly those that come and go, whatever the two have in common', () => {
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const { added, removed, ...counts } = findLineDifference(before, after);
      expect(counts).toEqual({ before: before.length, after: after.length });
      expect(added.first).toEqual(after.filter((line) => !before.includes(line)));
      expect(removed.first).toEqual(before.filter((line) => !after.includes(line)));
      expect([added.count, removed.count]).toEqual([added.first.length, removed.first.length]);
    }),
  );
});

test('of a million lines the first are held and all are counted', () => {
  function* numbers() {
    for (let number = 1_000_000; number < 1_020_000; number += 1) yield String(number);
  }
  const { added, after } = findLineDifference([], numbers());
  expect(after).toBe(20_000);
  expect(added.count).toBe(20_000);
  expect(added.first).toHaveLength(10_000);
});

test('of lines in no order all between the first and the last that differ', () => {
  expect(findChangedPart(['a', 'b', 'c', 'd'], ['a', 'x', 'y', 'd'])).toEqual({
    before: 4,
    after: 4,
    added: { count: 2, first: ['x', 'y'] },
    removed: { count: 2, first: ['b', 'c'] },
  });
  expect(findChangedPart(['a', 'a'], ['a', 'a', 'a']).added).toEqual({ count: 1, first: ['a'] });
  expect(findChangedPart(['a'], []).removed).toEqual({ count: 1, first: ['a'] });
});
