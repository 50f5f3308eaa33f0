import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dumpCdb, makeCdb } from './cdb.ts';
import { makeFolder } from './folder.ts';

type Entries = readonly (readonly [string, string])[];

const toInput = (entries: Entries) =>
  `${entries.map(([key, value]) => `+${Buffer.byteLength(key)},${Buffer.byteLength(value)}:${key}->${value}\n`).join('')}\n`;

/** Keys with the same slots, keys that are there twice, and empty ones. */
const text = fc.string({ unit: fc.constantFrom(...'ab.:"-=>+,\u00e9'), maxLength: 12 });
const entriesOf = (maxLength: number) => fc.array(fc.tuple(text, text), { maxLength });

const generated: [string, Entries][] = fc
  .sample(entriesOf(300), { numRuns: 25, seed: 1 })
  .map((entries, index) => [`sample ${index + 1}`, entries]);
const many: Entries = Array.from({ length: 20_000 }, (_, index) => [`10.0.${index}`, `id-${index % 7}`]);

test.each([['none', []], ...generated, ['20,000', many]])(
  "a database is that of Debian's cdb to the byte, and is read as it reads it: %s",
  (_, entries) => {
    const folder = makeFolder();
    const database = join(folder, 'list.cdb');
    execFileSync('cdb', ['-c', database], { input: toInput(entries) });
    const made = makeCdb(entries);
    expect(made.equals(readFileSync(database))).toBe(true);
    expect(dumpCdb(made)).toEqual(entries);
    writeFileSync(database, made);
    expect(execFileSync('cdb', ['-d', database], { encoding: 'utf8', maxBuffer: 2 ** 30 })).toBe(
      toInput(entries),
    );
  },
);
