import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { allFields, decodersOf, sourceNames, toRoot } from '../../src/wazuh/fields.ts';
import { createDemoData } from '../platform/data/demo-data.ts';
import { writeObservable } from '../platform/data/written.ts';
import { demoToken, startOpenCti } from '../platform/server.ts';
import { runCli } from '../support/cli.ts';
import { makeFolder } from '../support/folder.ts';
import { makeLastingFolder } from '../support/lasting-folder.ts';
import { activeResponse, failedLogin, sourceAlerts, toMappedLogin } from '../support/source-alerts.ts';

const events = join(import.meta.dirname, '../support/events');
const folder = makeLastingFolder();
/** With every row of every source. */
const everything = makeLastingFolder();
let configOfEverything = '';
/** With the rows that are looked up at first, all other logs with an address at a higher level than a failed login. */
const other = makeLastingFolder();

beforeAll(async () => {
  const networks = [
    writeObservable({ id: 'net-4', entity_type: 'IPv4-Addr', value: '31.13.64.0/22' }),
    writeObservable({ id: 'net-6', entity_type: 'IPv6-Addr', value: '2a02:6b8:b::/48' }),
  ];
  const data = createDemoData({ observables: 1_000, written: { observables: networks } });
  const server = await startOpenCti({ data });
  const result = await runCli(['export', folder], { OPENCTI_URL: server.url, OPENCTI_TOKEN: demoToken });
  expect(result.code, result.stderr).toBe(0);
  for (const [target, written] of [
    [
      everything,
      `${switchOn()}  custom:\n    - { field: proxy.peer, kinds: [name], decoder: json, level: 9 }\n`,
    ],
    [
      other,
      'sources:\n  logins: { rows: { attempt: on } }\n  other_logs: { rows: { source: on }, level: 10 }\n',
    ],
  ] as const) {
    const config = join(makeLastingFolder(), 'opencti-wazuh.yml');
    writeFileSync(config, `${written}rules:\n  dns_decoders: on\n`);
    if (target === everything) configOfEverything = config;
    const exported = await runCli(['export', target, '--config', config, '--decoders', makeDecoders()], {
      OPENCTI_URL: server.url,
      OPENCTI_TOKEN: demoToken,
    });
    expect(exported.code, exported.stderr).toBe(0);
  }
  await server.close();
});

function switchOn(): string {
  const sources = sourceNames.map((source) => {
    const events = allFields.flatMap((field) => field.events).filter((event) => event.source === source);
    const rows = [...new Set(events.map(({ row }) => `${row}: on`))];
    return `  ${source}: { enabled: on, rows: { ${rows.join(', ')} } }\n`;
  });
  return `sources:\n${sources.join('')}`;
}

/** A manager's decoder files, as far as rules ask for their names. */
function makeDecoders(): string {
  const conditions = allFields.flatMap(({ events, roots }) => [
    ...events.map(({ when }) => when),
    ...roots.map((root) => toRoot(root).when),
  ]);
  const names = new Set(['json', ...conditions.flatMap(decodersOf)]);
  const decoders = makeLastingFolder();
  const text = [...names].map((name) => `<decoder name="${name}"><prematch>^x</prematch></decoder>\n`);
  writeFileSync(join(decoders, 'decoders.xml'), text.join(''));
  return decoders;
}

const lookup = (...args: string[]) => runCli(['lookup', ...args, '--from', folder]);

