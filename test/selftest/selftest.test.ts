import { readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sourceNames } from '../../src/wazuh/fields.ts';
import { addFirewallDecoders } from '../fake-manager/decoders.ts';
import { type InstalledManager, startInstalledManager } from '../fake-manager/installed.ts';

interface Row {
  readonly source: string;
  readonly event: number | null;
  readonly log: string;
  readonly field: string;
  readonly spelling: string;
  readonly rule: number;
  readonly outcome: string;
  readonly shadow: number | null;
  readonly context: string | null;
  readonly cause: string | null;
  readonly next: string | null;
}

async function selftest(
  manager: InstalledManager,
  ...args: string[]
): Promise<{ code: number | null; rows: Row[] }> {
  const { code, stdout, stderr } = await manager.run('selftest', '--json', '--timeout', '4', ...args);
  expect(stderr).toBe('');
  return { code, rows: JSON.parse(stdout) };
}

const named = ({ event, log, field, spelling }: Row) => `${event ?? log} ${field} ${spelling}`;

/** Written by hand: each row that starts by itself, and the first one of a field and root in each spelling that it comes in. */
const rowsOf = (row: string, spellings: readonly string[]) =>
  spellings.map((spelling) => `${row} ${spelling}`);
const hashSpellings = ['one hash', 'several hashes'];
const listedAddresses = ['IPv4', 'IPv4 of a dual-stack socket'];
const networks = ['in a network', 'in a network, dual-stack socket'];
const names = ['the name', 'with a trailing dot', 'a subdomain, mixed case', 'a subdomain, trailing dot'];
const logAddresses = ['IPv4', 'IPv6', 'IPv6, eight groups', 'in a network', 'in an IPv6 network'];
const sysmonRows = [
  ...rowsOf('1 win.eventdata.hashes', hashSpellings),
  ...[6, 7, 15, 23, 24, 25, 26, 27, 28, 29].map((event) => `${event} win.eventdata.hashes one hash`),
  ...rowsOf('15 win.eventdata.hash', hashSpellings),
  ...rowsOf('3 win.eventdata.destinationIp', [...listedAddresses, 'IPv6', ...networks]),
  ...rowsOf('22 win.eventdata.queryName', names),
  ...rowsOf('3008 win.eventdata.queryName', names),
];
const linuxAddressRows = rowsOf('3 eventdata.destinationIp', [
  ...listedAddresses,
  ...['mapped IPv4, short', 'mapped IPv4, dotted', 'IPv6', 'IPv6, short'],
  ...networks,
]);
/** Of Sysmon for Linux by our decoder, in the fields of FIM; and those of FIM itself. */
const sharedRows = (withFim: boolean) =>
  ['sha256', 'sha1', 'md5'].flatMap((hash) => [
    ...rowsOf(`1 ${hash}`, hashSpellings),
    `23 ${hash} one hash`,
    ...(withFim ? [554, 550, 553].map((event) => `${event} ${hash} the hash`) : []),
  ]);
const remoteDesktopRows = (form: string) => [
  ...rowsOf(`21 win.${form}.address`, logAddresses),
  `24 win.${form}.address IPv4`,
  `25 win.${form}.address IPv4`,
];
const windowsRows = [
  ...rowsOf('4624 win.eventdata.ipAddress', [
    ...['IPv4', 'mapped IPv4, dotted', 'IPv6', 'IPv6, eight groups'],
    ...['in a network', 'in a network, mapped', 'in an IPv6 network'],
  ]),
  '4648 win.eventdata.ipAddress IPv4',
  ...rowsOf('5156 win.eventdata.destAddress', logAddresses),
  ...remoteDesktopRows('eventdata'),
  ...remoteDesktopRows('eventXML'),
  ...rowsOf('1149 win.eventdata.param3', logAddresses),
  ...rowsOf('1149 win.eventXML.param3', logAddresses),
];
/** Suricata, and the logins and firewalls that this manager has a decoder for. */
const logRows = [
  ...rowsOf('sshd srcip', ['IPv4', 'in a network']),
  'dovecot srcip IPv4',
  ...rowsOf('Fortigate dstip', ['IPv4', 'in a network']),
  'Junos dstip IPv4',
  ...rowsOf('Suricata alert dest_ip', logAddresses),
  'Suricata flow dest_ip IPv4',
  ...rowsOf('Suricata alert src_ip', logAddresses),
];
const toExpected = (withFim: boolean) => [
  ...[...sysmonRows, ...linuxAddressRows, ...sharedRows(withFim), ...windowsRows, ...logRows],
];
const expectedRows = toExpected(false);

