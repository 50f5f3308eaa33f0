import { describe, expect, test } from 'vitest';
import type { IntegrationSettings } from '../../src/integration/settings.ts';
import type { StoredIndicator, StoredObservable } from '../platform/data/objects.ts';
import { alienVault, icsCsirt } from '../platform/data/references.ts';
import { writeIndicator, writeObservable } from '../platform/data/written.ts';
import { demoToken } from '../platform/server.ts';
import { openOpenCti } from '../support/opencti.ts';
import { readAlerts } from '../support/sample-events.ts';
import { readEvent } from './support/engine.ts';
import { tlpWhite } from './support/expected.ts';
import { withName } from './support/listed.ts';
import { createManager } from './support/manager.ts';

const sha256 = '3802e1848c0fa4b4b408be34c6a4c9a799f9a37b29d6bd3dbd3bd7760747a8a6';
const md5 = 'e65487f5f65bca9e283dd3aabd817dc0';

interface Platform {
  readonly observables?: readonly StoredObservable[];
  readonly indicators?: readonly StoredIndicator[];
}

interface Found {
  readonly id?: string;
  readonly value?: string;
  readonly event?: string;
  readonly reason?: string;
  readonly source: {
    readonly field: string;
    readonly value: string;
    readonly list?: string;
    readonly matched_by?: string;
    readonly other_ids?: readonly string[];
  };
}

/** One run against a platform that has these objects alone. */
async function runWith(
  platform: Platform,
  alert: unknown,
  lists: Readonly<Record<string, string[]>> = {},
  settings: Partial<IntegrationSettings> = {},
) {
  const written = { observables: platform.observables ?? [], indicators: platform.indicators ?? [] };
  const server = await openOpenCti({ documented: false, written });
  const manager = createManager({ url: server.url, token: demoToken, ...settings });
  for (const [name, lines] of Object.entries(lists)) manager.writeList(name, lines);
  const result = await manager.run(alert);
  expect(result).toMatchObject({ code: 0, stderr: '' });
  const events = result.messages.map((message) => readEvent(message).data.opencti as Found);
  return { events, requests: server.requests, log: result.log };
}

const sample = (name: string) => readAlerts().get(name) as { rule: object; data: object; syscheck: object };

function name(id: string, value: string, more: Partial<StoredObservable> = {}): StoredObservable {
  return writeObservable({ id, entity_type: 'Domain-Name', value, ...more });
}

function address(id: string, value: string, more: Partial<StoredObservable> = {}): StoredObservable {
  return writeObservable({ id, entity_type: 'IPv4-Addr', value, ...more });
}

function withAddress(destinationIp: string, groups = ['opencti_match']) {
  return {
    ...sample('sysmon3-ipv4'),
    rule: { id: '100648', groups },
    data: { win: { eventdata: { destinationIp } } },
  };
}

function withHashes(hashes: string) {
  return {
    ...sample('sysmon1-single'),
    rule: { id: '100640', groups: ['opencti_match'] },
    data: { win: { eventdata: { hashes } } },
  };
}

