import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Explanation } from '../../src/commands/explain/steps.ts';
import type { Subject } from '../../src/values/kinds.ts';
import { builtInDecoders } from '../../src/wazuh/decoder-names.ts';
import { allFields, toActiveFields } from '../../src/wazuh/fields.ts';
import { createDemoData } from '../platform/data/demo-data.ts';
import { alienVault, icsCsirt, referenceLabels, tlpRed } from '../platform/data/references.ts';
import { writeIndicator, writeObservable } from '../platform/data/written.ts';
import { demoToken, type OpenCtiServer, startOpenCti } from '../platform/server.ts';
import { runCli } from '../support/cli.ts';
import { makeFolder } from '../support/folder.ts';
import { makeLastingFolder } from '../support/lasting-folder.ts';

const folder = makeLastingFolder();
const config = join(folder, 'c.yml');
const allow = join(folder, 'allow.txt');
const jarm = referenceLabels.find(({ value }) => value === 'jarm')?.id ?? '';
const md5 = 'cd'.repeat(16);
const sha256 = 'ab'.repeat(32);

/** How many events are looked up by patterns, as long as the configuration names no source. */
function eventsOf(subject: Subject): number {
  const active = toActiveFields(allFields, { switches: {}, decoders: builtInDecoders });
  return active.filter((field) => field.subject === subject).flatMap(({ events }) => events).length;
}

const name = (id: string, value: string, more: object = {}) =>
  writeObservable({ id, entity_type: 'Domain-Name', value, createdBy: alienVault, ...more });

const written = {
  observables: [
    name('o-in', 'EVIL[.]com.', { x_opencti_score: 60, objectLabel: [jarm] }),
    name('o-red', 'red.evil.org', { objectMarking: [tlpRed] }),
    name('o-ok', 'shop.good.com'),
    name('o-low', 'low.evil.org', { x_opencti_score: 10 }),
    name('o-lower', 'lower.evil.org', { x_opencti_score: 10 }),
    name('o-dead', 'dead.evil.org'),
    writeObservable({
      id: 'o-file',
      entity_type: 'StixFile',
      createdBy: icsCsirt,
      hashes: [
        { algorithm: 'SHA-256', hash: sha256 },
        { algorithm: 'MD5', hash: md5 },
      ],
    }),
    name('o-related', 'related.evil.org', { indicators: ['i-related', 'i-yara'] }),
    writeObservable({ id: 'o-net', entity_type: 'IPv4-Addr', value: '31.13.64.9/22' }),
  ],
  indicators: [
    writeIndicator({
      id: 'i-in',
      pattern: "[hostname:value = 'evil.com']",
      x_opencti_score: 80,
      createdBy: icsCsirt,
      valid_from: '2024-01-01T00:00:00.000Z',
      valid_until: '2099-01-01T00:00:00.000Z',
    }),
    writeIndicator({
      id: 'i-dead',
      pattern: "[domain-name:value = 'dead.evil.org']",
      valid_from: '2020-01-01T00:00:00.000Z',
      valid_until: '2021-01-01T00:00:00.000Z',
    }),
    writeIndicator({ id: 'i-related', pattern: "[url:value = 'http://related.evil.org/x']", revoked: true }),
    writeIndicator({
      id: 'i-yara',
      pattern: 'rule a { condition: true }',
      pattern_type: 'yara',
      revoked: true,
    }),
    writeIndicator({ id: 'i-named', pattern: "[domain-name:value = 'named.evil.org'] REPEATS 2 TIMES" }),
    writeIndicator({
      id: 'i-dead-named',
      pattern: "[domain-name:value = 'low.evil.org' AND url:value = 'http://low.evil.org/x']",
      revoked: true,
    }),
    writeIndicator({ id: 'i-md5', pattern: `[file:hashes.MD5 = '${md5}']`, revoked: true }),
  ],
};

let server: OpenCtiServer;

beforeAll(async () => {
  writeFileSync(allow, '# ours\n.good.com\n');
  writeFileSync(config, `select: { markings: { tlp_max: "TLP:AMBER" }, allow_files: [${allow}] }\n`);
  server = await startOpenCti({ data: createDemoData({ documented: false, written }) });
  const result = await runCli(['export', join(folder, 'out'), '--config', config], environment());
  expect(result.code, result.stderr).toBe(0);
  return () => server.close();
});

const environment = () => ({ OPENCTI_URL: server.url, OPENCTI_TOKEN: demoToken });

async function explain(
  value: string,
  ...more: string[]
): Promise<Explanation & { readonly code: number | null }> {
  const args = ['explain', value, '--config', config, '--from', join(folder, 'out'), '--json', ...more];
  const { stdout, stderr, code } = await runCli(args, environment());
  expect(stderr).toBe('');
  return { ...(JSON.parse(stdout) as Explanation), code };
}

