import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { expectedOwner } from '../fake-manager/fake-manager.ts';
import { dirtyIndicators, dirtyObservables, expectedLines } from '../support/dirty-platform.ts';
import { setUp } from './support/set-up.ts';

const dirty = { documented: false, written: { observables: dirtyObservables, indicators: dirtyIndicators } };

test('from OpenCTI into the memory of the engine', async () => {
  const { manager, run } = await setUp({ data: dirty });
  const result = await run(['refresh']);
  expect(result.stderr.split('\n').filter((line) => !/ read \d/.test(line))).toEqual(['']);
  expect(result.code).toBe(0);
  expect(manager.asked).toEqual(['reload']);
  for (const [list, lines] of Object.entries(expectedLines)) {
    expect(manager.readFiles()[`lists/${list}`]).toBe(lines.map((line) => `${line}\n`).join(''));
    expect(manager.engine.loaded?.lists.get(`etc/lists/${list}`)?.size).toBe(lines.length);
  }
  expect(Object.keys(manager.readFiles()).sort()).toEqual(
    [
      ...Object.keys(expectedLines).map((list) => `lists/${list}`),
      'decoders/zz-opencti-decoder.xml',
      'rules/zz-opencti-1-gates.xml',
      'rules/zz-opencti-2-rules.xml',
    ].sort(),
  );
});
