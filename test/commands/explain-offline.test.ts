import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { Explanation } from '../../src/commands/explain/steps.ts';
import { alienVault, icsCsirt, referenceLabels, tlpRed } from '../platform/data/references.ts';
import { writeIndicator, writeObservable } from '../platform/data/written.ts';
import { quick, type SetUp, setUp } from '../refresh/support/set-up.ts';

// Each test waits for half a dozen commands, one after the other.
vi.setConfig({ testTimeout: 120_000 });

const jarm = referenceLabels.find(({ value }) => value === 'jarm')?.id ?? '';
const sha256 = 'ab'.repeat(32);
const md5 = 'cd'.repeat(16);
const sha1 = 'ef'.repeat(20);
const sha512 = '1f'.repeat(64);
const name = (id: string, value: string, more: object = {}) =>
  writeObservable({ id, entity_type: 'Domain-Name', value, createdBy: alienVault, ...more });
const soon = (milliseconds: number) => new Date(Date.now() + milliseconds).toISOString();

const data = {
  documented: false,
  written: {
    observables: [
      name('o-in', 'EVIL[.]com.', { x_opencti_score: 60, objectLabel: [jarm] }),
      name('o-red', 'red.evil.org', { objectMarking: [tlpRed] }),
      name('o-low', 'low.evil.org', { x_opencti_score: 10 }),
      name('o-dead', 'dead.evil.org'),
      writeObservable({
        id: 'o-file',
        entity_type: 'StixFile',
        hashes: [
          { algorithm: 'SHA256', hash: sha256 },
          { algorithm: 'MD5', hash: md5 },
        ],
      }),
      writeObservable({
        id: 'o-other',
        entity_type: 'StixFile',
        hashes: [
          { algorithm: 'SHA-1', hash: sha1 },
          { algorithm: 'SHA-512', hash: sha512 },
        ],
      }),
      writeObservable({ id: 'o-net', entity_type: 'IPv4-Addr', value: '31.13.64.9/22' }),
    ],
    indicators: [
      writeIndicator({
        id: 'i-in',
        pattern: "[hostname:value = 'evil.com']",
        x_opencti_score: 80,
        createdBy: icsCsirt,
        valid_from: '2024-01-01T00:00:00.000Z',
        valid_until: soon(1e10),
      }),
      writeIndicator({
        id: 'i-dead',
        pattern: "[domain-name:value = 'dead.evil.org']",
        valid_until: '2021-01-01T00:00:00.000Z',
      }),
      writeIndicator({ id: 'i-md5', pattern: `[file:hashes.MD5 = '${md5}']`, revoked: true }),
      writeIndicator({ id: 'i-other', pattern: `[file:hashes.'SHA-512' = '${sha512}']`, revoked: true }),
      writeIndicator({ id: 'i-named', pattern: "[domain-name:value = 'named.evil.org'] REPEATS 2 TIMES" }),
      writeIndicator({
        id: 'i-dead-named',
        pattern: "[domain-name:value = 'low.evil.org' AND url:value = 'http://low.evil.org/x']",
        revoked: true,
      }),
      writeIndicator({
        id: 'i-long',
        pattern: `[${Array.from({ length: 30 }, (_, at) => `domain-name:value = 'n${at}.long.evil.org'`).join(' OR ')}]`,
      }),
    ],
  },
};
const section =
  'select: { labels: { any: [jarm, ja3s] }, markings: { tlp_max: "tlp:amber" }, authors: { out: [Ada Demo] } }';
const values = [
  'evil.com',
  'red.evil.org',
  'low.evil.org',
  'dead.evil.org',
  sha256,
  md5,
  '31.13.64.0/22',
  'no.evil.net',
  sha1,
  'named.evil.org',
];

async function explain({ run }: SetUp, value: string, ...more: string[]): Promise<Explanation> {
  const { stdout, stderr } = await run(['explain', value, '--json', ...more]);
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Explanation;
}