describe('what a gate matched and no list has is asked by value, in one request', () => {
  test('a domain above the name', async () => {
    const { events, requests } = await runWith(
      { observables: [name('n', 'evil.co.uk')] },
      withName('a.B.Evil.co.uk'),
    );
    expect(events).toMatchObject([
      { id: 'n', value: 'evil.co.uk', source: { value: 'a.B.Evil.co.uk', matched_by: 'parent domain' } },
    ]);
    expect(events[0]?.source).not.toHaveProperty('list');
    expect(requests).toHaveLength(1);
  });

  test('never the public suffix', async () => {
    const { events, requests } = await runWith(
      { observables: [name('n', 'co.uk')] },
      withName('a.evil.co.uk'),
    );
    expect(events).toMatchObject([{ event: 'not_confirmed' }]);
    expect(JSON.stringify(requests[0]?.variables)).not.toContain('"co.uk"');
  });

  test('the nearest of several domains', async () => {
    const observables = [name('far', 'evil.com', { x_opencti_score: 100 }), name('near', 'b.evil.com')];
    const { events } = await runWith({ observables }, withName('a.b.evil.com'));
    expect(events).toMatchObject([{ id: 'near', source: { other_ids: ['far'] } }]);
  });

  test('a domain above a name that only the door for values can read, by the id of the list', async () => {
    const { events, requests } = await runWith(
      { observables: [name('n', ' Evil[.]com ')] },
      withName('bücher.evil.com '),
      { 'opencti-win-query-name': ['evil.com:n'] },
    );
    expect(events).toMatchObject([
      { id: 'n', source: { matched_by: 'parent domain', list: 'opencti-win-query-name' } },
    ]);
    expect(requests[0]?.variables).toHaveProperty('id', 'n');
  });

  test('a name that OpenCTI has in unicode', async () => {
    const { events } = await runWith(
      { observables: [name('n', 'xn--bcher-kva.evil.com')] },
      withName('BÜCHER.evil.com'),
    );
    expect(events).toMatchObject([{ id: 'n', source: { matched_by: 'exact' } }]);
  });

  test.each([
    ['105.112.50.80', 'exact'],
    ['105.112.50.80/32', 'exact'],
    ['105.112.50.80/31', 'network'],
    ['105.112.0.0/16', 'network'],
    ['105.0.0.0/8', 'network'],
  ])('the address by %s', async (value, matched_by) => {
    const { events, requests } = await runWith(
      { observables: [address('a', value)] },
      withAddress('105.112.50.80'),
    );
    expect(events).toMatchObject([{ id: 'a', value, source: { value: '105.112.50.80', matched_by } }]);
    expect(requests).toHaveLength(1);
  });

  test('the smallest of several networks', async () => {
    const observables = [address('large', '105.0.0.0/8'), address('small', '105.112.50.0/24')];
    const { events } = await runWith({ observables }, withAddress('105.112.50.80'));
    expect(events).toMatchObject([{ id: 'small', source: { other_ids: ['large'] } }]);
  });

  test.each([
    '2a00:1450:4009:81e::200e',
    '2a00:1450:4009:81e:0:0:0:200e',
    '2A00:1450:4009:081E:0000:0000:0000:200E',
  ])('an IPv6 address that OpenCTI spells %s', async (value) => {
    const ipv6 = writeObservable({ id: 'a6', entity_type: 'IPv6-Addr', value });
    const { events } = await runWith({ observables: [ipv6] }, sample('sysmon3-ipv6'));
    expect(events).toMatchObject([{ id: 'a6', value, source: { matched_by: 'exact' } }]);
  });

  test('an IPv6 network', async () => {
    const ipv6 = writeObservable({ id: 'a6', entity_type: 'IPv6-Addr', value: '2a00:1450:4009:81e::/112' });
    const { events } = await runWith({ observables: [ipv6] }, sample('sysmon3-ipv6'));
    expect(events).toMatchObject([{ id: 'a6', source: { matched_by: 'network' } }]);
  });

  test.each(['2a00:1450:4009:81e::/64', '2A00:1450:4009:0000:0000:0000:0000:0000/48', '2a00:1450:4000::/40'])(
    'a large IPv6 network that OpenCTI spells %s',
    async (value) => {
      const ipv6 = writeObservable({ id: 'a6', entity_type: 'IPv6-Addr', value });
      const { events } = await runWith({ observables: [ipv6] }, sample('sysmon3-ipv6'));
      expect(events).toMatchObject([{ id: 'a6', value, source: { matched_by: 'network' } }]);
    },
  );

  test('a hash of a composite by its label: an IMPHASH is no MD5', async () => {
    const file = writeObservable({
      id: 'f',
      entity_type: 'StixFile',
      hashes: [{ algorithm: 'MD5', hash: md5 }],
    });
    const real = await runWith(
      { observables: [file] },
      withHashes(`IMPHASH=${'0'.repeat(32)},MD5=${md5.toUpperCase()}`),
    );
    expect(real.events).toMatchObject([{ id: 'f', value: md5, source: { matched_by: 'composite' } }]);
    const wrong = await runWith(
      { observables: [file] },
      withHashes(`MD5=${'01'.repeat(16)},IMPHASH=${md5.toUpperCase()}`),
    );
    expect(wrong.events).toMatchObject([{ event: 'not_confirmed' }]);
  });
});

