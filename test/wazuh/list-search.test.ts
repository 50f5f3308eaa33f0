import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findInList } from '../../src/wazuh/list.ts';
import { runs } from '../support/runs.ts';

const folder = mkdtempSync(join(tmpdir(), 'opencti-wazuh-list-'));
const file = join(folder, 'list');

function write(...lines: string[]): string {
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  return file;
}

test('finds the first, a middle and the last line, and nothing between', () => {
  write('"2a00:1450:0:0:0:0:0:1":6', 'a.b.com:1', 'a.b:2', 'aa.com:3', 'b.com:4', 'z.com:5');
  expect(
    ['2a00:1450:0:0:0:0:0:1', 'a.b.com', 'a.b', 'aa.com', 'b.com', 'z.com'].map((key) =>
      findInList(file, key),
    ),
  ).toEqual(['6', '1', '2', '3', '4', '5']);
  for (const key of ['', 'a', 'a.', 'a.b.co', 'a.b.comm', 'aaa', 'zz.com', '0', '2a00', 'A.B'])
    expect(findInList(file, key)).toBeNull();
});

test('an empty list holds nothing', () => {
  expect(findInList(write(), 'a.com')).toBeNull();
});

test('a last line without an end is a line', () => {
  writeFileSync(file, 'a.com:1\nb.com:2');
  expect(findInList(file, 'b.com')).toBe('2');
});

test('a line longer than the window', () => {
  write(`a:${'x'.repeat(50_000)}`, `b:${'y'.repeat(60_000)}`, 'c:1');
  expect(findInList(file, 'b')).toBe('y'.repeat(60_000));
  expect(findInList(file, 'c')).toBe('1');
});

test('a list that is not there is an error of the system', () => {
  expect(() => findInList(join(folder, 'none'), 'a')).toThrow(/ENOENT/);
});

test('a file that is shorter than it was when it was opened holds nothing', () => {
  // The kernel reports a page as the size of such a file, and gives a few bytes.
  const shorter = '/sys/devices/system/cpu/online';
  expect(statSync(shorter).size).toBeGreaterThan(readFileSync(shorter).length);
  expect(findInList(shorter, 'never')).toBeNull();
});

test('agrees with a map on any list', () => {
  const key = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-', '0', '='), minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(fc.uniqueArray(key, { maxLength: 200 }), fc.array(key, { maxLength: 20 }), (keys, others) => {
      write(...keys.map((text, index) => `${text}:${index}`).sort());
      const map = new Map(keys.map((text, index) => [text, String(index)]));
      for (const text of [...keys, ...others]) expect(findInList(file, text)).toBe(map.get(text) ?? null);
    }),
    { numRuns: runs(50) },
  );
});
