import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { fetchSelection } from '../../src/sync/fetch-selection.ts';
import { createProgress } from '../../src/sync/progress.ts';
import {
  alienVault,
  icsCsirt,
  referenceLabels,
  referenceMarkings,
  tlpAmber,
  tlpGreen,
  tlpRed,
} from '../platform/data/references.ts';
import { writeIndicator, writeObservable } from '../platform/data/written.ts';
import { demoToken, type OpenCtiServer } from '../platform/server.ts';
import { runCli } from '../support/cli.ts';
import { makeFolder } from '../support/folder.ts';
import { openOpenCti } from '../support/opencti.ts';
import { runs } from '../support/runs.ts';

const now = new Date('2023-01-02T00:00:00Z');

/** OpenCTI leaves nothing out of a read that a record is made of. */
const emptyPlace = { read: () => null, write() {} };

interface Options {
  readonly filterThere?: boolean;
  readonly pageSize?: number;
  readonly note?: (text: string) => unknown;
}

async function select(
  server: OpenCtiServer,
  selectSection: string,
  { filterThere = true, pageSize = 1_000, note = () => {} }: Options = {},
) {
  const file = join(makeFolder(), 'c.yml');
  writeFileSync(file, `opencti: { page_size: ${pageSize} }\nselect: ${selectSection}\n`);
  const environment = { OPENCTI_URL: server.url, OPENCTI_TOKEN: demoToken, WAZUH_HOME: '/nonexistent' };
  const config = loadConfig({ file, environment });
  return fetchSelection({
    config,
    progress: { ...createProgress({ write: () => true }), note },
    now,
    record: filterThere ? undefined : emptyPlace,
  });
}

describe('trust', () => {
  const pattern = "[domain-name:value = 'evil.com']";
  const written = {
    observables: [
      writeObservable({
        id: 'o',
        entity_type: 'Domain-Name',
        value: 'evil.com',
        x_opencti_score: 90,
        createdBy: icsCsirt,
      }),
    ],
    indicators: [writeIndicator({ id: 'i', pattern, revoked: true, createdBy: alienVault })],
  };

  test('names authors, and their word counts before that of others', async () => {
    const server = await openOpenCti({ documented: false, written });
    const valuesBy = async (section: string) => (await select(server, section)).selection.values.length;
    expect(await valuesBy('{}')).toBe(0);
    expect(await valuesBy('{ trust: [{ authors: [ics-csirt.io] }] }')).toBe(1);
    expect(await valuesBy('{ trust: [{ confidence: 75 }, { authors: [ICS-CSIRT.io] }] }')).toBe(0);
  });

  test('in an author that OpenCTI does not have ends the run, with near names', async () => {
    const server = await openOpenCti({ documented: false, written });
    await expect(select(server, '{ trust: [{ authors: [ICS-CSIRT.oi] }] }')).rejects.toThrow(
      /select\.trust\.0\.authors: no author is called "ICS-CSIRT\.oi"; near ones: "ICS-CSIRT\.io"/,
    );
  });

  test('is told by explain where it decided, and only there', async () => {
    const server = await openOpenCti({ documented: false, written });
    const file = join(makeFolder(), 'c.yml');
    writeFileSync(file, 'select: { trust: [{ authors: [ICS-CSIRT.io] }] }\n');
    const environment = { OPENCTI_URL: server.url, OPENCTI_TOKEN: demoToken };
    const trusted = await runCli(['explain', 'evil.com', '--config', file], environment);
    expect(trusted.stdout).toContain('evil.com: IN\n');
    expect(trusted.stdout).toContain(
      'select.trust decided: less trusted objects speak against it, and without select.trust it would be out (revoked).',
    );
    const equal = await runCli(['explain', 'evil.com'], environment);
    expect(equal.stdout).toContain('evil.com: OUT (revoked)\n');
    expect(equal.stdout).not.toContain('select.trust');
  });
});

type Fetched = Awaited<ReturnType<typeof select>>;

const valuesOf = ({ selection }: Fetched) =>
  [...selection.values].map(({ kind, value, id, score }) => `${kind} ${value} ${id} ${score}`).sort();