test('of both ends of a connection the one that a network has is asked for, and remembered', async () => {
  const platform = { observables: [address('net', '105.112.0.0/16')] };
  const ends = {
    ...sample('sysmon3-ipv4'),
    rule: { id: '119090', groups: ['opencti_listed', 'opencti_match'] },
    data: { srcip: '31.13.1.1', dstip: '105.112.50.80' },
  };
  const written = { observables: platform.observables, indicators: [] };
  const server = await openOpenCti({ documented: false, written });
  const manager = createManager({ url: server.url, token: demoToken, suppress: 3_600_000 });
  manager.writeList('opencti-networks', ['105.112.0.0_16:net']);
  const first = await manager.run(ends);
  expect(first.messages.map((message) => readEvent(message).data.opencti)).toMatchObject([
    { id: 'net', source: { field: 'dstip', value: '105.112.50.80', matched_by: 'network' } },
  ]);
  expect(JSON.stringify(server.requests)).not.toContain('31.13.1.1');
  // Another destination of the same host is another match.
  const second = await manager.run({ ...ends, data: { ...ends.data, dstip: '105.112.7.7' } });
  expect(second.messages.map((message) => readEvent(message).data.opencti)).toMatchObject([
    { id: 'net', source: { value: '105.112.7.7' } },
  ]);
});

describe('a network by the id that was published for it', () => {
  const many = (...networks: string[]) =>
    `[${networks.map((text) => `ipv4-addr:value = '${text}'`).join(' OR ')}]`;
  const lists = { 'opencti-networks': ['"2a00:1450:4009::_48":i6', '105.112.0.0_16:i', '31.0.0.0_24:other'] };

  const cases: readonly (readonly [string, Platform, object])[] = [
    [
      'one of several in a pattern',
      { indicators: [writeIndicator({ id: 'i', pattern: many('31.1.0.0/16', '105.112.0.0/16') })] },
      { id: 'i', entity_type: 'Indicator', value: '105.112.0.0/16' },
    ],
    [
      'an indicator with host bits',
      { indicators: [writeIndicator({ id: 'i', pattern: many('105.112.50.7/16') })] },
      { id: 'i', entity_type: 'Indicator', value: '105.112.0.0/16' },
    ],
    [
      'an observable with host bits',
      { observables: [address('i', '105.112.50.7/16')] },
      { id: 'i', entity_type: 'IPv4-Addr', value: '105.112.50.7/16' },
    ],
    [
      'an indicator whose observable OpenCTI has as it is asked for',
      {
        observables: [address('o', '105.112.0.0/16')],
        indicators: [writeIndicator({ id: 'i', pattern: many('105.112.50.7/16') })],
      },
      { id: 'o', entity_type: 'IPv4-Addr', value: '105.112.0.0/16' },
    ],
  ];

  test.each(cases)('%s', async (_, platform, event) => {
    const { events, requests } = await runWith(platform, withAddress('105.112.50.80'), lists);
    expect(events).toMatchObject([{ ...event, source: { value: '105.112.50.80', matched_by: 'network' } }]);
    // The map is no list that the engine matched by.
    expect(events[0]?.source).not.toHaveProperty('list');
    expect(requests).toHaveLength(1);
    expect(requests[0]?.variables).toHaveProperty('id', 'i');
  });

  test('of IPv6, which holds more than one of its last 24 bits', async () => {
    const pattern = "[ipv6-addr:value = '2A00:1450:4009:0::1/48' OR ipv6-addr:value = '2a00:1450:1::/48']";
    const { events } = await runWith(
      { indicators: [writeIndicator({ id: 'i6', pattern })] },
      sample('sysmon3-ipv6'),
      lists,
    );
    expect(events).toMatchObject([
      { id: 'i6', value: '2a00:1450:4009::/48', source: { matched_by: 'network' } },
    ]);
  });

  test('a smaller one before a larger one', async () => {
    const { events, requests } = await runWith(
      {
        indicators: [
          writeIndicator({ id: 'large', pattern: many('105.112.1.0/8', '31.1.0.0/16') }),
          writeIndicator({ id: 'small', pattern: many('105.112.50.7/17', '31.1.0.0/16') }),
        ],
      },
      withAddress('105.112.50.80'),
      { 'opencti-networks': ['105.0.0.0_8:large', '105.112.0.0_17:small'] },
    );
    expect(events).toMatchObject([{ id: 'small', value: '105.112.0.0/17' }]);
    expect(requests[0]?.variables).toHaveProperty('id', 'small');
  });

  test('a list has the address before the map has its network', async () => {
    const { events } = await runWith(
      { observables: [address('a', '105.112.50.80'), address('i', '105.112.50.7/16')] },
      withAddress('105.112.50.80'),
      { ...lists, 'opencti-win-destination-ip': ['105.112.50.80:a'] },
    );
    expect(events).toMatchObject([
      { id: 'a', source: { matched_by: 'exact', list: 'opencti-win-destination-ip' } },
    ]);
  });

  test('that is dead is not confirmed, with the reason', async () => {
    const dead = writeIndicator({ id: 'i', pattern: many('105.112.50.7/16'), revoked: true });
    const { events } = await runWith({ indicators: [dead] }, withAddress('105.112.50.80'), lists);
    expect(events).toMatchObject([{ event: 'not_confirmed', reason: 'indicator i is revoked' }]);
    expect(events[0]?.source).not.toHaveProperty('list');
  });
});

