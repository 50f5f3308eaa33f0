import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { createClient } from '../../src/opencti/client.ts';
import { readObjectsOf } from '../../src/opencti/objects-of.ts';
import type { CheckedValue, Observable } from '../../src/values/kinds.ts';
import type { StoredIndicator, StoredObservable } from '../platform/data/objects.ts';
import { writeIndicator, writeObservable } from '../platform/data/written.ts';
import { demoToken } from '../platform/server.ts';
import { openOpenCti } from '../support/opencti.ts';
import { readAlerts } from '../support/sample-events.ts';
import { readEvent } from './support/engine.ts';
import { withName } from './support/listed.ts';
import { createManager } from './support/manager.ts';

/**
 * The object that a list names is gone, and another one has the value in a way of its own: as OpenCTI keeps values
 * (facts about its API) and as feeds write patterns. What `explain` finds the integration must find too.
 */

const md5 = 'e65487f5f65bca9e283dd3aabd817dc0';
const address = '105.112.50.80';
const ipv6 = '2a00:1450:4009:81e::200e';

type Written = { readonly observable: StoredObservable } | { readonly indicator: StoredIndicator };
const observable = (entity_type: StoredObservable['entity_type'], value: string): Written => ({
  observable: writeObservable({ id: 'wanted', entity_type, value }),
});
const indicator = (pattern: string, more: Partial<StoredIndicator> = {}): Written => ({
  indicator: writeIndicator({ id: 'wanted', pattern, name: 'Report of a vendor', ...more }),
});

const file = (algorithm: string, hash: string): Written => ({
  observable: writeObservable({ id: 'wanted', entity_type: 'StixFile', hashes: [{ algorithm, hash }] }),
});

const sample = (name: string) => readAlerts().get(name) as { data: { win: { eventdata: object } } };
const withData = (name: string, id: string, eventdata: object) => ({
  ...sample(name),
  rule: { id, groups: ['opencti_match'] },
  data: { win: { eventdata } },
});

/** What is matched, and the line that a list has for it. */
const matches = {
  name: {
    alert: withName('evil.com'),
    list: { 'opencti-win-query-name': ['evil.com:gone'] },
    value: { kind: 'name', value: 'evil.com' },
  },
  address: {
    alert: withData('sysmon3-ipv4', '100648', { destinationIp: address }),
    list: { 'opencti-win-destination-ip': [`${address}:gone`] },
    value: { kind: 'ipv4', value: address },
  },
  ipv6: {
    alert: sample('sysmon3-ipv6'),
    list: { 'opencti-win-destination-ip': ['"2a00:1450:4009:81e:0:0:0:200e":gone'] },
    value: { kind: 'ipv6', value: ipv6 },
  },
  network: {
    alert: withData('sysmon3-ipv4', '100648', { destinationIp: address }),
    list: { 'opencti-networks': ['105.112.0.0_16:gone'] },
    value: { kind: 'ipv4-network', value: '105.112.0.0/16' },
  },
  hash: {
    alert: withData('sysmon1-single', '100640', { hashes: `MD5=${md5.toUpperCase()}` }),
    list: { 'opencti-win-hashes': [`MD5=${md5.toUpperCase()}:gone`] },
    value: { kind: 'md5', value: md5 },
  },
} as const;

const cases: readonly (readonly [string, keyof typeof matches, Written])[] = [
  [
    'one of several names of a pattern',
    'name',
    indicator("[domain-name:value = 'a.b.net' OR domain-name:value = 'evil.com']"),
  ],
  [
    'a name and a detail of it',
    'name',
    indicator("[domain-name:value = 'evil.com' AND domain-name:is_active = true]"),
  ],
  ['a name as a report writes it', 'name', observable('Domain-Name', 'hxxp://Evil[.]com.')],
  ['a name with what is below it', 'name', observable('Hostname', '*.evil.com')],
  ['a pattern without blanks', 'name', indicator("[domain-name:value='evil.com']")],
  ['a pattern in guarded spelling', 'name', indicator("[domain-name:value = 'evil[.]com']")],
  [
    'a pattern too long for the index, by the name of the indicator',
    'name',
    indicator(
      `[${Array.from({ length: 30 }, (_, at) => `domain-name:value = 'n${at}.a.b.net'`).join(' OR ')} OR domain-name:value = 'evil.com']`,
      { name: 'evil.com' },
    ),
  ],
  ['an address inside of an IPv6 one', 'address', observable('IPv6-Addr', `::ffff:${address}`)],
  ['the same in hexadecimal', 'address', observable('IPv6-Addr', '::FFFF:6970:3250')],
  ['an address as a network of one', 'address', observable('IPv4-Addr', `${address}/32`)],
  ['a pattern of a network of one', 'address', indicator(`[ipv4-addr:value = '${address}/32']`)],
  [
    'a pattern of an address inside of an IPv6 one',
    'address',
    indicator(`[ipv6-addr:value = '::ffff:${address}']`),
  ],
  [
    'traffic to a port',
    'address',
    indicator(`[network-traffic:dst_ref.value = '${address}' AND network-traffic:dst_port = 443]`),
  ],
  ['an address in a set', 'address', indicator(`[ipv4-addr:value IN ('31.0.0.1', '${address}')]`)],
  [
    'an IPv6 address as a network of one',
    'ipv6',
    observable('IPv6-Addr', '2A00:1450:4009:81E:0:0:0:200E/128'),
  ],
  [
    'a pattern of a padded IPv6 address',
    'ipv6',
    indicator("[ipv6-addr:value = '2a00:1450:4009:081e:0000:0000:0000:200e']"),
  ],
  ['a network with host bits', 'network', observable('IPv4-Addr', '105.112.50.7/16')],
  [
    'one of several networks',
    'network',
    indicator("[ipv4-addr:value = '31.1.0.0/16' OR ipv4-addr:value ISSUBSET '105.112.50.7/16']"),
  ],
  ['a network inside of an IPv6 one', 'network', observable('IPv6-Addr', '::ffff:105.112.0.0/112')],
  ['a hash under the name of another algorithm', 'hash', file('SHA-512', md5)],
  ['a hash with a label', 'hash', file('MD5', `md5:${md5}`)],
  [
    'one of several hashes',
    'hash',
    indicator(`[file:hashes.'SHA-1' = '${'ef'.repeat(20)}' OR file:hashes.MD5 = '${md5}']`),
  ],
  ['a file by its name and hash', 'hash', indicator(`[file:name = 'a.exe' AND file:hashes.MD5 = '${md5}']`)],
  ['an artifact', 'hash', indicator(`[artifact:hashes.MD5 = '${md5}']`)],
];

