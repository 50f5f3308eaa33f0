import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readLastEvents } from '../../src/wazuh/log-end.ts';
import { makeFolder } from '../support/folder.ts';

const megabyte = 2 ** 20;

function readAll(text: string, most?: number): string[] {
  const home = makeFolder();
  mkdirSync(join(home, 'logs/alerts'), { recursive: true });
  writeFileSync(join(home, 'logs/alerts/alerts.json'), text, 'latin1');
  return [...readLastEvents(home, 'alerts', most)];
}

test('lines come whole, wherever what is read at once ends', () => {
  const lines = Array.from({ length: 5_000 }, (_, index) => `${index} ${'\xe9'.repeat(index % 700)}`);
  const text = `${lines.join('\n')}\n`;
  expect(text.length).toBeGreaterThan(megabyte);
  expect(readAll(text)).toEqual(lines);
  // The last one is being written.
  expect(readAll(`${text}{"a`)).toEqual([...lines, '{"a']);
});

test('of a longer file the end is read, without the line that it cuts', () => {
  expect(readAll('first\nsecond\nthird\n', 10)).toEqual(['third']);
  expect(readAll('first\nsecond\nthird\n', 19)).toEqual(['first', 'second', 'third']);
  expect(readAll('first\nsecond\nthird\n', 3)).toEqual([]);
});

test('canaries of the selftest and empty lines are left out, and so is a line without an end', () => {
  expect(readAll('a\n\n{"value":"opencti-selftest.example"}\nb\n')).toEqual(['a', 'b']);
  const endless = 'x'.repeat(3 * megabyte);
  expect(readAll(`a\n${endless}\nb\n`)).toEqual(['a', 'b']);
});

test('a file that is not there has no lines', () => {
  expect([...readLastEvents(makeFolder(), 'archives')]).toEqual([]);
});
