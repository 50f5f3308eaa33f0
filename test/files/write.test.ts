import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { holdFolder } from '../../src/files/held.ts';
import { replaceFile, replaceText } from '../../src/files/write.ts';
import { makeFolder } from '../support/folder.ts';
import { onFrozenDisk } from '../support/frozen-disk.ts';

const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

test('killed at each call, a file that is replaced has the old or the new text, and the next one takes its place', async () => {
  const path = makeFolder();
  const folder = holdFolder(path);
  const read = () => readFileSync(join(path, 'state'), 'utf8');
  const parts = ['new', ' ', 'text'].map((part) => Buffer.from(part));
  const work = () => replaceFile(folder, 'state', parts, owner);
  const { calls } = await onFrozenDisk(Number.POSITIVE_INFINITY, work);
  expect(read()).toBe('new text');
  const found = [];
  for (let count = 0; count < calls.length; count += 1) {
    replaceText(folder, 'state', 'old text', owner);
    await onFrozenDisk(count, work);
    found.push(read());
    replaceText(folder, 'state', 'next', owner);
    expect(read()).toBe('next');
    expect(readdirSync(path)).toEqual(['state']);
  }
  expect(found.join()).toMatch(/^(?:old text,)+(?:new text,?)+$/);
  folder.close();
});
