import { describe, expect, it } from 'vitest';
import { ask, openOpenCti } from '../../support/opencti.ts';
import { writeIndicator, writeObservable } from '../data/written.ts';

const label = 'd4323e8a-171e-42b1-a205-446b5cee21af';
const amber = '6f0b8c2d-6b1c-4f0b-8f6b-7b6f2d6e2a02';
const author = '34c3f0f7-3087-45b5-9c6f-7dfb6916c352';
const long = `${'a'.repeat(510)}.com`;

const observables = [
  writeObservable({ id: 'café', entity_type: 'Domain-Name', value: 'Café.Example', x_opencti_score: 80 }),
  writeObservable({ id: 'long', entity_type: 'Domain-Name', value: long, x_opencti_score: 10 }),
  writeObservable({ id: 'host', entity_type: 'Hostname', value: 'cafe.example', x_opencti_score: null }),
  writeObservable({
    id: 'file',
    entity_type: 'StixFile',
    created_at: '2024-05-01T00:00:00.000Z',
    createdBy: author,
    objectLabel: [label],
    objectMarking: [amber],
    x_opencti_score: 50,
    hashes: [
      { algorithm: 'SHA-256', hash: 'AB'.repeat(32) },
      { algorithm: 'SHA-1', hash: 'cd'.repeat(20) },
      { algorithm: 'MD5', hash: 'ef'.repeat(16) },
    ],
  }),
];

const indicators = [
  writeIndicator({
    id: 'alive',
    pattern: "[domain-name:value = 'a']",
    valid_until: '2099-01-01T00:00:00.000Z',
  }),
  writeIndicator({ id: 'endless', pattern: "[domain-name:value = 'e']", valid_until: null, confidence: 10 }),
  writeIndicator({
    id: 'revoked',
    pattern: "[domain-name:value = 'r']",
    revoked: true,
    valid_until: '2023-01-01T00:00:00.000Z',
    x_opencti_detection: false,
  }),
  writeIndicator({
    id: 'yara',
    pattern: 'rule x',
    pattern_type: 'yara',
    x_opencti_main_observable_type: 'StixFile',
  }),
];

interface Condition {
  readonly key: string | readonly string[];
  readonly values: readonly string[];
  readonly operator?: string;
  readonly mode?: string;
}

function group(mode: 'and' | 'or', conditions: readonly Condition[], filterGroups: readonly object[] = []) {
  return { mode, filters: conditions, filterGroups };
}

async function find(root: 'stixCyberObservables' | 'indicators', filters: object): Promise<unknown> {
  const server = await openOpenCti({ documented: false, written: { observables, indicators } });
  const query = `query($filters: FilterGroup) {
    ${root}(filters: $filters, first: 100, orderBy: created_at, orderMode: asc) {
      pageInfo { globalCount } edges { node { id } }
    }
  }`;
  const answer = await ask<Found>(server, query, { variables: { filters } });
  if (answer.errors) return answer.errors.map((error) => error.extensions.code);
  const found = answer.data[root];
  const ids = found?.edges.map((edge) => edge.node.id) ?? [];
  expect(found?.pageInfo.globalCount).toBe(ids.length);
  return ids.toSorted();
}

interface Found {
  readonly data: Readonly<
    Record<
      string,
      { pageInfo: { globalCount: number; endCursor?: string }; edges: readonly { node: { id: string } }[] }
    >
  >;
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
}