describe('an indicator without an observable', () => {
  test('takes its place, in the same shape', async () => {
    const written = writeIndicator({
      id: 'i',
      standard_id: 'indicator--i',
      name: 'Report of a vendor',
      description: 'Seen in a campaign',
      pattern: "[domain-name:value = 'evil.com']",
      x_opencti_score: 90,
    });
    const { events, requests } = await runWith({ indicators: [written] }, withName('evil.com'), {
      'opencti-win-query-name': ['evil.com:i'],
    });
    expect(requests).toHaveLength(1);
    expect(events).toEqual([
      {
        id: 'i',
        standard_id: 'indicator--i',
        entity_type: 'Indicator',
        parent_types: ['Basic-Object', 'Stix-Object', 'Stix-Core-Object', 'Stix-Domain-Object'],
        spec_version: '2.1',
        created_at: '2022-04-01T00:00:00.000Z',
        updated_at: '2022-04-01T00:00:00.000Z',
        createdBy: 'null',
        objectMarking: { edges: [{ node: tlpWhite }] },
        objectLabel: { edges: [] },
        externalReferences: { edges: [] },
        observable_value: 'evil.com',
        x_opencti_description: 'Seen in a campaign',
        x_opencti_score: '90',
        indicators: {
          edges: [{ node: { id: 'i', pattern: "[domain-name:value = 'evil.com']", pattern_type: 'stix' } }],
        },
        value: 'evil.com',
        importFiles: { edges: [] },
        source: {
          alert_id: '1795489484.79094007',
          rule_id: '100000',
          field: 'win.eventdata.queryName',
          value: 'evil.com',
          list: 'opencti-win-query-name',
          matched_by: 'exact',
        },
      },
    ]);
  });

  test('is found by its pattern where no list has an id', async () => {
    const written = writeIndicator({
      id: 'i',
      name: 'A name',
      pattern: "[ipv4-addr:value = '105.112.0.0/16']",
    });
    const { events } = await runWith({ indicators: [written] }, withAddress('105.112.50.80'));
    expect(events).toMatchObject([{ id: 'i', value: '105.112.0.0/16', source: { matched_by: 'network' } }]);
  });

  test.each([
    ['is revoked', { revoked: true }, /^indicator i is revoked$/],
    [
      'has expired',
      { valid_until: '2022-06-01T00:00:00.000Z' },
      /^indicator i was valid until 2022-06-01T00:00:00.000Z$/,
    ],
  ])('that %s confirms nothing', async (_, more, reason) => {
    const written = writeIndicator({ id: 'i', pattern: "[domain-name:value = 'evil.com']", ...more });
    const { events } = await runWith({ indicators: [written] }, withName('evil.com'), {
      'opencti-win-query-name': ['evil.com:i'],
    });
    expect(events).toMatchObject([{ event: 'not_confirmed', reason: expect.stringMatching(reason) }]);
  });

  test('that is not valid yet confirms nothing', async () => {
    const written = writeIndicator({
      id: 'i',
      pattern: "[domain-name:value = 'evil.com']",
      valid_from: '2098-01-01T00:00:00.000Z',
    });
    const { events, log } = await runWith({ indicators: [written] }, withName('evil.com'), {
      'opencti-win-query-name': ['evil.com:i'],
    });
    const reason = 'indicator i is valid from 2098-01-01T00:00:00.000Z';
    expect(events).toMatchObject([{ event: 'not_confirmed', reason }]);
    expect(log[0]).toContain(`note="${reason}"`);
  });

  const hour = 3_600_000;

  test.each([
    ['is found within the grace of the lists', { grace: 2 * hour }, {}, { id: 'i', value: 'evil.com' }],
    ['confirms nothing behind it', { grace: hour / 2 }, {}, { event: 'not_confirmed' }],
    [
      'confirms nothing when it is revoked, grace or not',
      { grace: 2 * hour },
      { revoked: true },
      { event: 'not_confirmed', reason: 'indicator i is revoked' },
    ],
  ])('whose time is over %s', async (_, settings, more, event) => {
    const written = writeIndicator({
      id: 'i',
      pattern: "[domain-name:value = 'evil.com']",
      valid_until: new Date(Date.now() - hour).toISOString(),
      ...more,
    });
    const lists = { 'opencti-win-query-name': ['evil.com:i'] };
    const { events } = await runWith({ indicators: [written] }, withName('evil.com'), lists, settings);
    expect(events).toMatchObject([event]);
  });

  test('whose pattern only looks like the value confirms nothing', async () => {
    const written = writeIndicator({ id: 'i', pattern: "[domain-name:value != 'evil.com']" });
    const { events } = await runWith({ indicators: [written] }, withName('evil.com'), {
      'opencti-win-query-name': ['evil.com:i'],
    });
    expect(events).toMatchObject([{ event: 'not_confirmed' }]);
  });
});