function openPlatform(written: Written) {
  const objects =
    'observable' in written ? { observables: [written.observable] } : { indicators: [written.indicator] };
  return openOpenCti({ documented: false, written: objects });
}

describe('an object that no list names', () => {
  test.each(cases)('%s: explain finds it', async (_, match, written) => {
    const server = await openPlatform(written);
    const client = createClient({ url: server.url, token: demoToken, timeout: 30_000, retryFor: 0 });
    const { kind, value } = matches[match].value;
    const question = {
      observables: [{ kind, value: value as CheckedValue } satisfies Observable],
      otherHashes: [],
      ids: [],
      timeLimit: 30_000,
    };
    const found = await readObjectsOf(
      async (document, variables) =>
        (await client.request(document, variables, v.record(v.string(), v.unknown()))).data,
      'lists',
      question,
    );
    client.close();
    expect(found.map(({ id }) => id)).toEqual(['wanted']);
  });

  test.each(cases)('%s: the integration finds it', async (_, match, written) => {
    const server = await openPlatform(written);
    const manager = createManager({ url: server.url, token: demoToken });
    for (const [name, lines] of Object.entries(matches[match].list)) manager.writeList(name, lines);
    const { messages, log } = await manager.run(matches[match].alert);
    expect(
      messages.map((message) => readEvent(message).data.opencti),
      log[0],
    ).toMatchObject([{ id: 'wanted' }]);
  });
});

describe('an object that is found by its spelling alone is judged as the lists judge it', () => {
  test.each([
    ['dead', { revoked: true }, 'indicator wanted is revoked'],
    [
      'not valid yet',
      { valid_from: '2098-01-01T00:00:00.000Z' },
      'indicator wanted is valid from 2098-01-01T00:00:00.000Z',
    ],
  ])('%s', async (_, more, reason) => {
    const written = indicator("[domain-name:value = 'a.b.net' OR domain-name:value = 'evil.com']", more);
    const server = await openPlatform(written);
    const manager = createManager({ url: server.url, token: demoToken });
    manager.writeList('opencti-win-query-name', ['evil.com:gone']);
    const { messages } = await manager.run(matches.name.alert);
    expect(messages.map((message) => readEvent(message).data.opencti)).toMatchObject([
      { event: 'not_confirmed', reason },
    ]);
  });

  test.each([
    ['refuses', { kind: 'error', code: 'UNSUPPORTED_ERROR' }, 'UNSUPPORTED_ERROR'],
    ['does not answer in time', { kind: 'silence' }, 'within 2 s'],
  ] as const)('a search that OpenCTI %s is no failure of the match', async (_, fault, said) => {
    const server = await openOpenCti({ documented: false });
    server.faults.add(fault, { when: ({ query }) => query?.includes('query Objects(') === true });
    const manager = createManager({ url: server.url, token: demoToken, timeout: 2_000 });
    manager.writeList('opencti-win-query-name', ['evil.com:gone']);
    const { messages, log } = await manager.run(matches.name.alert);
    expect(messages.map((message) => readEvent(message).data.opencti)).toMatchObject([
      { event: 'not_confirmed', reason: 'no object of OpenCTI that the token may see has the value' },
    ]);
    expect(log[0]).toContain('the search for other spellings failed: ');
    expect(log[0]).toContain(said);
  });
});
