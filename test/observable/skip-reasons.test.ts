import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type SkipReason, skipReasons } from '../../src/observable/skip-reasons.ts';

const all = Object.entries(skipReasons);

/** What each group of reasons has in common; every reason is in one of them. */
const groups: Readonly<Record<string, readonly SkipReason[]>> = {
  'The text is no value, or one that never tells good from bad': [
    'malformed-hash',
    'malformed-address',
    'malformed-name',
    'single-label',
    'public-suffix',
    'special-use-name',
    'name-is-address',
    'not-global',
    'multicast',
    'platform-address',
    'empty-file',
    'placeholder-hash',
    'network',
    'network-too-large',
  ],
  'The object or pattern says nothing that an event could show': [
    'malformed-id',
    'unused-algorithm',
    'unused-object',
    'pattern-type',
    'pattern-syntax',
    'pattern-operator',
    'pattern-literal',
    'pattern-negated',
    'pattern-and',
    'pattern-sequence',
    'pattern-qualifier',
  ],
  'The decision': ['revoked', 'expired', 'no-score', 'low-score'],
  'Filters and lists of the site': [
    'filtered-kind',
    'filtered-label',
    'filtered-marking',
    'filtered-author',
    'filtered-age',
    'barred-label',
    'no-detection',
    'low-confidence',
    'no-indicator',
    'allowed',
    'warning-list',
  ],
};

function renderPage(): string {
  const sections = Object.entries(groups).map(([title, reasons]) => {
    const rows = reasons.map(
      (reason) => `| \`${reason}\` | ${skipReasons[reason].why} | ${skipReasons[reason].what} |`,
    );
    return [`## ${title}`, '', '| reason | why | what to do |', '|---|---|---|', ...rows, ''].join('\n');
  });
  return [
    '# Why a value is not compiled',
    '',
    '<!-- Made of src/observable/skip-reasons.ts by a test; `npx vitest run test/observable/skip-reasons.test.ts -u` writes it. -->',
    '',
    'The closed set. Summaries, reports, manifests and `opencti-wazuh explain` use these names; none is ever renamed.',
    '',
    ...sections,
  ].join('\n');
}

test('the page is made of the table', async () => {
  await expect(renderPage()).toMatchFileSnapshot(join(import.meta.dirname, '../../docs/skip-reasons.md'));
});

test('every reason is in one group', () => {
  expect(Object.values(groups).flat().sort()).toEqual(all.map(([reason]) => reason).sort());
});

test.each(all)('%s has one sentence, and one that says what to do', (reason, { why, what }) => {
  expect(reason).toMatch(/^[a-z]+(-[a-z]+)*$/);
  expect(why).toMatch(/^[A-Z][^|\n]*\.$/);
  expect(why.match(/[.:;]( |$)/g)?.filter((stop) => stop.startsWith('.'))).toHaveLength(1);
  expect(what).toMatch(/^[A-Z][^|\n]*\.$/);
});
