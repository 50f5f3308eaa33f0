import { appendFileSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type InstalledManager, startInstalledManager } from '../fake-manager/installed.ts';

interface Row {
  readonly source: string;
  readonly event: number;
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

const named = ({ event, field, spelling }: Row) => `${event} ${field} ${spelling}`;

/** Written by hand: each row of the documented table in each spelling that it comes in. */
const expectedRows = [
  ...[1, 6, 7, 15, 23, 24, 25].map((event) => `${event} win.eventdata.hashes one hash`),
  ...[1, 6, 7, 15, 23, 24, 25].map((event) => `${event} win.eventdata.hashes several hashes`),
  '15 win.eventdata.hash one hash',
  '15 win.eventdata.hash several hashes',
  '3 win.eventdata.destinationIp IPv4',
  '3 win.eventdata.destinationIp IPv6',
  '3 win.eventdata.destinationIp in a network',
  '22 win.eventdata.queryName the name',
  '22 win.eventdata.queryName a subdomain, mixed case',
  '3 eventdata.destinationIp IPv4',
  '3 eventdata.destinationIp IPv6',
  '3 eventdata.destinationIp in a network',
  '1 eventdata.hashes one hash',
  '23 eventdata.hashes one hash',
  '1 eventdata.hashes several hashes',
  '23 eventdata.hashes several hashes',
];
const fimRows = ['sha256', 'sha1', 'md5'].flatMap((hash) =>
  [554, 550, 553].map((event) => `${event} ${hash} the hash`),
);

test('every row and spelling fires on a manager that is well, by an alert that pages nobody', async () => {
  const manager = await startInstalledManager();
  const { code, rows } = await selftest(manager, '--syscheck');
  expect(rows.filter(({ outcome }) => outcome !== 'fired')).toEqual([]);
  expect(rows.map(named)).toEqual([...expectedRows, ...fimRows]);
  expect(code).toBe(0);
  const canaries = manager.alerts.filter(({ rule }) => rule.groups.includes('opencti_selftest'));
  expect(canaries.length).toBeGreaterThanOrEqual(rows.length);
  expect(manager.alerts.filter(({ rule }) => rule.level > 3)).toEqual([]);
});

test('without --syscheck no FIM event is sent, and the table says so', async () => {
  const manager = await startInstalledManager();
  const { code, stdout } = await manager.run('selftest');
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^ {2}Sysmon 22 +win\.eventdata\.queryName +a subdomain, mixed case +rule 100649 +fired$/m,
  );
  expect(stdout).toContain('28 of 28 rows fired; the rows of syscheck are not asked without --syscheck');
});

test('--integration waits for the answer to each, for which no OpenCTI is asked', {
  timeout: 90_000,
}, async () => {
  const manager = await startInstalledManager();
  const { code, rows } = await selftest(manager, '--integration', '--timeout', '40');
  expect(rows.map(({ context }) => context)).toEqual(expectedRows.map(() => 'came'));
  expect(code).toBe(0);
  const context = manager.alerts.filter(({ rule }) => rule.id === '100679');
  expect(context[0]?.rule).toMatchObject({ level: 3, groups: expect.arrayContaining(['opencti_selftest']) });
});

test('an integration of other groups is named', async () => {
  const manager = await startInstalledManager();
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
  const manager = await startInstalledManager();
  edit(manager, 'integrations/custom-opencti.json', (text) =>
    text.replace('"timeout": 8000', '"timeout": 0'),
  );
  const { code, rows } = await selftest(manager, '--integration');
  expect(rows.map(({ outcome, context }) => `${outcome} ${context}`)).toEqual(
    expectedRows.map(() => 'fired failed'),
  );
  expect(rows[0]?.cause).toBe(
    `the integration says: ${manager.home}/integrations/custom-opencti.json: "timeout" is not a number of milliseconds; run "opencti-wazuh install" again`,
  );
  expect(code).toBe(1);
  const { stdout } = await manager.run('selftest', '--integration', '--timeout', '4');
  expect(stdout).toMatch(/^ {2}Sysmon 22 .* fired {2}context failed$/m);
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
  const manager = await startInstalledManager();
  appendFileSync(
    join(manager.home, 'etc/rules/a_site.xml'),
    `<group name="site,"><rule id="100111" level="0"><if_sid>61650</if_sid><description>noise</description></rule></group>\n`,
  );
  manager.restart();
  const { code, rows } = await selftest(manager);
  const bad = rows.filter(({ outcome }) => outcome !== 'fired');
  expect(bad.map(named)).toEqual([
    '22 win.eventdata.queryName the name',
    '22 win.eventdata.queryName a subdomain, mixed case',
  ]);
  expect(bad[0]).toMatchObject({ outcome: 'shadowed', shadow: 100111 });
  expect(bad[0]?.cause).toMatch(/rule 100111 \(a_site\.xml, level 0 without noalert\) ends the event/);
  expect(bad[0]?.next).toMatch(/rules\.parents\.win_query\.ids/);
  expect(code).toBe(1);
});

test('a list that is not declared is named at the rows that it would match', async () => {
  const manager = await startInstalledManager();
  edit(manager, 'etc/ossec.conf', (text) =>
    text.replace(/ *<list>etc\/lists\/opencti-win-hashes<\/list>\n/, ''),
  );
  manager.restart();
  const { rows } = await selftest(manager);
  const bad = rows.filter(({ outcome }) => outcome !== 'fired');
  expect(bad.map(named)).toEqual(expectedRows.slice(0, 7));
  for (const { cause, next } of bad) {
    expect(cause).toMatch(/ossec\.conf does not declare <list>etc\/lists\/opencti-win-hashes<\/list>/);
    expect(next).toBe('run opencti-wazuh install, and restart the manager');
  }
});