/** Of the written rows: names with label, author, marking and age each. */
const sections = [
  '{ labels: { any: [jarm] } }',
  '{ labels: { any: [jarm, ja3s], none: [import] } }',
  '{ labels: { none: [cobalt strike] } }',
  '{ authors: { in: [AlienVault] } }',
  '{ authors: { out: [AlienVault, Ada Demo] } }',
  '{ authors: { in: [AlienVault, ICS-CSIRT.io], out: [ICS-CSIRT.io] }, labels: { none: [jarm] } }',
  '{ markings: { any: ["TLP:GREEN", "TLP:RED"] } }',
  '{ markings: { none: ["TLP:RED"] } }',
  '{ markings: { tlp_max: "TLP:GREEN" } }',
  '{ created_within: 20h }',
  '{ updated_within: 20h }',
  '{ kinds: [ipv4] }',
  '{ kinds: [name, md5] }',
  '{ observables: { labels: { any: [jarm] }, created_within: 22h } }',
  '{ indicators: { labels: { any: [jarm] } } }',
  '{ hash: { labels: { any: [jarm] } }, name: { authors: { out: [AlienVault] } } }',
  '{ indicators: { detection: on, min_confidence: 50 } }',
  '{ labels: { any: [jarm, import, arkime], none: [ja3s] }, authors: { out: [Ada Demo] }, markings: { tlp_max: "TLP:AMBER" }, created_within: 23h, updated_within: 23h, min_score: 60, kinds: [sha256, md5, ipv4, name], observables: { when: any } }',
] as const;

describe('deciding there gives the lists of deciding here', () => {
  test.each(sections)('%s', async (section) => {
    const server = await openOpenCti({ observables: 1_500, indicators: 500, samples: true });
    const there = await select(server, section);
    const here = await select(server, section, { filterThere: false });
    expect(valuesOf(there)).toEqual(valuesOf(here));
    expect(valuesOf(there).length).toBeGreaterThan(20);
    const all = await select(server, '{}');
    expect(valuesOf(there)).not.toEqual(valuesOf(all));
  });

  test('on the oldest version too', async () => {
    const section = sections.at(-1) ?? '';
    const server = await openOpenCti({ observables: 2_000, indicators: 500 }, { version: '5.12.0' });
    const there = await select(server, section);
    expect(valuesOf(there)).toEqual(valuesOf(await select(server, section, { filterThere: false })));
  });
});

describe('what goes to OpenCTI', () => {
  const sentTo = (server: OpenCtiServer, operation: string) =>
    server.requests
      .filter(({ query }) => query?.includes(`query ${operation}(`))
      .map(({ variables }) => variables.filters);

  test('nothing without filters', async () => {
    const server = await openOpenCti();
    await select(server, '{}');
    expect(sentTo(server, 'Observables')).toEqual(new Array(2).fill(undefined));
    expect(sentTo(server, 'Indicators')).toEqual(new Array(2).fill(undefined));
    expect(server.requests.some(({ query }) => query?.includes('query Names'))).toBe(false);
  });

  test('labels, authors, markings and age of observables, by ids; no score, validity or revocation', async () => {
    const server = await openOpenCti({ observables: 100, indicators: 50 });
    await select(server, sections.at(-1) ?? '');
    const [filters] = sentTo(server, 'Observables');
    const id = (name: string) => referenceLabels.find(({ value }) => value === name)?.id;
    expect(filters).toEqual({
      mode: 'or',
      filters: [{ key: ['objectLabel'], values: [id('ja3s')], operator: 'eq', mode: 'or' }],
      filterGroups: [
        {
          mode: 'and',
          filters: [
            {
              key: ['objectLabel'],
              values: [id('jarm'), id('import'), id('arkime')].sort(),
              operator: 'eq',
              mode: 'or',
            },
            {
              key: ['createdBy'],
              values: ['51f7b3f4-6a58-4c41-9a3b-0c6f3b6a5e11'],
              operator: 'not_eq',
              mode: 'and',
            },
            { key: ['objectMarking'], values: [tlpRed], operator: 'not_eq', mode: 'and' },
            { key: ['created_at'], values: ['2023-01-01T01:00:00.000Z'], operator: 'gt', mode: 'or' },
            { key: ['updated_at'], values: ['2023-01-01T01:00:00.000Z'], operator: 'gt', mode: 'or' },
          ],
          filterGroups: [],
        },
      ],
    });
    expect(sentTo(server, 'Indicators')[0]).toBeUndefined();
    const sent = JSON.stringify(server.requests.map(({ variables }) => variables));
    expect(sent).not.toMatch(/revoked|valid_|score|detection|confidence/);
  });

  test('the types of the kinds: an IPv4 address can stand in an IPv6 one', async () => {
    const server = await openOpenCti({
      documented: false,
      written: { observables: [writeObservable({ entity_type: 'IPv6-Addr', value: '::ffff:31.0.0.1' })] },
    });
    const { selection } = await select(server, '{ kinds: [ipv4] }');
    expect([...selection.values].map(({ value }) => value)).toEqual(['31.0.0.1']);
    const [request] = server.requests.filter(({ query }) => query?.includes('query Observables('));
    expect(request?.variables.types).toEqual(['IPv4-Addr', 'IPv6-Addr']);
  });
});

