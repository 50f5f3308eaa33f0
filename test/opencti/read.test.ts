import { describe, expect, it } from 'vitest';
import type { Page } from '../../src/opencti/pages.ts';
import { readIndicators, readObservables } from '../../src/opencti/read.ts';
import type { FilterGroup } from '../../src/opencti/types.ts';
import type { IndicatorRecord, ObservableRecord } from '../../src/values/kinds.ts';
import type { StoredIndicator } from '../platform/data/objects.ts';
import { openOpenCti } from '../support/opencti.ts';
import { catchError, connect, token } from './support/client.ts';
import { indicator, observable } from './support/objects.ts';
import { answering, startHttp } from './support/servers.ts';

const lists = { shape: 'lists' } as const;

async function collect<T>(pages: AsyncIterable<Page<T>>): Promise<T[]> {
  const records: T[] = [];
  for await (const page of pages) records.push(...page.records);
  return records;
}

async function readOne(own: Parameters<typeof observable>[0]): Promise<ObservableRecord | undefined> {
  const server = await openOpenCti(
    { documented: false, written: { observables: [observable(own)] } },
    { token },
  );
  return (await collect(readObservables(connect(server.url), lists, { pageSize: 10 })))[0];
}

async function readOneIndicator(own: Partial<StoredIndicator> & { pattern: string }) {
  const indicators = [indicator({ id: 'i1', ...own })];
  const server = await openOpenCti({ documented: false, written: { indicators } }, { token });
  return (await collect(readIndicators(connect(server.url), lists, { pageSize: 10 })))[0];
}

describe('an observable', () => {
  it.each([
    ['IPv4-Addr', '198.51.100.7', 'ipv4'],
    ['IPv4-Addr', '198.51.100.0/24', 'ipv4'],
    ['IPv6-Addr', '2001:DB8::1%eth0', 'ipv6'],
    ['Domain-Name', ' Evil[.]example. ', 'name'],
    ['Hostname', 'c2.evil.example:443', 'name'],
  ] as const)(
    'of type %s with the value %j is a claim of it, untouched',
    async (entity_type, value, kind) => {
      expect(await readOne({ id: 'o1', entity_type, value })).toEqual({
        type: 'observable',
        id: 'o1',
        score: 80,
        claims: [{ kind, text: value }],
        unusable: [],
        oneFile: false,
      });
    },
  );

  it('of 150,000 hashes that no event carries is read in the time that they take', async () => {
    const hashes = Array.from({ length: 150_000 }, () => ({ algorithm: 'SHA-512', hash: 'c1' }));
    const record = await readOne({ id: 'o1', entity_type: 'StixFile', hashes });
    expect([record?.claims.length, record?.unusable.length]).toEqual([0, 150_000]);
  });

  it.each(['StixFile', 'Artifact'] as const)(
    'of type %s gives its hashes, by any spelling of the algorithm',
    async (entity_type) => {
      const hashes = [
        { algorithm: 'SHA-512', hash: 'c1' },
        { algorithm: 'SHA-256', hash: ' C2 ' },
        { algorithm: 'sha256', hash: 'c3' },
        { algorithm: 'SHA1', hash: 'c4' },
        { algorithm: 'Md5', hash: 'c5' },
        { algorithm: 'SSDEEP', hash: '3:c6' },
        { algorithm: 'SHA-1', hash: null },
      ];
      expect(await readOne({ id: 'f1', entity_type, name: 'a.exe', hashes, x_opencti_score: null })).toEqual({
        type: 'observable',
        id: 'f1',
        score: null,
        claims: [
          { kind: 'sha256', text: ' C2 ' },
          { kind: 'sha256', text: 'c3' },
          { kind: 'sha1', text: 'c4' },
          { kind: 'md5', text: 'c5' },
          { kind: 'sha1', text: '' },
        ],
        unusable: [
          { text: 'c1', reason: 'unused-algorithm' },
          { text: '3:c6', reason: 'unused-algorithm' },
        ],
        oneFile: true,
      });
    },
  );

  it('with one hash is no set of hashes of one file', async () => {
    const hashes = [{ algorithm: 'MD5', hash: 'c5' }];
    expect(await readOne({ id: 'f1', entity_type: 'StixFile', hashes })).toMatchObject({ oneFile: false });
  });

  it('that is a file with nothing but a name claims nothing', async () => {
    expect(await readOne({ id: 'f1', entity_type: 'StixFile', name: 'a.exe', hashes: [] })).toMatchObject({
      claims: [],
      unusable: [],
    });
  });
});