test('a value that is in: the whole story, in a stable schema', async () => {
  expect(await explain('Evil.com')).toEqual({
    code: 0,
    value: 'evil.com',
    kind: 'name',
    decision: 'in',
    reason: null,
    steps: [
      { step: 'value', text: '"Evil.com" is evil.com, kind name.' },
      {
        step: 'objects',
        text: `OpenCTI 7.260318.0 at ${server.url}/graphql has 1 indicator and 1 observable of it.`,
      },
      { step: 'decision', text: 'indicator i-in decides, score 80, minimum 50. The value is in.' },
      {
        step: 'published',
        text: expect.stringMatching(/^It is in 1 list, the last one since the run of 20\d\d-.*Z\.$/),
      },
    ],
    objects: [
      {
        id: 'i-in',
        type: 'indicator',
        score: 80,
        author: 'ICS-CSIRT.io',
        labels: [],
        markings: ['TLP:WHITE'],
        valid_from: '2024-01-01T00:00:00.000Z',
        valid_until: '2099-01-01T00:00:00.000Z',
        revoked: false,
        state: 'counts',
        names_only: null,
        decides: true,
      },
      {
        id: 'o-in',
        type: 'observable',
        score: 60,
        author: 'AlienVault',
        labels: ['jarm'],
        markings: ['TLP:WHITE'],
        valid_from: null,
        valid_until: null,
        revoked: false,
        state: 'counts',
        names_only: null,
        decides: false,
      },
    ],
    lists: [
      { list: 'opencti-win-query-name', key: 'evil.com', id: 'i-in', since: expect.stringMatching(/Z$/) },
      { list: 'opencti-win-query-name', key: 'evil.com.', id: 'i-in', since: expect.stringMatching(/Z$/) },
    ],
    gates: [],
    matches: ['a query for evil.com', 'another case (EVIL.COM)', expect.stringContaining('www.evil.com')],
    misses: ['the domain above it', 'a name that only ends like it (notevil.com)'],
  });
});