async function startManager(): Promise<InstalledManager> {
  const manager = await startInstalledManager();
  addFirewallDecoders(manager.home);
  manager.restart();
  return manager;
}

/** For tests that are about the way of a context: each row of it starts a process. */
function lookUpSysmonAlone(manager: InstalledManager): void {
  const off = sourceNames.filter((name) => name !== 'sysmon').map((name) => `${name}: off`);
  edit(manager, 'etc/opencti-wazuh.yml', (text) => `${text}\nsources: { ${off.join(', ')} }\n`);
}

const sysmonAlone = sysmonRows.filter((row) => !row.startsWith('3008 '));

test('every row and spelling fires on a manager that is well, by an alert that pages nobody', async () => {
  const manager = await startManager();
  const { code, rows } = await selftest(manager, '--syscheck');
  expect(rows.filter(({ outcome }) => outcome !== 'fired')).toEqual([]);
  expect(rows.map(named)).toEqual(toExpected(true));
  expect(rows).toHaveLength(toExpected(true).length);
  expect(code).toBe(0);
  const canaries = manager.alerts.filter(({ rule }) => rule.groups.includes('opencti_selftest'));
  expect(canaries.length).toBeGreaterThanOrEqual(rows.length);
  expect(manager.alerts.filter(({ rule }) => rule.level > 3)).toEqual([]);
});

test('without --syscheck no FIM event is sent, and the table says so', async () => {
  const manager = await startManager();
  const { code, stdout } = await manager.run('selftest');
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^ {2}Sysmon for Windows 22 +win\.eventdata\.queryName +a subdomain, mixed case +rule 100649 +fired$/m,
  );
  expect(stdout).toContain(
    `${expectedRows.length} of ${expectedRows.length} rows fired; the rows of syscheck are not asked without --syscheck`,
  );
});

test('--integration waits for the answer to each, for which no OpenCTI is asked', {
  timeout: 240_000,
}, async () => {
  const manager = await startManager();
  const { code, rows } = await selftest(manager, '--integration', '--timeout', '120');
  expect(rows.map(({ context }) => context)).toEqual(expectedRows.map(() => 'came'));
  expect(code).toBe(0);
  const context = manager.alerts.filter(({ rule }) => rule.id === '100629');
  expect(context[0]?.rule).toMatchObject({ level: 3, groups: expect.arrayContaining(['opencti_selftest']) });
});

test('an integration of other groups is named', async () => {
  const manager = await startManager();
  edit(manager, 'etc/ossec.conf', (text) => text.replace('opencti_match', 'sysmon_event1'));
  manager.restart();
  const { code, rows } = await selftest(manager, '--integration');
  expect(rows.map(({ outcome, context }) => `${outcome} ${context}`)).toEqual(
    expectedRows.map(() => 'fired missing'),
  );
  expect(rows[0]?.cause).toEqual(
    expect.stringMatching(
      /^integration: ossec\.conf:\d+: the <integration> takes the groups sysmon_event1, not opencti_match$/,
    ),
  );
  expect(rows[0]?.next).toBe('run opencti-wazuh install --adopt, then restart the manager');
  expect(code).toBe(1);
});

