import { appendFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { followFile } from '../../src/commands/selftest/alerts.ts';
import { makeFolder } from '../support/folder.ts';

test('what stood there is passed over, and lines come when they are whole', () => {
  const path = join(makeFolder(), 'alerts.json');
  writeFileSync(path, 'before\nhalf');
  const file = followFile(path);
  appendFileSync(path, ' a line\nnext: gr\u00fc');
  expect(file.readLines()).toEqual([' a line']);
  expect(file.readLines()).toEqual([]);
  const bytes = Buffer.from('\u00dfe\n');
  appendFileSync(path, bytes.subarray(0, 1));
  expect(file.readLines()).toEqual([]);
  appendFileSync(path, bytes.subarray(1));
  expect(file.readLines()).toEqual(['next: gr\u00fc\u00dfe']);
  file.close();
});

test('at midnight the rest of the old file is read, and the new one from its beginning', () => {
  const path = join(makeFolder(), 'alerts.json');
  writeFileSync(path, 'x\n'.repeat(10));
  const file = followFile(path);
  appendFileSync(path, 'late\n');
  renameSync(path, `${path}.1`);
  expect(file.readLines()).toEqual(['late']);
  appendFileSync(`${path}.1`, 'later\n');
  // Longer than the old one was.
  writeFileSync(path, `first\n${'y'.repeat(100)}\n`);
  expect(file.readLines()).toEqual(['later', 'first', 'y'.repeat(100)]);
  rmSync(path);
  writeFileSync(path, 'again\n');
  expect(file.readLines()).toEqual(['again']);
  file.close();
});

test('a file that is emptied in its place, and one that comes later', () => {
  const path = join(makeFolder(), 'alerts.json');
  const file = followFile(path);
  expect(file.readLines()).toEqual([]);
  writeFileSync(path, 'one\ntwo\n');
  expect(file.readLines()).toEqual(['one', 'two']);
  truncateSync(path);
  expect(file.readLines()).toEqual([]);
  appendFileSync(path, 'three\n');
  expect(file.readLines()).toEqual(['three']);
  file.close();
});
