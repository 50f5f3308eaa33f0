import { expect, test } from 'vitest';
import { toListingFinder } from '../../src/compile/select.ts';
import { createValueStore } from '../../src/store/value-store.ts';
import { toObservable } from '../../src/values/door.ts';
import type { ObservableKind } from '../../src/values/kinds.ts';
import { isSkip } from '../../src/values/skip-reasons.ts';
import { createValueIndex, parseListedValue } from '../../src/values/value-lists.ts';

const toMd5 = (number: number) => String(number).padStart(32, 'a');
const listed = [toMd5(7), toMd5(999_999), 'listed.evil.net', '31.0.0.0/24'];

test.each([20, 5_000])('of %i hashes and a few others, those are found that are listed', (count) => {
  const index = createValueIndex(
    listed.map((text, line) => ({
      meaning: parseListedValue(text) ?? expect.fail(text),
      list: 'allow.txt',
      isAllowFile: true,
      line: line + 1,
    })),
  );
  const values = createValueStore();
  const add = (kind: 'md5' | 'sha1' | 'name' | 'ipv4', text: string) => {
    const observable = toObservable({ kind, text });
    return values.intern(isSkip(observable) ? expect.fail(text) : observable);
  };
  for (let number = 0; number < count; number += 1) add('md5', toMd5(number));
  // The same digits under another algorithm are too few for it, and a longer hash that begins alike is another one.
  add('sha1', `${toMd5(7)}01234567`);
  add('name', 'listed.evil.net');
  add('name', 'other.evil.net');
  add('ipv4', '31.0.0.9');
  add('ipv4', '31.0.1.9');
  values.sort();
  const find = toListingFinder(values, index);
  const found = Array.from({ length: values.size }, (_, value): [ObservableKind, string, number | null] => [
    values.kindAt(value),
    values.textAt(value),
    find(value)?.line ?? null,
  ]).filter(([, , line]) => line !== null);
  expect(found).toEqual([
    ['md5', toMd5(7), 1],
    ['ipv4', '31.0.0.9', 4],
    ['name', 'listed.evil.net', 3],
  ]);
});