describe('the indicator that a list names is not the only one that counts', () => {
  const pattern = "[domain-name:value = 'evil.com']";
  const lists = { 'opencti-win-query-name': ['evil.com:old'] };
  const alive = writeIndicator({ id: 'new', pattern });

  test('it was deleted, and another one with the same pattern was made', async () => {
    const { events, requests } = await runWith({ indicators: [alive] }, withName('evil.com'), lists);
    expect(events).toMatchObject([{ id: 'new', value: 'evil.com', source: { matched_by: 'exact' } }]);
    expect(requests).toHaveLength(1);
  });

  test('it was revoked, and another one is alive', async () => {
    const old = writeIndicator({ id: 'old', pattern, revoked: true });
    const { events } = await runWith({ indicators: [old, alive] }, withName('evil.com'), lists);
    expect(events).toMatchObject([{ id: 'new', value: 'evil.com' }]);
  });

  test('it was revoked, and none is alive', async () => {
    const old = writeIndicator({ id: 'old', pattern, revoked: true });
    const { events } = await runWith({ indicators: [old] }, withName('evil.com'), lists);
    expect(events).toMatchObject([{ event: 'not_confirmed', reason: 'indicator old is revoked' }]);
  });
});

describe('patterns of more than one comparison', () => {
  const ends = 'network-traffic:dst_ref';
  const typed = `[${ends}.type = 'ipv4-addr' AND ${ends}.value = '31.0.0.1']`;

  test.each([
    ['by the id of the list', `[${ends}.value = '31.0.0.1' AND network-traffic:dst_port = 443]`, 'i'],
    ['by the text that most feeds write, where the list names one that is gone', typed, 'gone'],
    ['by a text without the type', `[${ends}.value = '31.0.0.1']`, 'gone'],
  ])('an indicator of traffic is found %s', async (_, pattern, listId) => {
    const { events, requests } = await runWith(
      { indicators: [writeIndicator({ id: 'i', pattern, name: 'C2' })] },
      withAddress('31.0.0.1'),
      { 'opencti-win-destination-ip': [`31.0.0.1:${listId}`] },
    );
    expect(events).toMatchObject([{ id: 'i', value: '31.0.0.1', source: { matched_by: 'exact' } }]);
    expect(requests).toHaveLength(1);
  });

  test('a living one that only names the value confirms it where an observable has it', async () => {
    const indicator = writeIndicator({
      id: 'i',
      pattern: "[domain-name:value = 'evil.com'] REPEATS 5 TIMES",
    });
    const lists = { 'opencti-win-query-name': ['evil.com:i'] };
    const alone = await runWith({ indicators: [indicator] }, withName('evil.com'), lists);
    expect(alone.events).toMatchObject([{ event: 'not_confirmed' }]);
    const both = await runWith(
      { observables: [name('o', 'evil.com')], indicators: [indicator] },
      withName('evil.com'),
      lists,
    );
    expect(both.events).toMatchObject([{ id: 'o' }]);
  });

  test('a hash under the name of another algorithm is the one of the event', async () => {
    const file = writeObservable({
      id: 'f',
      entity_type: 'StixFile',
      hashes: [{ algorithm: 'SHA-512', hash: `md5:${md5}` }],
    });
    const { events } = await runWith({ observables: [file] }, withHashes(`MD5=${md5.toUpperCase()}`), {
      'opencti-win-hashes': [`MD5=${md5.toUpperCase()}:f`],
    });
    expect(events).toMatchObject([{ id: 'f', value: md5 }]);
  });
});