describe('filters of observables', () => {
  it.each<[string, Condition, readonly string[]]>([
    ['case and accents do not count', { key: 'value', values: ['CAFE.example'] }, ['café', 'host']],
    ['any of many values', { key: 'value', values: ['x', 'cafe.example'] }, ['café', 'host']],
    ['over 512 characters nothing matches', { key: 'value', values: [long] }, []],
    ['SHA-256', { key: 'hashes.SHA-256', values: ['ab'.repeat(32)] }, ['file']],
    ['SHA-1', { key: 'hashes.SHA-1', values: ['CD'.repeat(20)] }, ['file']],
    ['MD5', { key: 'hashes.MD5', values: ['ef'.repeat(16)] }, ['file']],
    ['an unknown algorithm matches nothing', { key: 'hashes.SHA256', values: ['ab'.repeat(32)] }, []],
    [
      'several keys',
      { key: ['hashes.MD5', 'hashes.SHA-1', 'value'], values: ['cd'.repeat(20), 'cafe.example'] },
      ['café', 'file', 'host'],
    ],
    ['id', { key: 'id', values: ['long', 'none'] }, ['long']],
    ['ids', { key: 'ids', values: ['host', 'file--file'] }, ['file', 'host']],
    ['entity_type', { key: 'entity_type', values: ['Hostname'] }, ['host']],
    [
      'entity_type, not',
      { key: 'entity_type', values: ['Domain-Name'], operator: 'not_eq' },
      ['file', 'host'],
    ],
    ['score: none drops out', { key: 'x_opencti_score', values: ['50'], operator: 'gte' }, ['café', 'file']],
    ['score below', { key: 'x_opencti_score', values: ['50'], operator: 'lt' }, ['long']],
    ['no score', { key: 'x_opencti_score', values: [], operator: 'nil' }, ['host']],
    ['any score', { key: 'x_opencti_score', values: [], operator: 'not_nil' }, ['café', 'file', 'long']],
    ['label by id', { key: 'objectLabel', values: [label] }, ['file']],
    ['label by name: nothing', { key: 'objectLabel', values: ['cobalt strike'] }, []],
    ['no label', { key: 'objectLabel', values: [label], operator: 'not_eq' }, ['café', 'host', 'long']],
    ['marking by id', { key: 'objectMarking', values: [amber] }, ['file']],
    ['author by id', { key: 'createdBy', values: [author] }, ['file']],
    ['author by name: nothing', { key: 'createdBy', values: ['AlienVault'] }, []],
    ['created after', { key: 'created_at', values: ['2024-01-01T00:00:00Z'], operator: 'gt' }, ['file']],
    [
      'updated until',
      { key: 'updated_at', values: ['2024-01-01'], operator: 'lte' },
      ['café', 'host', 'long'],
    ],
  ])('%s', async (_name, condition, expected) => {
    expect(await find('stixCyberObservables', group('and', [condition]))).toEqual(expected);
  });
});

describe('filters of indicators', () => {
  it.each<[string, Condition, readonly string[]]>([
    ['revoked', { key: 'revoked', values: ['false'] }, ['alive', 'endless', 'yara']],
    [
      'valid_until ahead',
      { key: 'valid_until', values: ['2026-01-01T00:00:00Z'], operator: 'gt' },
      ['alive', 'yara'],
    ],
    ['valid_until open', { key: 'valid_until', values: [], operator: 'nil' }, ['endless']],
    [
      'valid_from',
      { key: 'valid_from', values: ['2022-04-01T00:00:00.000Z'] },
      ['alive', 'endless', 'revoked', 'yara'],
    ],
    ['pattern_type', { key: 'pattern_type', values: ['YARA'] }, ['yara']],
    ['pattern', { key: 'pattern', values: ["[domain-name:value = 'a']"] }, ['alive']],
    ['confidence', { key: 'confidence', values: ['11'], operator: 'lt' }, ['endless']],
    ['detection', { key: 'x_opencti_detection', values: ['false'] }, ['revoked']],
    ['main type', { key: 'x_opencti_main_observable_type', values: ['StixFile'] }, ['yara']],
  ])('%s', async (_name, condition, expected) => {
    expect(await find('indicators', group('and', [condition]))).toEqual(expected);
  });
});

describe('groups', () => {
  const isHost = { key: 'entity_type', values: ['Hostname'] };
  const isCafe = { key: 'value', values: ['cafe.example'] };
  const isFile = { key: 'entity_type', values: ['StixFile'] };

  it('join filters and groups by their mode', async () => {
    expect(await find('stixCyberObservables', group('and', [isHost, isCafe]))).toEqual(['host']);
    expect(await find('stixCyberObservables', group('or', [isFile, isCafe]))).toEqual([
      'café',
      'file',
      'host',
    ]);
    const nested = group('and', [isCafe], [group('or', [isHost, isFile])]);
    expect(await find('stixCyberObservables', nested)).toEqual(['host']);
    expect(await find('stixCyberObservables', group('and', []))).toEqual(['café', 'file', 'host', 'long']);
    expect(await find('stixCyberObservables', group('or', [isHost], [group('and', [])]))).toEqual(['host']);
  });

  it('need every value in mode "and"', async () => {
    const both = {
      key: ['hashes.MD5', 'hashes.SHA-1'],
      values: ['ef'.repeat(16), 'cd'.repeat(20)],
      mode: 'and',
    };
    expect(await find('stixCyberObservables', group('and', [both]))).toEqual(['file']);
    const one = { ...both, values: ['ef'.repeat(16), '00'.repeat(20)] };
    expect(await find('stixCyberObservables', group('and', [one]))).toEqual([]);
  });
});

function toPage(answer: Found) {
  const { stixCyberObservables } = answer.data;
  return stixCyberObservables;
}