describe('an indicator', () => {
  it('tells its score, life and pattern', async () => {
    expect(
      await readOneIndicator({
        pattern: "[domain-name:value = 'a.example' OR url:value = 'http://a.example/']",
        x_opencti_score: 45,
        revoked: true,
        valid_from: '2026-01-02T03:04:05.678Z',
        valid_until: '2027-01-01T00:00:00.000Z',
      }),
    ).toEqual({
      type: 'indicator',
      id: 'i1',
      score: 45,
      revoked: true,
      validFrom: 1767323045678,
      validUntil: 1798761600000,
      claims: [{ kind: 'name', text: 'a.example' }],
      unusable: [{ text: "url:value = 'http://a.example/'", reason: 'unused-object' }],
      oneFile: false,
    } satisfies IndicatorRecord);
  });

  it('may have no bounds', async () => {
    const record = await readOneIndicator({ pattern: "[domain-name:value = 'a']", valid_from: null });
    expect(record).toMatchObject({ validFrom: null, validUntil: null, revoked: false });
  });

  it('of another pattern type is skipped whole', async () => {
    const pattern = 'rule a { condition: true }';
    expect(await readOneIndicator({ pattern, pattern_type: 'yara' })).toMatchObject({
      claims: [],
      unusable: [{ text: pattern, reason: 'pattern-type' }],
    });
  });
});

describe('the request', () => {
  it('asks for all looked-up types, oldest first, and filters nothing', async () => {
    const server = await openOpenCti({ documented: false }, { token });
    await collect(readObservables(connect(server.url), lists, { pageSize: 700 }));
    const [request] = server.requests;
    expect(request?.variables).toEqual({
      first: 700,
      types: ['StixFile', 'Artifact', 'IPv4-Addr', 'IPv6-Addr', 'Domain-Name', 'Hostname'],
    });
    expect(request?.query).toContain('orderBy: created_at, orderMode: asc');
  });

  it('filters what it is told to, and nothing by default', async () => {
    const server = await openOpenCti({}, { token });
    const client = connect(server.url);
    const filters: FilterGroup = {
      mode: 'and',
      filters: [{ key: ['objectMarking'], values: ['none'], operator: 'eq', mode: 'or' }],
      filterGroups: [],
    };
    expect(await collect(readObservables(client, lists, { pageSize: 10, filters }))).toEqual([]);
    expect(await collect(readIndicators(client, lists, { pageSize: 10, filters }))).toEqual([]);
    expect(server.requests.map(({ variables }) => variables.filters)).toEqual([filters, filters]);
  });

  it('asks for a part of the types, and gets no others', async () => {
    const written = {
      observables: [
        observable({ id: 'a', entity_type: 'Hostname', value: 'a.example' }),
        observable({ id: 'b', entity_type: 'IPv4-Addr', value: '198.51.100.7' }),
      ],
    };
    const server = await openOpenCti({ documented: false, written }, { token });
    const records = await collect(
      readObservables(connect(server.url), lists, { pageSize: 10, types: ['Hostname'] }),
    );
    expect(records.map(({ id }) => id)).toEqual(['a']);
    expect(server.requests[0]?.variables).toMatchObject({ types: ['Hostname'] });
  });

  it('is not sent for no type: OpenCTI would return all', () => {
    expect(() => readObservables(connect('http://127.0.0.1:1'), lists, { pageSize: 10, types: [] })).toThrow(
      RangeError,
    );
  });

  it('for files is found out when a url comes back', async () => {
    const url = await startHttp(
      answering({
        data: {
          stixCyberObservables: {
            pageInfo: { endCursor: 'c', globalCount: 1 },
            edges: [{ node: { id: 'u1', entity_type: 'Url', x_opencti_score: 1 } }],
          },
        },
      }),
    );
    const pages = readObservables(connect(url), lists, { pageSize: 10, types: ['StixFile', 'Artifact'] });
    const error = await catchError(() => collect(pages));
    expect(error).toMatchObject({ failure: 'answer', exitCode: 1 });
    expect(error.message).toBe(
      'OpenCTI sent "entity_type" of object u1 as "Url", expected one of StixFile, Artifact',
    );
  });
});

describe.each([
  ['5.12.0', 'edges'],
  ['7.260318.0', 'lists'],
] as const)('details on %s', (version, shape) => {
  it('come as names and ids, when asked for', async () => {
    const server = await openOpenCti({}, { token, version });
    const [label] = server.data.labels.values();
    const [marking] = server.data.markings.values();
    const [author] = server.data.identities.values();
    if (!label || !marking || !author)
      throw new Error('the embedded platform has no label, marking or author');
    const references = { objectLabel: [label.id], objectMarking: [marking.id], createdBy: author.id };
    server.data.observables.add(
      observable({ id: 'full', entity_type: 'Hostname', value: 'a.example', ...references }),
      observable({ id: 'bare', entity_type: 'Hostname', value: 'b.example' }),
    );
    server.data.indicators.add(
      indicator({
        id: 'full',
        pattern: "[domain-name:value = 'a']",
        confidence: 65,
        x_opencti_detection: false,
        ...references,
      }),
    );
    const full = {
      labels: [{ id: label.id, name: label.value }],
      markings: [{ id: marking.id, name: marking.definition }],
      author: { id: author.id, name: author.name },
      createdAt: Date.parse('2026-01-01T00:00:00Z'),
      updatedAt: Date.parse('2026-01-01T00:00:00Z'),
      confidence: null,
      detection: null,
    };
    const options = { pageSize: 100, details: true };
    const observables = await collect(readObservables(connect(server.url), { shape }, options));
    expect(observables.find(({ id }) => id === 'full')?.details).toEqual(full);
    expect(observables.find(({ id }) => id === 'bare')?.details).toEqual({
      ...full,
      labels: [],
      markings: [],
      author: null,
    });
    const indicators = await collect(readIndicators(connect(server.url), { shape }, options));
    expect(indicators.find(({ id }) => id === 'full')?.details).toEqual({
      ...full,
      confidence: 65,
      detection: false,
    });
  });

  it('are absent otherwise', async () => {
    const server = await openOpenCti({}, { token, version });
    const records = await collect(readObservables(connect(server.url), { shape }, { pageSize: 100 }));
    expect(records.length).toBeGreaterThan(0);
    for (const { details } of records) expect(details).toBeUndefined();
  });
});