test('a gate that names a wrong group is named with the line that the engine drops', async () => {
  const manager = await startInstalledManager();
  edit(manager, 'etc/rules/zz-opencti-1-gates.xml', (text) =>
    text.replaceAll(
      '<if_group>sysmon_event_22|sysmon_eid22_detections</if_group>',
      '<if_group>sysmon_22</if_group>',
    ),
  );
  manager.restart();
  const { rows } = await selftest(manager);
  const bad = rows.filter(({ outcome }) => outcome !== 'fired');
  expect([...new Set(bad.map(({ field }) => field))]).toEqual(['win.eventdata.queryName']);
  expect(bad[0]?.cause).toMatch(
    /the engine drops a rule: zz-opencti-1-gates\.xml:\d+: rule 100603: .*"sysmon_22"/,
  );
  expect(bad[0]?.next).toMatch(/run opencti-wazuh refresh/);
});

test('a list that the engine has not compiled anew is named', async () => {
  const manager = await startInstalledManager();
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
    '3 win.eventdata.destinationIp IPv6',
  ]);
  expect(bad[0]?.cause).toMatch(
    /etc\/lists\/opencti-win-destination-ip\.cdb has 0 keys where the list has \d+/,
  );
});

test('lists without canaries are told, and an engine that does not run', async () => {
  const manager = await startInstalledManager();
  edit(manager, 'etc/lists/opencti-win-hash', (text) => text.replace(/.*canary\n/g, ''));
  utimesSync(join(manager.home, 'etc/lists/opencti-win-hash'), Date.now() / 1000 + 9, Date.now() / 1000 + 9);
  manager.restart();
  const { rows } = await selftest(manager);
  const bad = rows.filter(({ outcome }) => outcome !== 'fired');
  expect(bad.map(named)).toEqual(['15 win.eventdata.hash one hash']);
  expect(bad[0]).toMatchObject({ next: 'run opencti-wazuh refresh' });
});

test('an engine that takes no event is told', async () => {
  const manager = await startInstalledManager();
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
  const manager = await startInstalledManager();
  edit(manager, 'etc/ossec.conf', change);
  const { code, stderr } = await manager.run('selftest');
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
  expect(manager.alerts).toEqual([]);
});

test('rules of the site that overwrite ours, or hang below ours, are named; what does not concern a row is not', async () => {
  const manager = await startInstalledManager();
  const rules = `<group name="site,">
  <rule id="100649" level="0" overwrite="yes"><if_group>octgate_win_query</if_group><description>quiet</description></rule>
  <rule id="100673" level="0" overwrite="yes"><if_sid>100649</if_sid><description>quiet</description></rule>
  <rule id="100112" level="15"><if_sid>100645</if_sid><description>of the site</description></rule>
  <rule id="100608" level="3"><description>taken</description></rule>
</group>\n`;
  appendFileSync(join(manager.home, 'etc/rules/zz-site.xml'), rules);
  // The id of the MD5 gate of FIM, which no row of Sysmon needs.
  appendFileSync(
    join(manager.home, 'etc/rules/a-site.xml'),
    '<group name="site,"><rule id="100608" level="3"><description>taken</description></rule></group>\n',
  );
  manager.restart();
  const { rows } = await selftest(manager);
  const bad = rows.filter(({ outcome }) => outcome !== 'fired');
  expect(bad.map(({ event, field }) => `${event} ${field}`)).toEqual([
    '24 win.eventdata.hashes',
    '24 win.eventdata.hashes',
    '22 win.eventdata.queryName',
    '22 win.eventdata.queryName',
  ]);
  expect(bad[0]).toMatchObject({
    shadow: 100112,
    next: expect.stringMatching(/^take that rule out of zz-site/),
  });
  expect(bad[0]?.cause).toMatch(
    /^rule 100112 \(zz-site\.xml, level 15\) hangs below a rule of ours and takes its place$/,
  );
  expect(bad[2]?.cause).toMatch(
    /^rule 100673, which is ours, has level 0 in zz-site\.xml, which overwrites it$/,
  );
  expect(bad[2]?.next).toBe('take that rule out of zz-site.xml, and restart the manager');
});

test('gates that no refresh has written are told, and not a rule of the site', async () => {
  const manager = await startInstalledManager();
  const exported = join(manager.home, 'exported');
  expect((await manager.run('export', exported)).code).toBe(0);
  const gates = 'rules/zz-opencti-1-gates.xml';
  writeFileSync(join(manager.home, 'etc', gates), readFileSync(join(exported, gates)));
  manager.restart();
  const { rows } = await selftest(manager);
  const bad = rows.filter(({ outcome }) => outcome !== 'fired');
  expect(new Set(bad.map(({ spelling }) => spelling))).toEqual(
    new Set(['several hashes', 'in a network', 'a subdomain, mixed case']),
  );
  for (const { cause, next } of bad) {
    expect(cause).toMatch(
      /^no gate of etc\/rules\/zz-opencti-1-gates\.xml has the canary: no refresh has written them/,
    );
    expect(next).toBe('run opencti-wazuh refresh');
  }
});

test('an integratord that does not run is the cause of a context that is missing', async () => {
  const manager = await startInstalledManager();
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
  const manager = await startInstalledManager();
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
  const gates = readFileSync(join(manager.home, 'exported/rules/zz-opencti-1-gates.xml'), 'utf8');
  expect(gates.slice(gates.indexOf('-->'))).not.toContain('opencti-wazuh');
});