test('a listed value: every list and key that holds it, and the id', async () => {
  const result = await lookup('3F249CBADC8DE47DDD960A77EC71A5C92DA82DE2', '--json');
  expect(result.code).toBe(0);
  const sysmonKey = 'SHA1=3F249CBADC8DE47DDD960A77EC71A5C92DA82DE2';
  expect(JSON.parse(result.stdout)).toEqual([
    {
      value: '3f249cbadc8de47ddd960a77ec71a5c92da82de2',
      kind: 'sha1',
      refused: null,
      lists: [
        { list: 'opencti-win-hashes', key: sysmonKey, id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
        { list: 'opencti-win-hash', key: sysmonKey, id: expect.any(String) },
        { list: 'opencti-fim-sha1', key: '3f249cbadc8de47ddd960a77ec71a5c92da82de2', id: expect.any(String) },
      ],
      gates: [],
    },
  ]);
});

test.each([
  ['Sazoya[.]COM', 0, /sazoya\.com \(name\) is listed\n {2}opencti-win-query-name {2}sazoya\.com/],
  ['www.sazoya.com', 0, /a gate matches it\n {2}win\.eventdata\.queryName {2}rule 100649 {2}by gate 8\d{5}/],
  ['notsazoya.com', 1, /neither in a list nor matched by a gate/],
  ['105.112.50.80', 0, /opencti-win-destination-ip +105\.112\.50\.80/],
  ['31.13.67.255', 0, /win\.eventdata\.destinationIp {2}rule 100648 {2}by gate/],
  ['31.13.68.0', 1, /neither/],
  ['31.13.65.0/24', 0, /31\.13\.65\.0\/24 \(ipv4-network\) is in no list, but a gate matches it/],
  ['31.13.64.0/21', 1, /neither/],
  ['2a02:6b8:b:1::7', 0, /eventdata\.destinationIp +rule 100650/],
  ['192.168.1.1', 1, /192\.168\.1\.1: in no list, not-global: The address is not globally reachable/],
  ['co.uk', 1, /public-suffix/],
  ['a b', 1, /malformed-name/],
  [
    'MD5=E65487F5F65BCA9E283DD3AABD817DC0,SHA1=0000000000000000000000000000000000000001',
    0,
    /md5\) is listed[\s\S]*sha1\) is neither/,
  ],
])('%s exits %i', async (value, code, message) => {
  const result = await lookup(value);
  expect(result.stderr).toBe('');
  expect(result.stdout).toMatch(message);
  expect(result.code).toBe(code);
});

test.each([
  ['sysmon1-composite', 0, /The event fires rule 100640, level 14/],
  ['sysmon1-sha1-only', 0, /in {2}opencti-win-hashes {2}SHA1=3F249C[\s\S]*rule 100640/],
  ['sysmon15-composite', 0, /win\.eventdata\.hash: SHA1=[\s\S]*rule 100647/],
  [
    'sysmon22-subdomain-mixed-case',
    0,
    /not in {2}opencti-win-query-name {2}www\.sazoya\.com[\s\S]*rule 100649, level 12/,
  ],
  ['sysmon3-private', 1, /never in .* not-global .*[\s\S]*fires none of our rules/],
  ['sysmon25-no-hash', 1, /carries no field that is looked up/],
  ['linux-sysmon3-community-field', 0, /eventdata\.DestinationIp: 105\.112\.50\.80[\s\S]*rule 100650/],
  ['linux-sysmon3-documented-field', 0, /eventdata\.destinationIp: 105\.112\.50\.80[\s\S]*rule 100650/],
  ['syscheck-deleted', 0, /syscheck\.sha256_after[\s\S]*rule 100654/],
])('the alert %s', async (name, code, message) => {
  const result = await lookup(join(events, `${name}.json`));
  expect(result.stderr).toBe('');
  expect(result.stdout).toMatch(message);
  expect(result.code).toBe(code);
});

