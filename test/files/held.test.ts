import { mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { holdFolder, withTruePath } from '../../src/files/held.ts';
import { makeFolder } from '../support/folder.ts';

function failAt(path: string): Error & { readonly path?: string } {
  try {
    openSync(path, 'r');
  } catch (error) {
    return error as Error;
  }
  throw new Error(`${path} is there`);
}

test('the error of a call through a descriptor names the place that a person knows', () => {
  const home = makeFolder();
  mkdirSync(join(home, 'etc'));
  const folder = holdFolder(join(home, 'etc'));
  const error = failAt(folder.at('none'));
  expect(error.message).toContain('/proc/self/fd/');
  const told = withTruePath(error);
  folder.close();
  expect(told).toBe(error);
  expect(error.message).toBe(`ENOENT: no such file or directory, open '${home}/etc/none'`);
  expect(error.path).toBe(`${home}/etc/none`);
});

test('an error of the platform is left alone', () => {
  const abort = AbortSignal.abort().reason as DOMException;
  expect(withTruePath(abort)).toBe(abort);
  expect(abort.message).toBe('This operation was aborted');
  expect(withTruePath('text')).toBe('text');
});