describe('an observable whose indicators are all dead is told as the lists have it: not at all', () => {
  const lists = { 'opencti-win-query-name': ['evil.com:i'] };
  const pattern = "[domain-name:value = 'evil.com']";
  const many = "[domain-name:value = 'other.com' OR domain-name:value = 'evil.com']";
  const dead = writeIndicator({ id: 'i', pattern, revoked: true });
  const observable = name('o', 'evil.com');
  const basedOn = (...indicators: string[]) => name('o', 'evil.com', { indicators });
  const left = (id: string) => ({
    event: 'not_confirmed',
    reason: `indicator ${id} is revoked, and no other one is alive; observable o is left`,
  });
  const found = { id: 'o', value: 'evil.com' };

  const cases: readonly (readonly [string, Platform, object])[] = [
    ['the one that the list names', { observables: [observable], indicators: [dead] }, left('i')],
    [
      'another one, that is based on it',
      {
        observables: [basedOn('b')],
        indicators: [writeIndicator({ id: 'b', pattern: many, revoked: true })],
      },
      left('b'),
    ],
    [
      'unless another one is alive',
      { observables: [observable], indicators: [dead, writeIndicator({ id: 'alive', pattern })] },
      found,
    ],
    [
      'unless one that is based on it is alive',
      {
        observables: [basedOn('i', 'b')],
        indicators: [dead, writeIndicator({ id: 'b', pattern: many })],
      },
      found,
    ],
    [
      'unless it is dead for another value',
      {
        observables: [basedOn('b')],
        indicators: [
          writeIndicator({ id: 'b', pattern: "[domain-name:value = 'other.com']", revoked: true }),
        ],
      },
      found,
    ],
    [
      'one that only names it',
      {
        observables: [observable],
        indicators: [
          writeIndicator({ id: 'i', pattern: `${pattern} FOLLOWEDBY [url:value = 'u']`, revoked: true }),
        ],
      },
      left('i'),
    ],
    [
      'one that is based on it, of a pattern that is not compiled',
      {
        observables: [basedOn('b')],
        indicators: [
          writeIndicator({ id: 'b', pattern: "[url:value = 'http://evil.com/x']", revoked: true }),
        ],
      },
      left('b'),
    ],
    [
      'unless one of a pattern that is not compiled is alive',
      {
        observables: [basedOn('i', 'b')],
        indicators: [dead, writeIndicator({ id: 'b', pattern: `${pattern} REPEATS 5 TIMES` })],
      },
      found,
    ],
    [
      'unless its pattern cannot be read',
      {
        observables: [basedOn('b')],
        indicators: [writeIndicator({ id: 'b', pattern_type: 'sigma', pattern: 'evil.com', revoked: true })],
      },
      found,
    ],
  ];

  test.each(cases)('%s', async (_, platform, event) => {
    const { events, requests } = await runWith(platform, withName('evil.com'), lists);
    expect(events).toMatchObject([event]);
    expect(requests).toHaveLength(1);
  });

  test('the one of a SHA-512 of the same file, that is based on it', async () => {
    const sha512 = '1f'.repeat(64);
    const file = writeObservable({
      id: 'f',
      entity_type: 'StixFile',
      hashes: [
        { algorithm: 'MD5', hash: md5 },
        { algorithm: 'SHA-512', hash: sha512 },
      ],
      indicators: ['b'],
    });
    const ofOther = writeIndicator({
      id: 'b',
      pattern: `[file:hashes.'SHA-512' = '${sha512}']`,
      revoked: true,
    });
    const platform = { observables: [file], indicators: [ofOther] };
    const { events } = await runWith(platform, withHashes(`MD5=${md5.toUpperCase()}`), {
      'opencti-win-hashes': [`MD5=${md5.toUpperCase()}:f`],
    });
    expect(events).toMatchObject([
      {
        event: 'not_confirmed',
        reason: 'indicator b is revoked, and no other one is alive; observable f is left',
      },
    ]);
  });

  test.each<[string, IntegrationSettings['trust'], object]>([
    ['unless the observable is trusted more', [{ authors: [' alienvault '] }], found],
    ['also when both are trusted', [{ authors: ['ICS-CSIRT.io', 'AlienVault'] }], left('i')],
    ['also when it is trusted less', [{ authors: ['ICS-CSIRT.io'] }, { authors: ['AlienVault'] }], left('i')],
    ['also when it has the confidence', [{ confidence: 75 }], left('i')],
    [
      'unless it has less confidence, and the observable is trusted',
      [{ confidence: 76 }, { authors: ['AlienVault'] }],
      found,
    ],
  ])('%s', async (_, trust, event) => {
    const platform = {
      observables: [name('o', 'evil.com', { createdBy: alienVault })],
      indicators: [writeIndicator({ id: 'i', pattern, revoked: true, createdBy: icsCsirt })],
    };
    const { events, requests } = await runWith(platform, withName('evil.com'), lists, { trust });
    expect(events).toMatchObject([event]);
    expect(requests).toHaveLength(1);
  });

  test('unless indicators are no source of the lists', async () => {
    const platform = { observables: [observable], indicators: [dead] };
    const { events } = await runWith(platform, withName('evil.com'), lists, { indicators: false });
    expect(events).toMatchObject([found]);
  });

  test('all hashes of a file with the one that is dead', async () => {
    const file = writeObservable({
      id: 'o',
      entity_type: 'StixFile',
      hashes: [
        { algorithm: 'SHA-256', hash: sha256 },
        { algorithm: 'MD5', hash: md5.toUpperCase() },
      ],
      indicators: ['i'],
    });
    const ofMd5 = writeIndicator({ id: 'i', pattern: `[file:hashes.MD5 = '${md5}']`, revoked: true });
    const { events } = await runWith(
      { observables: [file], indicators: [ofMd5] },
      withHashes(`SHA256=${sha256.toUpperCase()}`),
    );
    expect(events).toMatchObject([left('i')]);
  });

  test('and the domain above it that is alive takes its place', async () => {
    const platform = { observables: [name('o', 'a.evil.com'), name('above', 'evil.com')] };
    const indicators = [
      writeIndicator({ id: 'i', pattern: "[domain-name:value = 'a.evil.com']", revoked: true }),
    ];
    const { events } = await runWith({ ...platform, indicators }, withName('a.evil.com'));
    expect(events).toMatchObject([{ id: 'above', source: { matched_by: 'parent domain' } }]);
  });

  test('for an alert of the site without an event, but with a word in the log', async () => {
    const ofTheSite = { ...withName('evil.com'), rule: { id: '100000', groups: ['sysmon'] } };
    const { events, log } = await runWith({ observables: [observable], indicators: [dead] }, ofTheSite);
    expect(events).toEqual([]);
    expect(log[0]).toContain('outcome="no event: not confirmed, and in no list"');
    expect(log[0]).toContain(`note="${left('i').reason}"`);
  });
});

