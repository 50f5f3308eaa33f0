import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeIndicator, writeObservable } from '../platform/data/written.ts';
import { demoToken, type OpenCtiServer } from '../platform/server.ts';
import { runCli } from '../support/cli.ts';
import {
  dirtyIndicators,
  dirtyObservables,
  expectedLines,
  expectedSkips,
  isOnlyForTheEngine,
} from '../support/dirty-platform.ts';
import { makeFolder, readTree } from '../support/folder.ts';
import { openOpenCti } from '../support/opencti.ts';
import { readAsEngine, throughTinycdb } from '../support/tinycdb.ts';

/** Of rows that need no decoder beside those of every engine. */
const listNames = [
  'opencti-dstip',
  'opencti-fim-md5',
  'opencti-fim-sha1',
  'opencti-fim-sha256',
  'opencti-linux-destination-ip',
  'opencti-win-address',
  'opencti-win-dest-address',
  'opencti-win-destination-ip',
  'opencti-win-eventxml-address',
  'opencti-win-eventxml-param3',
  'opencti-win-hash',
  'opencti-win-hashes',
  'opencti-win-ip-address',
  'opencti-win-param3',
  'opencti-win-query-name',
];

function environmentOf(server: OpenCtiServer) {
  return { OPENCTI_URL: server.url, OPENCTI_TOKEN: demoToken };
}

function readLists(folder: string): Record<string, string[]> {
  const read = (name: string) => readFileSync(join(folder, 'lists', name), 'utf8');
  return Object.fromEntries(listNames.map((name) => [name, read(name).split('\n').slice(0, -1)]));
}

/** An export can go through the server API. */
const exportedLines = Object.fromEntries(
  listNames.map((name) => [name, expectedLines[name]?.filter((line) => !isOnlyForTheEngine(line)) ?? []]),
);

const dirty = { documented: false, written: { observables: dirtyObservables, indicators: dirtyIndicators } };