test('rows fire without context, and the integration says why', async () => {
  const manager = await startManager();
  lookUpSysmonAlone(manager);
  edit(manager, 'integrations/custom-opencti.json', (text) =>
    text.replace('"timeout": 8000', '"timeout": 0'),
  );
  const { code, rows } = await selftest(manager, '--integration', '--timeout', '120');
  expect(rows.map(({ outcome, context }) => `${outcome} ${context}`)).toEqual(
    sysmonAlone.map(() => 'fired failed'),
  );
  expect(rows[0]?.cause).toBe(
    `the integration says: ${manager.home}/integrations/custom-opencti.json: "timeout" is not a number of milliseconds; run "opencti-wazuh install" again`,
  );
  expect(code).toBe(1);
  const { stdout } = await manager.run('selftest', '--integration', '--timeout', '120');
  expect(stdout).toMatch(/^ {2}Sysmon for Windows 22 .* fired {2}context failed$/m);
  expect(stdout).toMatch(/\n(\d+) of \1 rows fired, 0 of \1 with context;/);
});

function edit({ home }: InstalledManager, path: string, change: (text: string) => string): void {
  const file = join(home, path);
  const before = readFileSync(file, 'latin1');
  const after = change(before);
  expect(after).not.toBe(before);
  writeFileSync(file, after, 'latin1');
}

test('a rule of level 0 that ends an event before the gate is named, at its rows alone', async () => {
  const manager = await startManager();
  // It loads between the categories and our gates.
  writeFileSync(
    join(manager.home, 'etc/rules/0010-z.xml'),
    `<group name="site,"><rule id="100111" level="0"><if_sid>7</if_sid><field name="win.system.eventID">^22$</field><description>noise</description></rule></group>\n`,
  );
  manager.restart();
  const { code, rows } = await selftest(manager);
  const bad = rows.filter(({ outcome }) => outcome !== 'fired');
  expect(bad.map(named)).toEqual(expectedRows.filter((row) => row.startsWith('22 ')));
  expect(bad[0]).toMatchObject({ outcome: 'shadowed', shadow: 100111 });
  expect(bad[0]?.cause).toBe(
    'rule 100111 (0010-z.xml, level 0 without noalert) can take the event before ours, and nothing raised an alert for it',
  );
  expect(bad[0]?.next).toMatch(/opencti-wazuh check says which rule can win over ours$/);
  expect(code).toBe(1);
});

test('what takes a line of a log is what the engine says of that very line', async () => {
  const manager = await startManager();
  // Between the categories and our gates, and of no interest to the events of Windows.
  writeFileSync(
    join(manager.home, 'etc/rules/0010-z.xml'),
    `<group name="site,"><rule id="100111" level="0"><if_sid>1</if_sid><program_name>sysmon</program_name><description>noise</description></rule></group>\n`,
  );
  manager.restart();
  const sessions = manager.judged.length;
  const { rows } = await selftest(manager);
  const bad = rows.filter(({ outcome }) => outcome !== 'fired');
  expect([...new Set(bad.map(({ source }) => source))]).toEqual(['sysmon_linux']);
  for (const { shadow, cause } of bad)
    expect({ shadow, cause }).toEqual({
      shadow: 100111,
      cause:
        'rule 100111 (0010-z.xml, level 0 without noalert) takes the event, and no gate of ours does before it',
    });
  // All of them in one session, beside the one that judged the set, and none is left open.
  expect(manager.judged.length - sessions).toBe(2);
  expect(manager.openSessions.size).toBe(0);
});

