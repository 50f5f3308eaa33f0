import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findChangedPart, findLineDifference } from '../../src/files/line-difference.ts';
import { runs } from '../support/runs.ts';

const canary = ':canary';
const line = fc
  .tuple(fc.stringMatching(/^[a-d0-3]{1,3}$/), fc.constantFrom('', '', ':id', canary))
  .map(([key, end]) => `${key}${end}`);
const lines = fc.uniqueArray(line, { maxLength: 40 }).map((list) => list.sort());

/** Cut anywhere, the same buffer each time, as files are read. */
function* toChunks(list: readonly string[], size: number, isEnded = true): Generator<Buffer> {
  const text = Buffer.from(list.map((each) => `${each}\n`).join(''));
  const whole = isEnded ? text : text.subarray(0, -1);
  const chunk = Buffer.alloc(size);
  for (let at = 0; at < whole.length; at += size) yield chunk.subarray(0, whole.copy(chunk, 0, at));
}

test('of sorted lines exactly those that come and go, whatever the two have in common', () => {
  const cut = fc.integer({ min: 1, max: 80 });
  fc.assert(
    fc.property(lines, lines, cut, cut, fc.boolean(), (before, after, one, other, isEnded) => {
      const ofOpenCti = (list: readonly string[]) => list.filter((each) => !each.endsWith(canary));
      const [old, now] = [ofOpenCti(before), ofOpenCti(after)];
      const { added, removed, ...counts } = findLineDifference(
        toChunks(before, one, isEnded),
        toChunks(after, other),
        { ignored: canary },
      );
      expect(counts).toEqual({ before: old.length, after: now.length });
      expect(added.first).toEqual(now.filter((each) => !before.includes(each)));
      expect(removed.first).toEqual(old.filter((each) => !after.includes(each)));
      expect([added.count, removed.count]).toEqual([added.first.length, removed.first.length]);
    }),
    { numRuns: runs(600) },
  );
});

test('long stretches that are equal, with a line that comes, goes and changes', () => {
  const all = Array.from({ length: 30_000 }, (_, number) => `key-${String(number).padStart(6, '0')}:id`);
  const changed = all.map((each, number) => (number === 20_000 ? each.replace(':id', ':other') : each));
  const now = [
    ...changed.slice(0, 10),
    'key-000009a:id',
    ...changed.slice(10, 29_000),
    ...changed.slice(29_001),
  ];
  expect(findLineDifference(toChunks(all, 4_096), toChunks(now, 1_000), { ignored: canary })).toMatchObject({
    before: 30_000,
    after: 30_000,
    added: { count: 2, first: ['key-000009a:id', 'key-020000:other'] },
    removed: { count: 2, first: ['key-020000:id', 'key-029000:id'] },
  });
});

test('lines with the same key are the same line', () => {
  const key = fc.constantFrom('a.com', 'a.com.br', 'a-b.com', '"2a02:0:1"', 'SHA1=AB', 'z');
  const list = fc.uniqueArray(key, { maxLength: 6 }).map((keys) => keys.map((each) => `${each}:id`).sort());
  const keyOf = (each: string) => each.slice(0, each.lastIndexOf(':') + 1);
  const cut = fc.integer({ min: 1, max: 80 });
  fc.assert(
    fc.property(list, list, cut, (before, after, size) => {
      const other = after.map((each) => each.replace(/:id$/, ':other'));
      const found = findLineDifference(toChunks(before, size), toChunks(other, size), { keyOf });
      const keys = (lines: readonly string[]) => lines.map(keyOf);
      expect(found.added.first.map(keyOf)).toEqual(
        keys(after).filter((each) => !keys(before).includes(each)),
      );
      expect(found.removed.first.map(keyOf)).toEqual(
        keys(before).filter((each) => !keys(after).includes(each)),
      );
      expect([found.before, found.after]).toEqual([before.length, after.length]);
    }),
  );
});

test('of a million lines the first are held and all are counted', () => {
  const numbers = Array.from({ length: 20_000 }, (_, number) => String(1_000_000 + number));
  const { added, after } = findLineDifference([], toChunks(numbers, 65_536));
  expect(after).toBe(20_000);
  expect(added.count).toBe(20_000);
  expect(added.first).toEqual(numbers.slice(0, 10_000));
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
