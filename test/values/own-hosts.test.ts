import dns from 'node:dns/promises';
import { syncBuiltinESMExports } from 'node:module';
import { beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createLiveSource } from '../../src/commands/explain/sources.ts';
import { loadConfig } from '../../src/config/load.ts';
import { preflight } from '../../src/opencti/platform.ts';
import { connect } from '../../src/sync/connect.ts';
import { fetchSelection } from '../../src/sync/fetch-selection.ts';
import { toSelectionOptions } from '../../src/sync/filters.ts';
import { findOwnHosts } from '../../src/sync/own-hosts.ts';
import type { CheckedValue } from '../../src/values/kinds.ts';
import { writeObservable } from '../platform/data/written.ts';
import { demoToken } from '../platform/server.ts';
import { openOpenCti } from '../support/opencti.ts';

// In the module of Node itself: the files of a worker share their modules, and ours may have been loaded before.
const resolver = vi.fn<(host: string, options: object) => Promise<unknown>>();
const original = dns.lookup;
beforeAll(() => {
  putResolver(resolver as unknown as typeof dns.lookup);
  return () => putResolver(original);
});
beforeEach(() => {
  resolver.mockReset();
});

function putResolver(lookup: typeof dns.lookup): void {
  dns.lookup = lookup;
  syncBuiltinESMExports();
}

const answer = (...addresses: string[]) =>
  resolver.mockResolvedValue(
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
  );
const textsOf = async (url: string, isOffline = false) =>
  (await findOwnHosts(url, isOffline)).hosts.map(({ text }) => text);

test('the host of OpenCTI with all addresses that its name leads to', async () => {
  answer('45.33.32.156', '2600:3c01::1');
  expect(await textsOf('https://CTI.example.com:8443/x')).toEqual(
    expect.arrayContaining(['cti.example.com', '45.33.32.156', '2600:3c01::1']),
  );
  expect(resolver).toHaveBeenCalledWith('cti.example.com', { all: true });
});

test.each(['https://45.33.32.156/', 'https://[2600:3c01::1]:8080'])('%s needs no resolver', async (url) => {
  expect(await findOwnHosts(url, false)).toMatchObject({ problem: null });
  expect(resolver).not.toHaveBeenCalled();
});

test('offline none is asked', async () => {
  expect(await findOwnHosts('https://cti.example.com', true)).toMatchObject({
    problem: 'the addresses of cti.example.com (opencti.url) are not known: no resolver is asked',
  });
  expect(resolver).not.toHaveBeenCalled();
});

test('a name that is not known is told, and its name still counts', async () => {
  resolver.mockRejectedValue(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }));
  const { hosts, problem } = await findOwnHosts('https://cti.example.com', false);
  expect(problem).toBe('the addresses of cti.example.com (opencti.url) are not known: ENOTFOUND');
  expect(hosts.map(({ text }) => text)).toContain('cti.example.com');
});

test('a resolver that says nothing is not waited for', async () => {
  resolver.mockReturnValue(new Promise(() => {}));
  expect(await findOwnHosts('https://cti.example.com', false)).toMatchObject({
    problem: expect.stringContaining('no answer within 3 s'),
  });
});

async function setUp() {
  const server = await openOpenCti({
    documented: false,
    written: {
      observables: ['45.33.32.156', '45.33.32.157'].map((value) =>
        writeObservable({ entity_type: 'IPv4-Addr', value }),
      ),
    },
  });
  const url = server.url.replace('127.0.0.1', 'localhost');
  const config = loadConfig({
    environment: { OPENCTI_URL: url, OPENCTI_TOKEN: demoToken, WAZUH_HOME: '/nonexistent' },
  });
  const notes: string[] = [];
  const note = (text: string) => notes.push(text);
  return { config, notes, note };
}

test('a run takes them out, and explain says why', async () => {
  answer('45.33.32.156');
  const { config, note } = await setUp();
  const progress = { read: () => {}, note, end: () => {} };
  const { selection } = await fetchSelection({ config, progress, now: new Date() });
  expect(selection.values.map(({ value }) => value)).toEqual(['45.33.32.157']);
  const [skipped] = selection.skippedValues;
  expect(skipped).toMatchObject({
    value: '45.33.32.156',
    reason: 'warning-list',
    listing: { list: 'own-hosts', note: 'localhost (opencti.url) leads to it' },
  });
  const client = connect(config.opencti, progress, undefined);
  const platform = await preflight(client);
  const options = await toSelectionOptions(client, config, new Date(), note);
  const source = createLiveSource({ client, platform, config, selection: options, findIds: () => [] });
  const [decided] = await source.decide([{ kind: 'ipv4', value: '45.33.32.156' as CheckedValue }]);
  client.close();
  expect(decided).toMatchObject({
    decision: 'out',
    listing: { note: 'localhost (opencti.url) leads to it' },
  });
});

test('a run without its addresses is a run with a warning', async () => {
  resolver.mockRejectedValue(Object.assign(new Error('getaddrinfo'), { code: 'EAI_AGAIN' }));
  const { config, notes, note } = await setUp();
  const progress = { read: () => {}, note, end: () => {} };
  const { selection } = await fetchSelection({ config, progress, now: new Date() });
  expect(selection.values).toHaveLength(2);
  expect(notes).toEqual([
    'warning list own-hosts: the addresses of localhost (opencti.url) are not known: EAI_AGAIN',
  ]);
});