test.each(['5.12.0', '5.12.33', '6.4.11', '7.260318.0'])(
  'OpenCTI %s: each kind and each dirt gives the keys written by hand',
  async (version) => {
    const server = await openOpenCti(dirty, { version });
    const folder = makeFolder();
    const result = await runCli(['export', folder, '--json'], environmentOf(server));
    expect(result).toMatchObject({ code: 0 });
    expect(readLists(folder)).toEqual(exportedLines);
    const manifest = JSON.parse(result.stdout);
    expect(manifest).toEqual(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')));
    expect(manifest.values.skipped).toEqual(expectedSkips);
    expect(manifest).toMatchObject({
      tool: 'opencti-wazuh',
      source: {
        url: `${server.url}/graphql`,
        version,
        user: expect.any(String),
        markings: expect.arrayContaining(['TLP:RED']),
      },
      lists: Object.fromEntries(Object.entries(exportedLines).map(([name, lines]) => [name, lines.length])),
    });
  },
);

test('among 100,000 rows the hand-written ones are found, and tinycdb reads every list to its keys', {
  timeout: 120_000,
}, async () => {
  const server = await openOpenCti({ ...dirty, observables: 80_000, indicators: 20_000 }, {});
  const folder = makeFolder();
  const result = await runCli(['export', folder, '--json'], environmentOf(server));
  expect(result.code, result.stderr).toBe(0);
  const manifest = JSON.parse(result.stdout);
  const asked = server.requests.map(({ query, variables }) => query + JSON.stringify(variables)).join();
  expect(manifest.read.indicators).toBe(20_000 + dirtyIndicators.length);
  expect(asked).not.toMatch(/"key"/);
  const lists = readLists(folder);
  for (const name of listNames) {
    const lines = lists[name] ?? [];
    expect(lines).toEqual(expect.arrayContaining([...(exportedLines[name] ?? [])]));
    expect(lines.length).toBe(manifest.lists[name]);
    const entries = readAsEngine(readFileSync(join(folder, 'lists', name), 'utf8'));
    const found = throughTinycdb(folder, entries);
    expect(found.size).toBe(lines.length);
    for (const line of exportedLines[name] ?? []) {
      const [key, value] = readAsEngine(line)[0] ?? ['', ''];
      expect(found.get(key)).toBe(value);
    }
  }
});

test('the same rows give the same files; a second export replaces the first', async () => {
  const server = await openOpenCti({ observables: 500, indicators: 100 });
  const [one, two] = [makeFolder(), makeFolder()];
  await runCli(['export', one], environmentOf(server));
  await runCli(['export', one], environmentOf(server));
  await runCli(['export', two], environmentOf(server));
  const withoutTimes = ({
    'manifest.json': _,
    'report.json': __,
    'added.tsv': ___,
    ...files
  }: Record<string, string>) => files;
  expect(withoutTimes(readTree(one))).toEqual(withoutTimes(readTree(two)));
  expect(Object.keys(readTree(one)).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('an empty platform gives empty files', async () => {
  const server = await openOpenCti({ documented: false });
  const folder = makeFolder();
  expect(await runCli(['export', folder], environmentOf(server))).toMatchObject({ code: 0 });
  for (const name of listNames) expect(readFileSync(join(folder, 'lists', name), 'utf8')).toBe('');
});

test('each network is in a map beside the lists, under its normal form; no list and no snippet names it', async () => {
  const server = await openOpenCti({
    documented: false,
    written: {
      observables: [writeObservable({ id: 'o', entity_type: 'IPv4-Addr', value: '31.13.0.7/24' })],
      indicators: [
        writeIndicator({
          id: 'i',
          pattern: "[ipv4-addr:value = '105.112.50.7/16' OR ipv6-addr:value = '2A00:1450:4009::1/48']",
        }),
      ],
    },
  });
  const folder = makeFolder();
  const { stdout } = await runCli(['export', folder, '--json'], environmentOf(server));
  expect(readFileSync(join(folder, 'lists/opencti-networks'), 'utf8')).toBe(
    '"2a00:1450:4009::_48":i\n105.112.0.0_16:i\n31.13.0.0_24:o\n',
  );
  const { files, lists } = JSON.parse(stdout);
  expect(files.map(({ path }: { path: string }) => path)).toContain('lists/opencti-networks');
  expect(Object.keys(lists).sort()).toEqual(listNames);
  expect(readFileSync(join(folder, 'ossec.conf.snippet'), 'utf8')).not.toContain('opencti-networks');
});

test('the summary says from where, how many, why not, and what to do next', async () => {
  const server = await openOpenCti(dirty);
  const { stdout, stderr } = await runCli(['export', makeFolder()], environmentOf(server));
  expect(stdout).toMatch(/from {6}OpenCTI 7\.260318\.0 at http:\/\/127\.0\.0\.1:\d+\/graphql/);
  expect(stdout).toMatch(/\d+ {2}not-global +The address is not globally reachable/);
  expect(stdout).toMatch(/opencti-win-query-name +\d+/);
  expect(stdout).toContain('put the lines of ossec.conf.snippet into etc/ossec.conf');
  expect(stderr).toMatch(/^\d{4}-\d\d-\d\dT.* read \d+ of \d+ observables$/m);
});

test('only what the token may see is read, and the manifest says so', async () => {
  const server = await openOpenCti({ observables: 200 }, { markings: [] });
  const { stdout } = await runCli(['export', makeFolder(), '--json'], environmentOf(server));
  expect(JSON.parse(stdout).source.markings).toEqual([]);
});

test('select.sources and select.min_score decide what is read and what is in', async () => {
  const server = await openOpenCti(dirty);
  const folder = makeFolder();
  const config = join(folder, 'c.yml');
  writeFileSync(config, 'select: { sources: [indicators], min_score: 100 }\n');
  const { stdout } = await runCli(
    ['export', join(folder, 'out'), '--json', '--config', config],
    environmentOf(server),
  );
  const manifest = JSON.parse(stdout);
  expect(manifest.read.observables).toBe(0);
  expect(manifest.values.in).toBe(0);
});

test('an id that would forge lines brings nothing in, and is counted', async () => {
  const ids = ['x\nother.bad-name.net:y', 'x"y', 'a:b', ' ', '', 'opencti-wazuh-canary', 'é', 'x'.repeat(65)];
  const observables = [
    writeObservable({ entity_type: 'Domain-Name', id: 'good', value: 'good.bad-name.net' }),
    ...ids.map((id, index) =>
      writeObservable({ entity_type: 'Domain-Name', id, value: `n${index}.bad-name.net` }),
    ),
  ];
  const indicators = ids.map((id, index) =>
    writeIndicator({ id: `${id}\n`, pattern: `[domain-name:value = 'i${index}.bad-name.net']` }),
  );
  const server = await openOpenCti({ documented: false, written: { observables, indicators } });
  const folder = makeFolder();
  const { code, stdout, stderr } = await runCli(['export', folder], environmentOf(server));
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/^ +16 +malformed-id /m);
  const files = readTree(folder);
  expect(files['lists/opencti-win-query-name']).toBe('good.bad-name.net.:good\ngood.bad-name.net:good\n');
  const others = Object.entries(files).filter(([path, text]) => path.startsWith('lists/') && text !== '');
  expect(others).toHaveLength(1);
});