test('an engine that runs another set than the one on the disk is told', async () => {
  const manager = await startManager();
  const rules = join(manager.home, 'etc/rules/0011-opencti-gates.xml');
  const decoders = join(manager.home, 'etc/decoders/zzzz-opencti-decoder.xml');
  const [gates, marked] = [rules, decoders].map((file) => readFileSync(file, 'utf8')) as [string, string];
  // It has loaded gates for nothing, and a decoder of another name; the disk has the right ones again.
  writeFileSync(rules, gates.replaceAll('<field name="win.system.eventID"', '<field name="no.such.field"'));
  writeFileSync(decoders, marked.replaceAll(/octset-[0-9a-f]+/g, 'octset-0000000000000000'));
  manager.restart();
  writeFileSync(rules, gates);
  writeFileSync(decoders, marked);
  const { rows } = await selftest(manager);
  const bad = rows.filter(({ outcome }) => outcome !== 'fired');
  expect(bad[0]?.cause).toMatch(
    /^the engine runs another set than the one on the disk: it has not loaded its decoder octset-[0-9a-f]{16}$/,
  );
  expect(bad[0]?.next).toMatch(/then run opencti-wazuh refresh --force$/);
});

test('a site that overwrites base rules and silences events loses no row', async () => {
  const manager = await startManager();
  const silent = (id: number, parent: string) =>
    `<rule id="${id}" level="0">${parent}<description>quiet</description></rule>`;
  writeFileSync(
    join(manager.home, 'etc/rules/a_site.xml'),
    `<group name="site,">
  <rule id="554" level="7" overwrite="yes"><category>ossec</category><decoded_as>syscheck_new_entry</decoded_as><description>added</description></rule>
  <rule id="61603" level="0" overwrite="yes"><if_sid>61600</if_sid><description>quiet</description></rule>
  ${silent(100_111, '<if_sid>61650</if_sid>')}
  ${silent(100_112, '<if_group>windows,sysmon</if_group>')}
  ${silent(100_113, '<category>ossec</category>')}
  ${silent(100_114, '<category>syslog</category>')}
</group>\n`,
  );
  manager.restart();
  const { code, rows } = await selftest(manager, '--syscheck');
  expect(rows.filter(({ outcome }) => outcome !== 'fired')).toEqual([]);
  expect(rows).toHaveLength(toExpected(true).length);
  expect(code).toBe(0);
});

test('a list that is not declared is named at the rows that it would match', async () => {
  const manager = await startManager();
  edit(manager, 'etc/ossec.conf', (text) =>
    text.replace(/ *<list>etc\/lists\/opencti-win-hashes<\/list>\n/, ''),
  );
  manager.restart();
  const { rows } = await selftest(manager);
  const bad = rows.filter(({ outcome }) => outcome !== 'fired');
  expect(bad.map(named)).toEqual(
    expectedRows.filter((row) => row.endsWith(' win.eventdata.hashes one hash')),
  );
  for (const { cause, next } of bad) {
    expect(cause).toMatch(/ossec\.conf does not declare <list>etc\/lists\/opencti-win-hashes<\/list>/);
    expect(next).toBe('run opencti-wazuh install, and restart the manager');
  }
});

test('a gate that names a wrong parent is named with the line that the engine drops', async () => {
  const manager = await startManager();
  edit(manager, 'etc/rules/0011-opencti-gates.xml', (text) =>
    text.replaceAll('<if_sid>118004,118035</if_sid>', '<if_sid>118098</if_sid>'),
  );
  manager.restart();
  const { rows } = await selftest(manager);
  const bad = rows.filter(({ outcome }) => outcome !== 'fired');
  expect([...new Set(bad.map(({ field }) => field))]).toEqual(['win.eventdata.queryName']);
  expect(bad[0]?.cause).toMatch(
    /^the engine drops a rule: \(7617\): Signature ID '118098' was not found .* \(7619\): .*Rule '118103' will be ignored\. \(etc\/rules\/0011-opencti-gates\.xml:\d+\)$/,
  );
  expect(bad[0]?.next).toMatch(/run opencti-wazuh refresh/);
});