describe('names', () => {
  test('every one that OpenCTI does not have is told, with near ones', async () => {
    const server = await openOpenCti();
    const section =
      '{ labels: { any: [jamr, JARM] }, authors: { out: [AlienVolt] }, indicators: { markings: { tlp_max: "TLP:PINK" } }, name: { labels: { none: [arkimee] } } }';
    await expect(select(server, section)).rejects.toThrow(
      [
        'the filters name what OpenCTI does not have:',
        '  select.labels.any: no label is called "jamr"; near ones: "ja3s", "jarm", "arkime"',
        '  select.authors.out: no author is called "AlienVolt"; near ones: "AlienVault", "Ada Demo", "ICS-CSIRT.io"',
        '  select.indicators.markings.tlp_max: no marking is called "TLP:PINK"; near ones: "TLP:RED", "TLP:WHITE", "TLP:AMBER"',
        '  select.name.labels.none: no label is called "arkimee"; near ones: "arkime", "jarm", "import"',
      ].join('\n'),
    );
  });

  test('near ones are looked for among all names, however many', async () => {
    const server = await openOpenCti();
    const [model] = server.data.labels.values();
    if (!model) throw new Error('there is no label');
    for (let at = 0; at < 10_010; at += 1) {
      const id = `a-${String(at).padStart(5, '0')}`;
      server.data.labels.set(id, { ...model, id, value: `feed tag ${at}` });
    }
    server.data.labels.set('z', { ...model, id: 'z', value: 'ransomware' });
    await expect(select(server, '{ labels: { any: [ransomwear, ransomwere] } }')).rejects.toThrow(
      /called "ransomwear"; near ones: "ransomware", .*\n.*called "ransomwere"; near ones: "ransomware", /,
    );
    expect(server.requests.filter(({ query }) => query?.includes('query MoreNames'))).toHaveLength(3);
  });

  test('a marking that the token may not see is not there', async () => {
    const server = await openOpenCti({}, { markings: [tlpGreen] });
    await expect(select(server, '{ markings: { none: ["TLP:RED"] } }')).rejects.toThrow(
      'no marking is called "TLP:RED"; near ones: "TLP:GREEN"',
    );
  });

  test('a ceiling is one of TLP; CLEAR and WHITE are one', async () => {
    const server = await openOpenCti(
      { observables: 200 },
      { markings: ['pap', ...referenceMarkings.map(({ id }) => id)] },
    );
    const [marking] = server.data.markings.values();
    if (marking) server.data.markings.set('pap', { ...marking, id: 'pap', definition: 'PAP:RED' });
    await expect(select(server, '{ markings: { tlp_max: "PAP:RED" } }')).rejects.toThrow(
      'markings.tlp_max: "PAP:RED" is not a marking of TLP; legal: TLP:WHITE, TLP:CLEAR, TLP:GREEN',
    );
    const clear = await select(server, '{ markings: { tlp_max: "TLP:CLEAR" } }');
    expect(valuesOf(clear)).toEqual(valuesOf(await select(server, '{ markings: { tlp_max: "TLP:WHITE" } }')));
    expect(valuesOf(clear)).toEqual(
      valuesOf(await select(server, '{ markings: { none: ["TLP:GREEN", "TLP:AMBER", "TLP:RED"] } }')),
    );
  });

  test('a marking of TLP that TLP does not have is above any ceiling; case and blanks do not count', async () => {
    const markings = {
      purple: ['TLP:PURPLE', 'TLP'],
      typed: ['INTERNAL', 'tlp'],
      strict: [' tlp: amber + strict ', 'TLP'],
      amber: ['tlp:Amber', 'TLP'],
      pap: ['PAP:RED', 'PAP'],
    };
    const server = await openOpenCti(
      {
        documented: false,
        written: {
          observables: [...Object.keys(markings), 'none'].map((marking) =>
            writeObservable({
              entity_type: 'Domain-Name',
              value: `${marking}.evil.com`,
              objectMarking: marking === 'none' ? [] : [marking],
            }),
          ),
        },
      },
      { markings: [tlpGreen, ...Object.keys(markings)] },
    );
    const [model] = server.data.markings.values();
    for (const [id, [definition = '', definition_type = '']] of Object.entries(markings))
      if (model) server.data.markings.set(id, { ...model, id, definition, definition_type });
    const namesOf = async (ceiling: string) =>
      [...(await select(server, `{ markings: { tlp_max: "${ceiling}" } }`)).selection.values]
        .map(({ value }) => value.split('.')[0])
        .sort();
    expect(await namesOf('TLP:AMBER')).toEqual(['amber', 'none', 'pap']);
    expect(await namesOf('tlp:amber+strict ')).toEqual(['amber', 'none', 'pap', 'strict']);
    const here = await select(server, '{ markings: { tlp_max: "TLP:AMBER" } }', { filterThere: false });
    expect(here.selection.skipped).toEqual({ 'filtered-marking': 3 });
    const notes: string[] = [];
    await select(server, '{ markings: { tlp_max: "TLP:AMBER" } }', { note: (text) => notes.push(text) });
    expect(notes).toEqual([
      'no version of TLP has "INTERNAL", "TLP:PURPLE": objects with it are above every tlp_max',
    ]);
  });

  test('two authors of one name are both meant', async () => {
    const server = await openOpenCti({
      documented: false,
      written: {
        observables: [alienVault, icsCsirt].map((createdBy, index) =>
          writeObservable({ entity_type: 'Domain-Name', value: `v${index}.evil.com`, createdBy }),
        ),
      },
    });
    const ics = server.data.identities.get(icsCsirt);
    if (ics) server.data.identities.set(icsCsirt, { ...ics, name: 'ALIENVAULT' });
    const { selection } = await select(server, '{ authors: { in: [AlienVault] } }');
    expect([...selection.values]).toHaveLength(2);
  });

  test('the command says so and exits 2', async () => {
    const server = await openOpenCti();
    const folder = makeFolder();
    const config = join(folder, 'c.yml');
    writeFileSync(config, 'select: { labels: { any: [jamr] } }\n');
    const result = await runCli(['export', join(folder, 'out'), '--config', config], {
      OPENCTI_URL: server.url,
      OPENCTI_TOKEN: demoToken,
    });
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toContain(
      'select.labels.any: no label is called "jamr"; near ones: "ja3s", "jarm"',
    );
  });
});

