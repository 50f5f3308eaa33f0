import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createFolderTarget } from '../../src/files/folder-set.ts';
import { hashOf } from '../../src/files/write.ts';
import { makeFolder } from '../support/folder.ts';

test('a file of a folder as it is now: what is in the way is there and empty, so that a set can take it away', () => {
  const folder = makeFolder();
  mkdirSync(join(folder, 'lists/a-folder'), { recursive: true });
  writeFileSync(join(folder, 'lists/plain'), 'a:1\nb:2');
  writeFileSync(join(folder, 'rules'), 'no folder');
  symlinkSync('nowhere', join(folder, 'lists/dangling'));
  const { current } = createFolderTarget(folder);
  const read = (path: string) => {
    const file = current(path);
    return file && { lines: [...file.lines()], text: Buffer.concat([...file.chunks()]).toString() };
  };
  const empty = { lines: [], text: '' };
  expect(read('lists/plain')).toEqual({ lines: ['a:1', 'b:2'], text: 'a:1\nb:2' });
  expect(current('lists/plain')?.sha256).toBe(hashOf([Buffer.from('a:1\nb:2')]));
  expect(read('lists/a-folder')).toEqual(empty);
  expect(read('lists/dangling')).toEqual(empty);
  expect(read('lists/absent')).toBeNull();
  expect(read('rules/below-a-file')).toBeNull();
  expect(read('decoders/absent')).toBeNull();
});