describe('of several objects', () => {
  const cases: readonly (readonly [string, Platform, string, string[]])[] = [
    [
      'an observable goes before an indicator, even if the list names that',
      {
        observables: [name('o', 'evil.com', { x_opencti_score: 1 })],
        indicators: [writeIndicator({ id: 'listed', pattern: "[domain-name:value = 'evil.com']" })],
      },
      'o',
      ['listed'],
    ],
    [
      'the one that the list names goes before a higher score',
      {
        observables: [
          name('high', 'evil.com', { x_opencti_score: 100 }),
          name('listed', 'evil.com', { entity_type: 'Hostname' }),
        ],
      },
      'listed',
      ['high'],
    ],
    [
      'the higher score decides',
      {
        observables: [
          name('low', 'evil.com', { x_opencti_score: 10 }),
          name('none', 'evil.com', { x_opencti_score: null, entity_type: 'Hostname' }),
          name('high', 'evil.com', { x_opencti_score: 90, entity_type: 'Hostname' }),
        ],
      },
      'high',
      ['low', 'none'],
    ],
    [
      'then a domain goes before a host name',
      {
        observables: [name('a-host', 'evil.com', { entity_type: 'Hostname' }), name('b-domain', 'evil.com')],
      },
      'b-domain',
      ['a-host'],
    ],
    [
      'then the older one',
      {
        observables: [
          name('a', 'evil.com', { created_at: '2023-01-01T00:00:00.000Z' }),
          name('b', 'evil.com'),
        ],
      },
      'b',
      ['a'],
    ],
  ];

  test.each(cases)('%s', async (_, platform, best, others) => {
    const { events } = await runWith(platform, withName('evil.com'), {
      'opencti-win-query-name': ['evil.com:listed'],
    });
    expect(events).toMatchObject([{ id: best, source: { other_ids: others } }]);
  });

  test('the longer hash decides', async () => {
    const byMd5 = writeObservable({
      id: 'a',
      entity_type: 'StixFile',
      hashes: [{ algorithm: 'MD5', hash: md5 }],
      x_opencti_score: 100,
    });
    const bySha = writeObservable({
      id: 'b',
      entity_type: 'Artifact',
      hashes: [{ algorithm: 'SHA-256', hash: sha256 }],
    });
    const { events } = await runWith({ observables: [byMd5, bySha] }, sample('sysmon1-composite'));
    expect(events).toMatchObject([{ id: 'b', value: sha256, source: { other_ids: ['a'] } }]);
  });
});