test.each<[string, Explanation['decision'], Explanation['reason'], RegExp]>([
  [
    'low.evil.org',
    'out',
    'revoked',
    /indicator i-dead-named does not count \(revoked\): It is revoked\.\nindicator i-dead-named names it, but its pattern cannot bring it in \(pattern-and\)/,
  ],
  [
    'lower.evil.org',
    'out',
    'low-score',
    /observable o-lower decides, score 10, minimum 50\. The value is out \(low-score\).*Raise its score/,
  ],
  [
    'named.evil.org',
    'out',
    'pattern-qualifier',
    /indicator i-named names it, but its pattern cannot bring it in/,
  ],
  [
    'related.evil.org',
    'in',
    null,
    /indicator i-related is based on observable o-related, but its pattern names no value of it \(unused-object\), so no refresh counts it\. It is dead \(revoked\): custom-opencti counts that/,
  ],
  ['dead.evil.org', 'out', 'expired', /indicator i-dead does not count \(expired\): Its time is over/],
  [
    'red.evil.org',
    'out',
    'filtered-marking',
    /observable o-red does not count \(filtered-marking\): It has a marking that is not asked for/,
  ],
  ['shop.good.com', 'out', 'allowed', /The allow file .*allow\.txt, line 2 has it\./],
  [sha256, 'out', 'revoked', new RegExp(`It is a file with md5 ${md5}: its hashes are decided together`)],
  ['31.13.64.0/22', 'in', null, RegExp(`gates have it: they match it in ${eventsOf('address')} events\\.`)],
  ['nowhere.evil.net', 'unknown', null, /has no object of it/],
  [
    '8.8.8.8',
    'unknown',
    null,
    /If OpenCTI had one, the value would be out nevertheless \(warning-list\).*\nThe warning list public-resolvers has it\./,
  ],
  [
    'new.good.com',
    'unknown',
    null,
    /would be out nevertheless \(allowed\).*\nThe allow file .*allow\.txt, line 2 has it\./,
  ],
  ['8.0.0.0/8', 'unknown', null, /would be out nevertheless \(network-too-large\): The network has more/],
  [
    'www.evil.com',
    'unknown',
    null,
    RegExp(`in no list, but ${eventsOf('name')} events with it would match by a gate: a value above it`),
  ],
  [
    '10.1.2.3',
    'out',
    'not-global',
    /"10\.1\.2\.3", taken as ipv4, is refused \(not-global\): The address is not globally reachable/,
  ],
  ['a b', 'out', 'malformed-name', /Correct the name in OpenCTI/],
  [
    'hxxps://user@Evil[.]com:8443/a/b?c=d@e#f',
    'out',
    'malformed-name',
    /No event field carries a URL or a port, .* ask with "opencti-wazuh explain evil\.com"\./,
  ],
  ['http://31.13.64.9/x', 'out', 'malformed-address', /ask with "opencti-wazuh explain 31\.13\.64\.9"/],
  ['http://[2a00:1450:4009:81e::200e]:80/', 'out', 'malformed-name', /explain 2a00:1450:4009:81e::200e"/],
  ['evil.com:443', 'out', 'malformed-name', /explain evil\.com"/],
  ['http://printer.local/x', 'out', 'malformed-name', /Correct the name in OpenCTI/],
  ['ab'.repeat(64), 'out', 'malformed-name', /ask for the SHA-256, SHA-1 or MD5 of the file/],
  ['intranet.corp.internal', 'out', 'special-use-name', /set apart by the special-use registry/],
])('%s is %s (%s)', async (value, decision, reason, text) => {
  const explanation = await explain(value);
  expect(explanation).toMatchObject({ decision, reason, code: decision === 'in' ? 0 : 1 });
  expect(explanation.steps.map((step) => step.text).join('\n')).toMatch(text);
});

test('one request for the objects of a value', async () => {
  const before = server.requests.length;
  await explain('evil.com');
  const objects = server.requests.slice(before).filter(({ query }) => query?.includes('query Objects('));
  expect(objects).toHaveLength(1);
});

describe('offline, where an export has no record of objects', () => {
  test.each<[string, Explanation['decision'], RegExp]>([
    ['evil.com', 'in', /The value is in\.\nIt is in 1 list, the last one since the run of 20/],
    ['lower.evil.org', 'unknown', /It is in no list and in no gate\./],
    ['www.evil.com', 'unknown', RegExp(`${eventsOf('name')} events with it would match by a gate`)],
    [
      '31.13.65.0/24',
      'unknown',
      RegExp(
        `${eventsOf('address')} events with it would match by a gate: a value above it or a network around`,
      ),
    ],
  ])(
    '%s is %s by the published lists and gates alone, which the story says',
    async (value, decision, text) => {
      const before = server.requests.length;
      const explanation = await explain(value, '--offline');
      expect(server.requests.length).toBe(before);
      expect(explanation).toMatchObject({
        decision,
        reason: null,
        objects: [],
        code: decision === 'in' ? 0 : 1,
      });
      const steps = explanation.steps.map((step) => step.text);
      expect(steps.join('\n')).toMatch(text);
      expect(steps[1]).toBe('There is no record of a run here: of its objects nothing is known.');
      expect(explanation.steps.at(-1)).toMatchObject({
        step: 'limits',
        text: expect.stringContaining('Without a record the published lists and gates answer alone.'),
      });
    },
  );

  test('a text that is no value is refused as ever', async () => {
    expect(await explain('10.1.2.3', '--offline')).toMatchObject({ decision: 'out', reason: 'not-global' });
  });

  test('without lists there is nothing to answer from', async () => {
    const empty = makeFolder();
    const result = await runCli(['explain', 'evil.com', '--offline'], { WAZUH_HOME: empty });
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(
      /there is no record of a run that can be used in .*, and there are no lists/,
    );
  });
});

test('what is decided now and what is published may differ', async () => {
  const out = makeFolder();
  await runCli(['export', out, '--config', config], environment());
  const other = join(out, 'c.yml');
  writeFileSync(other, 'select: { min_score: 90 }\n');
  const run = (value: string, file: string) =>
    runCli(['explain', value, '--from', out, '--config', file], environment());
  expect((await run('evil.com', other)).stdout).toContain('The next refresh takes it out.');
  writeFileSync(other, 'select: { min_score: 0 }\n');
  expect((await run('lower.evil.org', other)).stdout).toContain(
    'It is in no list and in no gate yet: the next refresh brings it in.',
  );
});

test('for a person', async () => {
  const { stdout, code } = await runCli(
    ['explain', 'evil.com', '--config', config, '--from', join(folder, 'out')],
    environment(),
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(/^evil\.com: IN\n {2}1\. evil\.com is a value of kind name\.\n/);
  expect(stdout).toMatch(
    /Objects\n {2}\* {2}indicator +i-in +score 80 +counts +until 2099-01-01T00:00:00\.000Z +ICS-CSIRT\.io, TLP:WHITE/,
  );
  expect(stdout).toMatch(/Does not match\n {2}the domain above it/);
});

test('several hashes as Sysmon writes them are a line of JSON each', async () => {
  const args = [
    'explain',
    `SHA256=${sha256.toUpperCase()},MD5=${'01'.repeat(16)}`,
    '--json',
    '--from',
    join(folder, 'out'),
  ];
  const { stdout } = await runCli(args, environment());
  const decisions = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).decision);
  expect(decisions).toEqual(['out', 'unknown']);
});

test('a machine that has no lists can ask too', async () => {
  const result = await runCli(['explain', 'evil.com', '--json'], {
    ...environment(),
    WAZUH_HOME: makeFolder(),
  });
  expect(JSON.parse(result.stdout)).toMatchObject({ decision: 'in', lists: [], gates: [] });
  expect(result.stdout).toContain('There are no lists here to look into');
});

test('a server that is gone is an error, not an answer', async () => {
  const file = join(makeFolder(), 'c.yml');
  writeFileSync(file, 'opencti: { url: "http://127.0.0.1:9", token: t, retry_for: 0s }\n');
  const result = await runCli(['explain', 'evil.com', '--config', file, '--from', join(folder, 'out')]);
  expect(result).toMatchObject({ code: 1, stdout: '' });
  expect(result.stderr).toMatch(/127\.0\.0\.1:9/);
});