test('a list that the engine has not compiled anew is named', async () => {
  const manager = await startManager();
  const list = join(manager.home, 'etc/lists/opencti-win-destination-ip');
  const text = readFileSync(list);
  // An old database: compiled of an empty list, and newer than the text.
  writeFileSync(list, '');
  utimesSync(list, new Date(Date.now() + 10_000), new Date(Date.now() + 10_000));
  manager.restart();
  writeFileSync(list, text);
  utimesSync(list, 1_000, 1_000);
  manager.restart();
  const { rows } = await selftest(manager);
  const bad = rows.filter(({ outcome }) => outcome !== 'fired');
  expect(bad.map(named)).toEqual([
    '3 win.eventdata.destinationIp IPv4',
    '3 win.eventdata.destinationIp IPv4 of a dual-stack socket',
    '3 win.eventdata.destinationIp IPv6',
  ]);
  expect(bad[0]?.cause).toMatch(
    /etc\/lists\/opencti-win-destination-ip\.cdb has 0 keys where the list has \d+/,
  );
});

test('lists without canaries are told, and an engine that does not run', async () => {
  const manager = await startManager();
  edit(manager, 'etc/lists/opencti-win-hash', (text) => text.replace(/.*canary\n/g, ''));
  utimesSync(join(manager.home, 'etc/lists/opencti-win-hash'), Date.now() / 1000 + 9, Date.now() / 1000 + 9);
  manager.restart();
  const { rows } = await selftest(manager);
  const bad = rows.filter(({ outcome }) => outcome !== 'fired');
  expect(bad.map(named)).toEqual(['15 win.eventdata.hash one hash']);
  expect(bad[0]).toMatchObject({ next: 'run opencti-wazuh refresh' });
});

test('an engine that takes no event is told', async () => {
  const manager = await startManager();
  manager.queue.close();
  const { code, stderr } = await manager.run('selftest');
  expect(code).toBe(1);
  expect(stderr).toMatch(/the engine takes no event \(.*ECONNREFUSED\): is Wazuh running\?/);
});

test.each([
  [
    'alerts.json is not written',
    (text: string) => text.replace('<jsonout_output>yes', '<jsonout_output>no'),
    /ossec\.conf has jsonout_output no, and the selftest reads alerts\.json: nothing was sent; set <jsonout_output>yes/,
  ],
  [
    'alerts of canaries are below the level that is written',
    (text: string) =>
      `${text}<ossec_config><alerts><log_alert_level>4</log_alert_level></alerts></ossec_config>\n`,
    /ossec\.conf has log_alert_level 4, and the alerts of canaries have level 3: .*nothing was sent; lower it to 3/,
  ],
  [
    'ossec.conf is malformed',
    (text: string) => text.replace('</ossec_config>', ''),
    /ossec\.conf:\d+: the engine cannot read it: .*nothing was sent/,
  ],
])('where %s that is said, and no event is sent', async (_, change, message) => {
  const manager = await startManager();
  edit(manager, 'etc/ossec.conf', change);
  const { code, stderr } = await manager.run('selftest');
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
  expect(manager.alerts).toEqual([]);
});

test('rules of the site that overwrite ours, or hang below ours, are named; what does not concern a row is not', async () => {
  const manager = await startManager();
  const put = (name: string, rules: string) =>
    writeFileSync(join(manager.home, 'etc/rules', name), `<group name="site,">${rules}</group>\n`);
  put(
    'a-site.xml',
    '<rule id="100112" level="15"><if_sid>118500, 118501</if_sid><field name="win.system.eventID">^24$</field><description>of the site</description></rule>',
  );
  // Beside it a rule that has the id of the MD5 gate of FIM, which the engine drops.
  put(
    'zzzzz-site.xml',
    `<rule id="118703" level="0" overwrite="yes"><if_group>octcanary_win_query</if_group><description>quiet</description></rule>
    <rule id="118107" level="3"><if_sid>1</if_sid><description>taken</description></rule>`,
  );
  manager.restart();
  const { rows } = await selftest(manager);
  const bad = rows.filter(({ outcome }) => outcome !== 'fired');
  expect(bad.map(named)).toEqual(
    expectedRows.filter((row) => /^(?:24 win\.eventdata\.hashes|22|3008) /.test(row)),
  );
  expect(bad[0]).toMatchObject({
    shadow: 100112,
    cause: 'rule 100112 (a-site.xml, level 15) hangs below a rule of ours and takes its place',
    next: 'take that rule out of a-site.xml or hang it elsewhere, and restart the manager',
  });
  expect(bad[2]).toMatchObject({
    cause: 'rule 118703, which is ours, has level 0 in zzzzz-site.xml, which overwrites it',
    next: 'take that rule out of zzzzz-site.xml, and restart the manager',
  });
});