describe('filters by value or hash over generated rows', () => {
  const query = `query($filters: FilterGroup, $after: ID, $mode: OrderingMode) {
    stixCyberObservables(filters: $filters, first: 2, after: $after, orderBy: created_at, orderMode: $mode) {
      pageInfo { globalCount endCursor } edges { node { id } }
    }
  }`;

  it('find each row of many, in any case, page by page, up and down, also when it was edited', async () => {
    const server = await openOpenCti({ observables: 2000, documented: false });
    const reading = {
      order: { field: 'created_at', descending: false },
      after: null,
      accept: () => true,
    } as const;
    const rows = [...server.data.observables.rows(reading)];
    // These are addresses and a file: names and uploads may be in two rows.
    const picked = [rows[1], rows[705], rows[1501], rows[1998]].flatMap((row) => row ?? []);
    const texts = picked.map((row) => (row.value ?? row.hashes?.[0]?.hash ?? '').toUpperCase());
    const keys = ['value', 'hashes.MD5', 'hashes.SHA-256'];
    const filters = group('and', [{ key: keys, values: [...texts, 'none.example'] }]);
    server.data.observables.edit(picked[1]?.id ?? '', { x_opencti_score: 3 });
    for (const mode of ['asc', 'desc']) {
      const first = await ask<Found>(server, query, { variables: { filters, mode } });
      const page = toPage(first);
      const after = page?.pageInfo.endCursor;
      const second = await ask<Found>(server, query, { variables: { filters, mode, after } });
      const edges = [...(page?.edges ?? []), ...(toPage(second)?.edges ?? [])];
      const ids = picked.map((row) => row.id);
      expect(edges.map((edge) => edge.node.id)).toEqual(mode === 'asc' ? ids : ids.toReversed());
      expect(page?.pageInfo.globalCount).toBe(4);
    }
  });
});

describe('what the server refuses', () => {
  it.each<[string, Condition]>([
    ['an unknown key', { key: 'sha256', values: ['x'] }],
    ['no values', { key: 'value', values: [] }],
    ['a range over two keys', { key: ['x_opencti_score', 'confidence'], values: ['1'], operator: 'gt' }],
  ])('%s is UNSUPPORTED_ERROR', async (_name, condition) => {
    expect(await find('stixCyberObservables', group('and', [condition]))).toEqual(['UNSUPPORTED_ERROR']);
  });

  it('is values that are not strings, up to 5.12.15', async () => {
    const query =
      '{ stixCyberObservables(filters: {mode: and, filters: [{key: ["x_opencti_score"], values: [50]}], filterGroups: []}) { edges { node { id } } } }';
    const old = await openOpenCti({}, { version: '5.12.15' });
    expect(await ask(old, query)).toMatchObject({
      errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
    });
    const since = await openOpenCti({}, { version: '5.12.16' });
    expect(await ask(since, query)).not.toHaveProperty('errors');
  });
});

describe('names of labels, markings and authors', () => {
  it('resolve to ids', async () => {
    const server = await openOpenCti();
    const byName = (key: string, value: string) => group('and', [{ key, values: [value] }]);
    const answer = await ask(
      server,
      `query($label: FilterGroup, $marking: FilterGroup, $author: FilterGroup) {
        labels(filters: $label) { edges { node { id value color } } }
        markingDefinitions(filters: $marking) { edges { node { id definition definition_type } } }
        identities(filters: $author, types: ["Organization"]) { edges { node { id name entity_type } } }
      }`,
      {
        variables: {
          label: byName('value', 'cobalt strike'),
          marking: byName('definition', 'TLP:AMBER'),
          author: byName('name', 'AlienVault'),
        },
      },
    );
    expect(answer).toEqual({
      data: {
        labels: { edges: [{ node: { id: label, value: 'cobalt strike', color: '#ff7396' } }] },
        markingDefinitions: {
          edges: [{ node: { id: amber, definition: 'TLP:AMBER', definition_type: 'TLP' } }],
        },
        identities: { edges: [{ node: { id: author, name: 'AlienVault', entity_type: 'Organization' } }] },
      },
    });
  });

  it('page like everything else', async () => {
    const server = await openOpenCti();
    const query = `query($after: ID) { labels(first: 4, after: $after, search: "") {
      pageInfo { endCursor globalCount hasNextPage } edges { node { value } } } }`;
    const first = await ask<Labels>(server, query);
    const rest = await ask<Labels>(server, query, {
      variables: { after: first.data.labels.pageInfo.endCursor },
    });
    const values = [...first.data.labels.edges, ...rest.data.labels.edges].map((edge) => edge.node.value);
    expect(values.toSorted()).toEqual([
      'arkime',
      'business email compromise',
      'cobalt strike',
      'import',
      'ja3s',
      'jarm',
    ]);
  });
});

interface Labels {
  readonly data: {
    readonly labels: {
      readonly pageInfo: { readonly endCursor: string };
      readonly edges: readonly { readonly node: { readonly value: string } }[];
    };
  };
}