describe('a row that does not fit is an error naming field and object', () => {
  const host = { id: 'o1', entity_type: 'Hostname', x_opencti_score: 50, value: 'a.example' };
  const dead = {
    id: 'i1',
    pattern_type: 'stix',
    pattern: '[]',
    revoked: false,
    valid_from: null,
    valid_until: null,
    x_opencti_score: null,
  };
  const toAnswer = (root: string, node: unknown) => ({
    data: { [root]: { pageInfo: { endCursor: 'c', globalCount: 1 }, edges: [{ node }] } },
  });

  it.each([
    [null, 'OpenCTI sent null in "node", expected an object'],
    ['x', 'OpenCTI sent "x" in "node", expected an object'],
    [{ ...host, id: 7 }, 'OpenCTI sent "id" of an object without id as 7, expected a text'],
    [
      { ...host, entity_type: undefined },
      'OpenCTI sent "entity_type" of object o1 as nothing, expected a text',
    ],
    [
      { ...host, x_opencti_score: '50' },
      'OpenCTI sent "x_opencti_score" of object o1 as "50", expected an integer or null',
    ],
    [
      { ...host, x_opencti_score: 0.5 },
      'OpenCTI sent "x_opencti_score" of object o1 as 0.5, expected an integer or null',
    ],
    [{ ...host, value: ['a'] }, 'OpenCTI sent "value" of object o1 as ["a"], expected a text or null'],
    [
      { ...host, entity_type: 'StixFile', hashes: {} },
      'OpenCTI sent "hashes" of object o1 as {}, expected a list or null',
    ],
    [
      { ...host, entity_type: 'StixFile', hashes: [{ hash: 'c5' }] },
      'OpenCTI sent "algorithm" of an object without id as nothing, expected a text',
    ],
  ])('observable %j', async (node, message) => {
    const url = await startHttp(answering(toAnswer('stixCyberObservables', node)));
    const error = await catchError(() => collect(readObservables(connect(url), lists, { pageSize: 10 })));
    expect(error).toMatchObject({ failure: 'answer', exitCode: 1, message });
  });

  it.each([
    [{ ...dead, revoked: null }, 'OpenCTI sent "revoked" of object i1 as null, expected true or false'],
    [{ ...dead, valid_until: 5 }, 'OpenCTI sent "valid_until" of object i1 as 5, expected a text or null'],
    [{ ...dead, pattern: 5 }, 'OpenCTI sent "pattern" of object i1 as 5, expected a text or null'],
  ])('indicator %j', async (node, message) => {
    const url = await startHttp(answering(toAnswer('indicators', node)));
    const error = await catchError(() => collect(readIndicators(connect(url), lists, { pageSize: 10 })));
    expect(error).toMatchObject({ failure: 'answer', exitCode: 1, message });
  });

  it.each([
    ['without pageInfo', { edges: [] }, '"stixCyberObservables.pageInfo"'],
    [
      'without a count',
      { pageInfo: { endCursor: '' }, edges: [] },
      '"stixCyberObservables.pageInfo.globalCount"',
    ],
    [
      'without rows',
      { pageInfo: { endCursor: '', globalCount: 0 }, edges: null },
      '"stixCyberObservables.edges"',
    ],
  ])('a page %s', async (_, page, place) => {
    const url = await startHttp(answering({ data: { stixCyberObservables: page } }));
    const error = await catchError(() => collect(readObservables(connect(url), lists, { pageSize: 10 })));
    expect(error.failure).toBe('answer');
    expect(error.message).toContain(place);
  });

  it('a null value and a null pattern are counted like empty ones', async () => {
    const observables = await startHttp(
      answering(toAnswer('stixCyberObservables', { ...host, value: null }), {
        data: { stixCyberObservables: { pageInfo: { endCursor: '', globalCount: 1 }, edges: [] } },
      }),
    );
    const [record] = await collect(readObservables(connect(observables), lists, { pageSize: 10 }));
    expect(record?.claims).toEqual([{ kind: 'name', text: '' }]);
    const indicators = await startHttp(
      answering(toAnswer('indicators', { ...dead, pattern: null }), {
        data: { indicators: { pageInfo: { endCursor: '', globalCount: 1 }, edges: [] } },
      }),
    );
    const [skipped] = await collect(readIndicators(connect(indicators), lists, { pageSize: 10 }));
    expect(skipped?.unusable).toEqual([{ text: '', reason: 'pattern-syntax' }]);
  });
});
