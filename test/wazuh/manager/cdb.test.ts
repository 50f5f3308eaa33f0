import { execFileSync } from 'node:child_process';
import { closeSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { holdFolder, openFile } from '../../../src/files/held.ts';
import { type CdbRecord, holdsLines, readCdbHead, readCdbRecords } from '../../../src/wazuh/engine/cdb.ts';
import { formatListLine } from '../../../src/wazuh/list.ts';
import { makeFolder } from '../../support/folder.ts';
import { runs } from '../../support/runs.ts';

/** Written by Debian's `cdb`. */
function write(folder: string, entries: readonly (readonly [string, string])[]): void {
  const input = `${entries.map(([key, value]) => `+${Buffer.byteLength(key)},${Buffer.byteLength(value)}:${key}->${value}\n`).join('')}\n`;
  execFileSync('cdb', ['-c', join(folder, 'list.cdb')], { input });
}

function read(
  folder: string,
): { keys: number; records: CdbRecord[]; holds: (lines: string[]) => boolean } | null {
  const held = holdFolder(folder);
  const file = openFile(held, 'list.cdb');
  if (file === null) throw new Error('no file');
  const head = readCdbHead(file);
  const found = head && {
    keys: head.keys,
    records: [...readCdbRecords(file, head)],
    holds: (lines: string[]) => {
      const again = openFile(held, 'list.cdb');
      if (again === null) throw new Error('no file');
      const result = holdsLines(again, head, [Buffer.from(lines.map((line) => `${line}\n`).join(''))]);
      closeSync(again.descriptor);
      return result;
    },
  };
  closeSync(file.descriptor);
  return found;
}

test('what another program has written is read back, key by key', () => {
  const folder = makeFolder();
  const text = fc.string({ unit: fc.constantFrom(...'abcdefXYZ0189.-_='), minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(text, text), { maxLength: 60, selector: ([key]) => key }),
      (entries) => {
        write(folder, entries);
        const found = read(folder);
        expect(found?.keys).toBe(entries.length);
        expect(found?.records).toEqual(entries.map(([key, value]) => ({ key, value })));
        const lines = entries.map(([key, value]) => formatListLine({ key, value }));
        expect(found?.holds(lines)).toBe(true);
        expect(found?.holds([...lines, 'one:more'])).toBe(false);
        if (lines.length > 0) expect(found?.holds(lines.slice(1))).toBe(false);
        if (lines.length > 0) expect(found?.holds([...lines.slice(1), 'another:id'])).toBe(false);
      },
    ),
    { numRuns: runs(20) },
  );
});

test('a database of many windows', () => {
  const folder = makeFolder();
  const entries = Array.from(
    { length: 60_000 },
    (_, index) => [`key-${index}`.padEnd(30, 'x'), `id-${index}`] as const,
  );
  write(folder, entries);
  const found = read(folder);
  expect(found?.keys).toBe(60_000);
  expect(found?.records.at(-1)).toEqual({ key: entries.at(-1)?.[0], value: 'id-59999' });
  expect(found?.holds(entries.map(([key, value]) => `${key}:${value}`))).toBe(true);
});

test('a quoted key is compared as the engine has it', () => {
  const folder = makeFolder();
  write(folder, [['2001:db8:0:0:0:0:0:1', 'a6']]);
  expect(read(folder)?.holds(['"2001:db8:0:0:0:0:0:1":a6'])).toBe(true);
  expect(read(folder)?.holds(['2001:db8:0:0:0:0:0:1:a6'])).toBe(false);
});

test.each([
  ['a quoted value', 'a:"1"', [['a', '1']], true],
  ['a quoted value, kept with its quotes', 'a:"1"', [['a', '"1"']], false],
  ['a carriage return', 'a:1\r', [['a', '1']], true],
  ['a carriage return that was kept', 'a:1\r', [['a', '1\r']], false],
  ['a colon in a value', 'a:b:1', [['a', 'b:1']], true],
  ['a colon in a key without quotes', 'a:b:1', [['a:b', '1']], false],
  ['a blank before a quote', ' "a":1', [['a', '1']], true],
  ['an empty key', ':1', [['', '1']], true],
  ['a longer value', 'a:12', [['a', '1']], false],
  ['a shorter value', 'a:', [['a', '1']], false],
  ['letters beyond ASCII', 'é:ü', [['é', 'ü']], true],
] as const)('%s is read as the engine does', (_, line, entries, holds) => {
  const folder = makeFolder();
  write(folder, entries);
  expect(read(folder)?.holds([line])).toBe(holds);
});

test('lines that are cut into chunks, and a last one without an end', () => {
  const folder = makeFolder();
  write(folder, [
    ['a', '1'],
    ['b', '2'],
    ['c', '3'],
  ]);
  const file = openFile(holdFolder(folder), 'list.cdb') ?? expect.fail('no file');
  const head = readCdbHead(file) ?? expect.fail('no head');
  const holds = (...chunks: string[]) =>
    holdsLines(
      file,
      head,
      chunks.map((chunk) => Buffer.from(chunk)),
    );
  expect(holds('a:1\nb:2\n', 'c:3\n')).toBe(true);
  expect(holds('a:1\n', 'b:2\nc:3')).toBe(true);
  expect(holds('a:1\n', 'b:2\n')).toBe(false);
  expect(holds()).toBe(false);
  closeSync(file.descriptor);
});

test.each([
  ['empty', (file: string) => writeFileSync(file, '')],
  ['shorter than a head', (file: string) => truncateSync(file, 2_047)],
  ['cut behind the head', (file: string) => truncateSync(file, readFileSync(file).length - 1)],
  ['longer than its tables say', (file: string) => writeFileSync(file, 'x', { flag: 'a' })],
  ['something else', (file: string) => writeFileSync(file, 'x'.repeat(5_000))],
])('a file that is %s is no whole database', (_, spoil) => {
  const folder = makeFolder();
  write(folder, [
    ['a', '1'],
    ['b', '2'],
  ]);
  spoil(join(folder, 'list.cdb'));
  expect(read(folder)).toBeNull();
});