describe('what came back is compared with what was asked', () => {
  test('an object that was edited since its id came into the list', async () => {
    const { events } = await runWith(
      { observables: [name('listed', 'good.example.com')] },
      withName('evil.com'),
      {
        'opencti-win-query-name': ['evil.com:listed'],
      },
    );
    expect(events).toEqual([
      {
        event: 'not_confirmed',
        reason: 'no object of OpenCTI that the token may see has the value',
        source: {
          alert_id: '1795489484.79094007',
          rule_id: '100000',
          field: 'win.eventdata.queryName',
          value: 'evil.com',
          list: 'opencti-win-query-name',
        },
      },
    ]);
  });

  test('the server knows no accents, names do', async () => {
    const { events } = await runWith({ observables: [name('n', 'évil.com')] }, withName('evil.com'));
    expect(events).toMatchObject([{ event: 'not_confirmed' }]);
  });

  test('a value that is dirty in OpenCTI is found by the id of the list', async () => {
    const { events } = await runWith(
      { observables: [name('n', ' hxxp://Evil[.]com. ')] },
      withName('evil.com'),
      {
        'opencti-win-query-name': ['evil.com:n'],
      },
    );
    expect(events).toMatchObject([{ id: 'n', value: ' hxxp://Evil[.]com. ' }]);
  });

  test('a file whose full hash is another one than the prefix that a gate matched', async () => {
    const other = `${sha256.slice(0, 16)}${'0'.repeat(48)}`;
    const file = writeObservable({
      id: 'f',
      entity_type: 'StixFile',
      hashes: [{ algorithm: 'SHA-256', hash: other }],
    });
    const { events } = await runWith({ observables: [file] }, withHashes(`SHA256=${sha256.toUpperCase()}`));
    expect(events).toMatchObject([
      { event: 'not_confirmed', source: { value: `SHA256=${sha256.toUpperCase()}` } },
    ]);
  });
});

describe('an alert that no list or gate raised', () => {
  test('gets the context all the same', async () => {
    const { events } = await runWith(
      { observables: [address('a', '105.112.50.80')] },
      withAddress('105.112.50.80', ['sysmon']),
    );
    expect(events).toMatchObject([{ id: 'a' }]);
  });

  test('with a value that OpenCTI does not know makes no event', async () => {
    const { events, requests, log } = await runWith({}, withAddress('105.112.50.80', ['sysmon']));
    expect(events).toEqual([]);
    expect(requests).toHaveLength(1);
    expect(log[0]).toContain('outcome="no event: not confirmed, and in no list"');
  });

  test.each([
    ['a private address', withAddress('192.168.0.4'), 'not-global'],
    ['a documentation network', withAddress('203.0.113.9'), 'not-global'],
    ['no address', withAddress('-'), null],
    ['one label', withName('localhost'), 'single-label'],
    ['a public suffix', withName('co.uk'), 'public-suffix'],
    ['an address as a name', withName('105.112.50.80'), 'name-is-address'],
    ['the hash of the empty file', withHashes('MD5=D41D8CD98F00B204E9800998ECF8427E'), null],
    ['a hash that is none', withHashes('SHA256=XYZ,IMPHASH=F34D5F2D4577ED6D9CEEC516C1F5A744'), null],
  ])('with %s makes no request', async (_, alert, note) => {
    const { events, requests, log } = await runWith({}, alert);
    expect(events).toEqual([]);
    expect(requests).toEqual([]);
    expect(log[0]).toContain('outcome="nothing to do: the value can be in no list"');
    if (note !== null) expect(log[0]).toContain(`note="${note}"`);
  });

  test.each([
    [
      'an event of the integration',
      { ...sample('sysmon22-answer'), data: { integration: 'opencti', ...sample('sysmon22-answer').data } },
    ],
    [
      'an alert about one',
      {
        ...sample('sysmon22-answer'),
        rule: { id: '100625', groups: ['threat_intel', 'opencti', 'opencti_alert'] },
      },
    ],
    ['an alert without a looked-up field', sample('sysmon25-no-hash')],
  ])('%s is left alone', async (_, alert) => {
    const { events, requests, log } = await runWith({ observables: [name('n', 'sazoya.com')] }, alert);
    expect(events).toEqual([]);
    expect(requests).toEqual([]);
    expect(log[0]).toMatch(/outcome="nothing to do: /);
  });
});