describe('events of the other sources', () => {
  async function fire(alert: object, from: string) {
    const file = join(makeFolder(), 'alert.json');
    writeFileSync(file, JSON.stringify(alert));
    const result = await runCli(['lookup', file, '--json', '--from', from]);
    expect(result.stderr).toBe('');
    return JSON.parse(result.stdout);
  }

  test.each(sourceAlerts)('$name fires rule $rule', async ({ alert, rule, by }) => {
    const { fired } = await fire(alert, everything);
    expect(fired?.id).toBe(rule);
    expect(fired.by === 'list' ? 'list' : 'gate').toBe(by);
    expect(fired.description).toMatch(/^OpenCTI - known (?:address|name): /);
  });

  test('of two rules that hold, the one with the higher level fires', async () => {
    expect((await fire(failedLogin, everything)).fired).toMatchObject({ id: 119_040, level: 5 });
    expect((await fire(failedLogin, other)).fired).toMatchObject({ id: 119_084, level: 10 });
  });

  test('an event of a row that is off fires nothing, and its value is in the list', async () => {
    const { fired, fields } = await fire(failedLogin, folder);
    expect(fired).toBeNull();
    expect(fields).toMatchObject([{ field: 'srcip', keys: [{ key: '105.112.50.80' }, {}] }]);
  });

  test('a field of the site, which the configuration names', async () => {
    const file = join(makeFolder(), 'alert.json');
    writeFileSync(
      file,
      JSON.stringify({ decoder: { name: 'json' }, data: { proxy: { peer: 'WWW.sazoya.com' } } }),
    );
    const from = ['--from', everything, '--config', configOfEverything];
    const { stdout } = await runCli(['lookup', file, '--json', ...from]);
    expect(JSON.parse(stdout).fired).toMatchObject({ id: 119_980, level: 9, field: 'proxy.peer' });
    const { stdout: value } = await runCli(['lookup', 'sazoya.com', ...from]);
    expect(value).toMatch(/opencti-custom-01 +sazoya\.com/);
    expect((await runCli(['lookup', 'sazoya.com', '--from', everything])).stdout).not.toContain('custom');
  });

  test('the log of an active response fires nothing', async () => {
    expect((await fire(activeResponse, everything)).fired).toBeNull();
  });

  test('of an address in the spelling of an IPv6 one', async () => {
    // Networks of a static field do not have it.
    expect((await fire(toMappedLogin('31.13.67.9'), everything)).fired).toBeNull();
    // The server API takes no such key, so the list of an export does not have it; that of a manager does.
    expect((await fire(toMappedLogin('105.112.50.80'), everything)).fired).toBeNull();
    const list = join(everything, 'lists/opencti-srcip');
    const text = readFileSync(list, 'utf8');
    onTestFinished(() => writeFileSync(list, text));
    const lines = text.trimEnd().split('\n');
    const [, id] = lines.find((line) => line.startsWith('105.112.50.80:'))?.split(':') ?? [];
    writeFileSync(list, `${[...lines, `"::ffff:105.112.50.80":${id}`].sort().join('\n')}\n`);
    expect((await fire(toMappedLogin('105.112.50.80'), everything)).fired).toMatchObject({ id: 119_024 });
  });

  test('shows a field for the sources that the event can be of', async () => {
    const web = sourceAlerts.find(({ name }) => name === 'web server')?.alert ?? {};
    const { fields } = await fire(web, everything);
    expect(fields.map(({ field }: { field: string }) => field)).toEqual(['srcip']);
  });

  test.each([
    [
      '31.13.67.9',
      ['srcip', 'dstip', 'dest_ip', 'win.eventdata.ipAddress', 'aws.sourceIPAddress', 'id.resp_h'],
    ],
    ['2a02:6b8:b:1::7', ['srcip', 'dstip', 'src_ip', 'win.eventdata.ipAddress']],
    ['www.sazoya.com', ['url', 'dns.rrname', 'dns.queries', 'win.eventdata.qNAME', 'query']],
  ])('%s is matched by gates of the fields that can have it', async (value, fields) => {
    const { stdout } = await runCli(['lookup', value, '--json', '--from', everything]);
    const [{ lists, gates }] = JSON.parse(stdout);
    expect(lists).toEqual([]);
    expect(gates.map(({ field }: { field: string }) => field)).toEqual(expect.arrayContaining(fields));
    const rules = gates
      .filter(({ field }: { field: string }) => field === 'url')
      .map(({ rule }: { rule: number }) => rule);
    expect(rules).toEqual(fields.includes('url') ? [119_150, 119_152, 119_153] : []);
  });
});