test('rules of the first version are told, which have other canaries', async () => {
  const manager = await startManager();
  for (const name of ['0011-opencti-gates.xml', 'zzzz-opencti-rules.xml'])
    rmSync(join(manager.home, 'etc/rules', name));
  for (const name of ['zz-opencti-1-gates.xml', 'zz-opencti-2-rules.xml'])
    writeFileSync(
      join(manager.home, 'etc/rules', name),
      readFileSync(join(import.meta.dirname, '../support/first-version/rules', name)),
    );
  manager.restart();
  const { code, rows } = await selftest(manager);
  expect(code).toBe(1);
  const query = rows.find((row) => named(row) === '22 win.eventdata.queryName the name');
  expect(query).toMatchObject({
    outcome: 'shadowed',
    cause: expect.stringMatching(
      /^rule 10067\d of ours \(zz-opencti-2-rules\.xml\) takes the event, .* the rules are of another version$/,
    ),
    next: 'run opencti-wazuh refresh',
  });
});

test('an integratord that does not run is the cause of a context that is missing', async () => {
  const manager = await startManager();
  lookUpSysmonAlone(manager);
  edit(manager, 'etc/ossec.conf', (text) => text.replace('opencti_match', 'opencti_nothing'));
  manager.restart();
  edit(manager, 'etc/ossec.conf', (text) => text.replace('opencti_nothing', 'opencti_match'));
  const folder = join(manager.home, 'var/run');
  for (const name of readdirSync(folder).filter((each) => each.startsWith('wazuh-integratord-')))
    rmSync(join(folder, name));
  const { rows } = await selftest(manager, '--integration');
  expect(rows[0]).toMatchObject({ outcome: 'fired', context: 'missing' });
  expect(rows[0]?.cause).toMatch(/^integratord: integratord does not run/);
  expect(rows[0]?.next).toMatch(/restart the manager/);
});

test('canaries are in no count, no difference and no export', async () => {
  const manager = await startManager();
  const list = readFileSync(join(manager.home, 'etc/lists/opencti-fim-md5'), 'utf8');
  expect(list).toContain(':opencti-wazuh-canary\n');
  const status = JSON.parse((await manager.run('status', '--json')).stdout);
  const entries = list.split('\n').filter((line) => line !== '' && !line.includes('canary')).length;
  expect(status.state.confirmed.lists['opencti-fim-md5']).toBe(entries);
  const folder = join(manager.home, 'export');
  const first = await manager.run('refresh', '--dry-run', folder, '--values');
  expect(first.stdout).toContain('A refresh would write no file');
  const exported = await manager.run('export', join(manager.home, 'exported'));
  expect(exported.code, exported.stderr).toBe(0);
  expect(readFileSync(join(manager.home, 'exported/lists/opencti-fim-md5'), 'utf8')).not.toContain('canary');
  const lists = readdirSync(join(manager.home, 'exported/lists'));
  expect(
    lists.filter((name) => /canary/.test(readFileSync(join(manager.home, 'exported/lists', name), 'utf8'))),
  ).toEqual([]);
});