test('a dead indicator keeps its value out, whatever OpenCTI would filter', async () => {
  const dress = { createdBy: alienVault, objectMarking: [tlpGreen] };
  const server = await openOpenCti({
    documented: false,
    written: {
      observables: [writeObservable({ entity_type: 'Domain-Name', value: 'dead.evil.com', ...dress })],
      indicators: [
        writeIndicator({
          pattern: "[domain-name:value = 'dead.evil.com']",
          revoked: true,
          createdBy: icsCsirt,
          objectMarking: [tlpAmber],
        }),
      ],
    },
  });
  const { selection } = await select(
    server,
    '{ authors: { in: [AlienVault] }, markings: { tlp_max: "TLP:GREEN" } }',
  );
  expect([...selection.values]).toEqual([]);
  expect(selection.skipped).toEqual({ revoked: 1 });
});

test('the size of the pages changes nothing, and in and out are all', async () => {
  const server = await openOpenCti({ observables: 400, indicators: 150, samples: true });
  const expected = await select(server, sections[1], { pageSize: 5_000 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 50, max: 600 }), fc.boolean(), async (pageSize, filterThere) => {
      const fetched = await select(server, sections[1], { pageSize, filterThere });
      expect(valuesOf(fetched)).toEqual(valuesOf(expected));
      const { values, skippedValues } = fetched.selection;
      const all = [...values, ...skippedValues].map(({ kind, value }) => `${kind} ${value}`);
      expect(new Set(all).size).toBe(all.length);
    }),
    { numRuns: runs(4) },
  );
});
