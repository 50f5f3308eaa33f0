import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { skipReasons } from '../../src/values/skip-reasons.ts';

const all = Object.entries(skipReasons);

const page = join(import.meta.dirname, '../../docs/messages.md');

/** The last section of the page, with one row for each reason, sorted by its name. */
function renderSection(): string {
  const sorted = all.toSorted(([one], [other]) => (one < other ? -1 : 1));
  const rows = sorted.map(([reason, { why, what }]) => `| \`${reason}\` | ${why} | ${what} |`);
  return [
    '## Why a value is not compiled',
    '',
    '<!-- A test makes this section of the table in the code; `npx vitest run skip-reasons -u` writes it. -->',
    '',
    'Summaries, reports, manifests and `opencti-wazuh explain` use these names. The set is closed, and no name is ever changed.',
    '',
    '| reason | why | what to do |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

test('the section of docs/messages.md is made of the table', async () => {
  const [before = '', section, ...more] = readFileSync(page, 'utf8').split(
    /^(?=## Why a value is not compiled$)/m,
  );
  expect(section, 'the heading of the section').toBeDefined();
  expect(more).toEqual([]);
  await expect(before + renderSection()).toMatchFileSnapshot(page);
});

test.each(all)('%s has one sentence, and one that says what to do', (reason, { why, what }) => {
  expect(reason).toMatch(/^[a-z]+(-[a-z]+)*$/);
  expect(why).toMatch(/^[A-Z][^|\n]*\.$/);
  expect(why.match(/[.:;]( |$)/g)?.filter((stop) => stop.startsWith('.'))).toHaveLength(1);
  expect(what).toMatch(/^[A-Z][^|\n]*\.$/);
});