describe('a manager', () => {
  /** Makes a home with lists and rules as a refresh or an export writes them. */
  function makeHome(): string {
    const home = makeFolder();
    mkdirSync(join(home, 'etc'));
    for (const name of ['lists', 'rules', 'decoders'])
      cpSync(join(folder, name), join(home, 'etc', name), { recursive: true });
    return home;
  }

  const emptyFimLists = (home: string) => {
    for (const name of ['sha256', 'sha1', 'md5'])
      writeFileSync(join(home, `etc/lists/opencti-fim-${name}`), '');
  };
  const added = join(events, 'syscheck-added.json');
  const run = (home: string, ...args: string[]) => runCli(['lookup', ...args], { WAZUH_HOME: home });

  test('what would fire: the rule, its level, the field, and by what', async () => {
    const home = makeHome();
    const result = await run(home, added, '--json');
    expect(result.code).toBe(0);
    expect(JSON.parse(result.stdout).fired).toEqual({
      id: 100_655,
      level: 14,
      description: expect.stringContaining('file $(file) added'),
      field: 'syscheck.sha256_after',
      by: 'list',
    });
    emptyFimLists(home);
    const missed = await run(home, added, '--json');
    expect(missed.code).toBe(1);
    expect(JSON.parse(missed.stdout).fired).toBeNull();
    expect((await run(home, added)).stdout).toContain(
      'The event fires none of our rules: no list or gate has its text as it is spelled.',
    );
  });

  test.each([
    ['www.sazoya.com', /a gate matches it\n {2}win\.eventdata\.queryName {2}rule 100649 {2}by gate 8\d{5}/],
    ['31.13.67.255', /win\.eventdata\.destinationIp {2}rule 100648 {2}by gate 8\d{5}/],
    [join(events, 'sysmon22-subdomain-mixed-case.json'), /fires rule 100649, level 12, by gate 8\d{5}/],
    [join(events, 'sysmon1-composite.json'), /fires rule 100640, level 14, by gate 8\d{5}/],
  ])('a gate that matches %s', async (subject, message) => {
    const result = await run(makeHome(), subject);
    expect(result.stdout).toMatch(message);
    expect(result.code).toBe(0);
  });

  test('the rules of the site, whatever they are, decide nothing', async () => {
    const home = makeHome();
    writeFileSync(join(home, 'etc/rules/local_rules.xml'), '<group name="local,">');
    expect(JSON.parse((await run(home, added, '--json')).stdout).fired).toMatchObject({ id: 100_655 });
  });

  test('without our alert rules nothing of ours fires', async () => {
    const home = makeHome();
    rmSync(join(home, 'etc/rules/zzzz-opencti-rules.xml'));
    const result = await run(home, added);
    expect(result.stdout).toContain('The event fires none of our rules');
    expect(result.code).toBe(1);
  });

  test('a folder that is none', async () => {
    const result = await runCli(['lookup', 'a.com', '--from', makeFolder()]);
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/holds neither lists\/ of an export nor etc\/lists of a manager/);
  });
});

describe('the exit code of events', () => {
  const write = (...events: object[]) => {
    const file = join(makeFolder(), 'events.json');
    writeFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    return file;
  };
  const event = (eventdata: object, eventID: string) => ({
    win: { system: { providerName: 'Microsoft-Windows-Sysmon', eventID }, eventdata },
  });
  const query = (queryName: string) => event({ queryName }, '22');

  test('is 1 when nothing fires, whatever the lists have', async () => {
    const file = write(event({ hashes: 'sha1=3f249cbadc8de47ddd960a77ec71a5c92da82de2' }, '1'));
    const { stdout, code } = await lookup(file);
    expect(stdout).toContain('in  opencti-win-hashes  SHA1=3F249CBADC8DE47DDD960A77EC71A5C92DA82DE2');
    expect(stdout).toContain(
      'The event spells it in another way than the list: win.eventdata.hashes is sha1=3f249c',
    );
    expect(code).toBe(1);
  });

  test('is 0 when one of several fires; each is told by its place', async () => {
    const file = write(query('harmless.net'), query('sazoya.com'));
    const { stdout, code } = await lookup(file);
    expect(stdout).toMatch(
      /events\.json, line 1\n[\s\S]*fires none of our rules[\s\S]*line 2\n[\s\S]*rule 100649/,
    );
    expect(code).toBe(0);
    const { stdout: lines } = await lookup(file, '--json');
    expect(
      lines
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).fired?.id),
    ).toEqual([undefined, 100649]);
  });
});

test('a folder is no alert', async () => {
  const result = await lookup(folder);
  expect(result).toMatchObject({ code: 2, stdout: '' });
  expect(result.stderr).toContain(`${folder} is no file: give a value, or the path of a file`);
});

test('a file that is no alert', async () => {
  const file = join(makeFolder(), 'x.json');
  writeFileSync(file, 'hello');
  const result = await lookup(file);
  expect(result).toMatchObject({ code: 2, stdout: '' });
  expect(result.stderr).toMatch(/x\.json is not an alert in JSON/);
});