/** Returns an explanation without the parts that depend on the source: its name, and what it cannot have. */
function toStory({ steps, ...story }: Explanation, source: RegExp) {
  const told = steps.filter(({ step }) => step !== 'limits');
  return { ...story, steps: told.map(({ step, text }) => ({ step, text: text.replace(source, 'SOURCE') })) };
}

test.each(['', section])('the record of a refresh tells what OpenCTI would tell: %s', async (config) => {
  const site = await setUp({ data, config });
  await site.refresh();
  const before = site.server.requests.length;
  const offline = await Promise.all(values.map((value) => explain(site, value, '--offline')));
  expect(site.server.requests.length).toBe(before);
  for (const [index, value] of values.entries()) {
    const live = await explain(site, value);
    const story = toStory(offline[index] as Explanation, /the record of the run of 20[^ ]+/);
    expect(story).toEqual(toStory(live, /OpenCTI [\d.]+ at [^ ]+/));
  }
  expect(offline.map(({ decision, reason }) => reason ?? decision)).toEqual(
    config === ''
      ? [
          'in',
          'in',
          'revoked',
          'expired',
          'revoked',
          'revoked',
          'in',
          'unknown',
          'revoked',
          'pattern-qualifier',
        ]
      : [
          'in',
          'filtered-label',
          'revoked',
          'expired',
          // The file is outside of the filters, so it joins nothing.
          'filtered-label',
          'revoked',
          'filtered-label',
          'unknown',
          'filtered-label',
          'pattern-qualifier',
        ],
  );
});

test('it says what it cannot know, and of when it is', async () => {
  const site = await setUp({ data });
  await site.refresh();
  site.server.data.observables.add(name('o-new', 'new.evil.org'));
  const { steps, decision } = await explain(site, 'new.evil.org', '--offline');
  expect(decision).toBe('unknown');
  expect(steps.at(1)?.text).toMatch(/^the record of the run of 20\S+Z has no object of it\.$/);
  expect(steps.at(-1)).toEqual({
    step: 'limits',
    text: expect.stringContaining('It cannot know what came, changed or went since'),
  });
});

test('configuration and clock are those of now, as for a live question', async () => {
  const site = await setUp({ data });
  await site.refresh();
  site.configure(`${quick}select: { min_score: 90 }\n`);
  expect(await explain(site, 'evil.com', '--offline')).toMatchObject({
    decision: 'out',
    reason: 'low-score',
  });
  const later = await site.run(['explain', 'evil.com', '--offline', '--json'], {
    before: ['faketime', '+1 year'],
  });
  expect(JSON.parse(later.stdout)).toMatchObject({ decision: 'out', reason: 'expired' });
});

test('a label that no object has is not in the record: nothing has it', async () => {
  const site = await setUp({ data });
  await site.refresh();
  site.configure(`${quick}select: { labels: { any: [nobody's] } }\n`);
  expect(await explain(site, 'red.evil.org', '--offline')).toMatchObject({ reason: 'filtered-label' });
});

test('a live question finds by the record what no search finds', async () => {
  const site = await setUp({ data });
  await site.refresh();
  expect((await explain(site, 'n29.long.evil.org')).objects.map(({ id }) => id)).toEqual(['i-long']);
  expect((await explain(site, sha256)).objects.map(({ id }) => id).sort()).toEqual(['i-md5', 'o-file']);
  const record = join(site.manager.home, 'var/opencti-wazuh/state/platform.record');
  expect(existsSync(record)).toBe(true);
  rmSync(record);
  // What decided is found by the list, too; offline the lists answer alone.
  expect((await explain(site, 'n29.long.evil.org')).objects.map(({ id }) => id)).toEqual(['i-long']);
  const offline = await explain(site, 'evil.com', '--offline');
  expect(offline).toMatchObject({ decision: 'in', objects: [], lists: [{ id: 'i-in' }, { id: 'i-in' }] });
  expect(offline.steps.at(-1)?.text).toContain(
    'Without a record the published lists and gates answer alone.',
  );
});
