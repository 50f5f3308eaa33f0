import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { createDemoData } from '../../src/demo/data/demo-data.ts';
import { writeObservable } from '../../src/demo/data/written.ts';
import { demoToken, startOpenCti } from '../../src/demo/server.ts';
import { makeFolder, runCli } from '../support/cli.ts';
import { makeLastingFolder } from '../support/lasting-folder.ts';

const events = join(import.meta.dirname, '../support/events');
const folder = makeLastingFolder();

beforeAll(async () => {
  const networks = [
    writeObservable({ id: 'net-4', entity_type: 'IPv4-Addr', value: '31.13.64.0/22' }),
    writeObservable({ id: 'net-6', entity_type: 'IPv6-Addr', value: '2a02:6b8:b::/48' }),
  ];
  const data = createDemoData({ observables: 1_000, written: { observables: networks } });
  const server = await startOpenCti({ data });
  const result = await runCli(['export', folder], { OPENCTI_URL: server.url, OPENCTI_TOKEN: demoToken });
  expect(result.code, result.stderr).toBe(0);
  await server.close();
});

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
        { list: 'opencti-linux-hashes', key: sysmonKey, id: expect.any(String) },
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

describe('a manager', () => {
  /** An installation with stand-ins for the stock rules, one of which reads a list of the manager's own. */
  function makeHome(): string {
    const home = makeFolder();
    mkdirSync(join(home, 'etc'));
    cpSync(join(folder, 'lists'), join(home, 'etc/lists'), { recursive: true });
    cpSync(join(folder, 'rules'), join(home, 'etc/rules'), { recursive: true });
    cpSync(join(folder, 'decoders'), join(home, 'etc/decoders'), { recursive: true });
    const stock = join(import.meta.dirname, '../support/stock-ruleset');
    cpSync(stock, join(home, 'ruleset/rules'), { recursive: true });
    cpSync(join(stock, 'decoders'), join(home, 'ruleset/decoders'), { recursive: true });
    return home;
  }

  const emptyFimLists = (home: string) => {
    for (const name of ['sha256', 'sha1', 'md5'])
      writeFileSync(join(home, `etc/lists/opencti-fim-${name}`), '');
  };
  const declare = (home: string, ...lists: string[]) => {
    const elements = lists.map((path) => `<list>${path}</list>`).join('');
    writeFileSync(
      join(home, 'etc/ossec.conf'),
      `<ossec_config><ruleset>${elements}</ruleset></ossec_config>`,
    );
  };
  const added = join(events, 'syscheck-added.json');
  const run = (home: string, ...args: string[]) => runCli(['lookup', added, ...args], { WAZUH_HOME: home });
  const malware = 'etc/lists/malicious-ioc/malware-hashes';

  test('its own rules beside ours decide what fires', async () => {
    const home = makeHome();
    expect(JSON.parse((await run(home, '--json')).stdout)).toMatchObject({
      ourRulesOnly: false,
      fired: { id: 100_655 },
      maybe: [],
      refused: [],
    });
    emptyFimLists(home);
    const missed = await run(home, '--json');
    expect(missed.code).toBe(1);
    expect(JSON.parse(missed.stdout)).toMatchObject({ fired: { id: 554, isMatch: false } });
  });

  test.each<[string, (home: string) => void]>([
    ['that ossec.conf declares', (home) => declare(home, malware)],
    ['when ossec.conf is not there', () => undefined],
    ['when ossec.conf is broken', (home) => writeFileSync(join(home, 'etc/ossec.conf'), '<ossec_config>')],
  ])('a stock rule that reads a list %s may fire', async (_, prepare) => {
    const home = makeHome();
    emptyFimLists(home);
    prepare(home);
    const result = await run(home);
    expect(result.stdout).toContain(
      'The event fires rule 554, level 5: A new file among the watched ones\n' +
        'Tried before it, and would win if what is not known here holds:\n' +
        '  rule 99901, level 14 (not known: sha256): A watched file has the hash of known malware: /home/alice/Downloads/invoice.exe\n',
    );
    expect(result.code).toBe(1);
  });

  test('a stock rule that reads a list which ossec.conf does not declare is dropped, as by the engine', async () => {
    const home = makeHome();
    emptyFimLists(home);
    declare(home, 'etc/lists/another');
    expect(JSON.parse((await run(home, '--json')).stdout)).toMatchObject({ fired: { id: 554 }, maybe: [] });
  });

  test('what the engine would refuse is said, five at most', async () => {
    const home = makeHome();
    writeFileSync(join(home, 'etc/rules/local_rules.xml'), '<group name="local,">');
    const bad = '<rule id="1000000" level="3"><description>d</description></rule>';
    writeFileSync(join(home, 'etc/rules/more_rules.xml'), `<group name="local,">${bad.repeat(6)}</group>`);
    const result = await run(home);
    expect(result.stdout).toMatch(
      /The engine would refuse these rules and load none:\n {2}local_rules\.xml:1: /,
    );
    expect(result.stdout.match(/^ {2}more_rules\.xml:1: .*one to six digits/gm)).toHaveLength(4);
    expect(result.stdout).toContain('  ... and 2 more\n');
    expect(JSON.parse((await run(home, '--json')).stdout).refused).toHaveLength(7);
  });

  test('a folder that is none', async () => {
    const result = await runCli(['lookup', 'a.com', '--from', makeFolder()]);
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/holds neither lists\/ of an export nor etc\/lists of a manager/);
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
