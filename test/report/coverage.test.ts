import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { CoverageRow, Report } from '../../src/commands/report/report.ts';
import { allFields, toCustomFields, toSource } from '../../src/wazuh/fields.ts';
import { findSeenRows } from '../../src/wazuh/seen-rows.ts';
import { setUp } from '../refresh/support/set-up.ts';
import { makeFolder } from '../support/folder.ts';
import { readAlerts } from '../support/sample-events.ts';
import { activeResponse, failedLogin, sourceAlerts } from '../support/source-alerts.ts';

vi.setConfig({ testTimeout: 120_000 });

const alerts = readAlerts();
const lineOf = (name: string) => `${JSON.stringify(alerts.get(name))}\n`;

function writeLog(home: string, log: 'alerts' | 'archives', text: string): void {
  mkdirSync(join(home, 'logs', log), { recursive: true });
  appendFileSync(join(home, 'logs', log, `${log}.json`), text);
}

function seenOf(files: Partial<Record<'alerts' | 'archives', string>>) {
  const home = makeFolder();
  for (const [log, text] of Object.entries(files)) writeLog(home, log as 'alerts', text);
  const rows = [...findSeenRows(home)];
  const having = (wanted: string) => rows.filter(([, { seen }]) => seen === wanted).map(([rule]) => rule);
  return { yes: having('yes'), no: having('no'), unknown: having('unknown'), rows: new Map(rows) };
}

/** Every row of the table, once, with the logs that show its events. */
const rows = [
  ...new Map(
    allFields.flatMap(({ events }) =>
      events.map(({ ruleId, source }) => [ruleId, toSource(source).shownBy] as const),
    ),
  ),
];
const all = rows.map(([rule]) => rule);
const shownByAlerts = rows.flatMap(([rule, shownBy]) => (shownBy.includes('alerts') ? [rule] : []));

describe('which rows have events', () => {
  test.each([
    ['sysmon1-composite', [100640]],
    ['sysmon3-ipv4', [100648]],
    ['sysmon6-composite', [100641]],
    ['sysmon7-single', [100642]],
    ['sysmon15-composite', [100647]],
    ['sysmon22-subdomain-mixed-case', [100649]],
    ['sysmon23-composite', [100644]],
    ['sysmon24-composite', [100645]],
    // It carries no hash, so no list can match it.
    ['sysmon25-no-hash', []],
    ['linux-sysmon3-documented-field', [100650]],
    ['linux-sysmon3-community-field', [100650]],
    ['syscheck-added', [100655, 100658, 100661]],
    ['syscheck-modified', [100653, 100656, 100659]],
    ['syscheck-deleted', [100654, 100657, 100660]],
  ])('%s: %j', (name, rules) => {
    expect(seenOf({ archives: lineOf(name) }).yes).toEqual(rules);
    expect(seenOf({ alerts: lineOf(name) }).yes).toEqual(rules);
  });

  test('hashes of Sysmon for Linux, which our decoder cuts out', () => {
    const event = readFileSync(
      join(import.meta.dirname, '../cases/data/linux-hash-lower/event1.json'),
      'utf8',
    );
    const line = `${JSON.stringify(JSON.parse(event))}\n`;
    expect(seenOf({ archives: line }).yes).toEqual([100651]);
    expect(seenOf({ archives: line.replace('"eventId":"1"', '"eventId":"23"') }).yes).toEqual([100652]);
    expect(
      seenOf({ archives: line.replace('"channel":"Linux-Sysmon/Operational"', '"channel":"x"') }).yes,
    ).toEqual([]);
  });

  test.each(sourceAlerts)('$name: $rule', ({ alert, rule }) => {
    const { yes } = seenOf({ archives: `${JSON.stringify(alert)}\n` });
    expect(yes).toContain(rule);
    expect(yes.length).toBeLessThanOrEqual(4);
  });

  test('the log of an active response is no event of a login', () => {
    expect(seenOf({ alerts: `${JSON.stringify(activeResponse)}\n` }).yes).toEqual([]);
  });

  test('a field of the site', () => {
    const [custom] = toCustomFields([
      {
        field: 'proxy.peer-name',
        kinds: ['name'],
        categories: ['syslog'],
        decoder: 'json',
        when: null,
        level: null,
        context: true,
      },
    ]);
    if (custom === undefined) throw new Error('no field');
    const home = makeFolder();
    const event = { decoder: { name: 'json' }, data: { proxy: { 'peer-name': 'a.example.com' } } };
    writeLog(home, 'archives', `${JSON.stringify(event)}\n`);
    expect(findSeenRows(home, [custom]).get(119980)?.seen).toBe('yes');
  });

  // 0.5 to 0.9 s on two cores.
  test.each([
    ['of no source', { program: 'cron', message: 'x'.repeat(300) }],
    ['of a firewall', sourceAlerts.find(({ name }) => name === 'iptables, outbound')?.alert],
    ['of a web server', sourceAlerts.find(({ name }) => name === 'web server')?.alert],
  ])('the end of a log with events %s is read within seconds', (_, event) => {
    const line = `${JSON.stringify(event)}\n`;
    const home = makeFolder();
    writeLog(home, 'archives', line.repeat(Math.ceil((16 * 2 ** 20) / line.length)));
    const before = process.cpuUsage();
    findSeenRows(home);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6).toBeLessThan(6);
  });

  test('the last time counts', () => {
    const later = lineOf('sysmon3-ipv4').replace(
      /"timestamp":"[^"]+"/,
      '"timestamp":"2026-11-25T01:02:03.004+0200"',
    );
    const earlier = lineOf('sysmon3-ipv4').replace(
      /"timestamp":"[^"]+"/,
      '"timestamp":"2026-11-23T01:02:03.004+0000"',
    );
    expect(seenOf({ alerts: later + earlier }).rows.get(100648)).toEqual({
      seen: 'yes',
      lastSeen: '2026-11-24T23:02:03.004Z',
    });
  });

  test('without the archives nothing is known of events that raise no alert', () => {
    const { no, unknown } = seenOf({ alerts: '{"rule":{"id":"5501"}}\n' });
    expect(no).toEqual(shownByAlerts);
    expect(no).toEqual(expect.arrayContaining([100653, 100661, 119020, 119100, 119130]));
    expect(unknown).toEqual(all.filter((rule) => !shownByAlerts.includes(rule)));
    expect(unknown).toEqual(expect.arrayContaining([100640, 100649, 100651, 119090, 119191]));
  });

  test('with them what is not there does not come', () => {
    expect(seenOf({ archives: '{"rule":{"id":"5501"}}\n' }).no).toEqual(all);
  });

  test('without any log nothing is known', () => {
    expect(seenOf({}).unknown).toEqual(all);
    expect(seenOf({ alerts: '', archives: '' }).unknown).toEqual(all);
  });

  test('a canary of the selftest is no event of the site, nor is a line that is cut', () => {
    const canary = lineOf('sysmon3-ipv4').replace('"win":{', '"win":{"note":"opencti-selftest",');
    expect(seenOf({ archives: canary + lineOf('sysmon3-ipv4').slice(0, -30) }).yes).toEqual([]);
  });
});

describe('the coverage of a manager', () => {
  const data = { observables: 200, indicators: 50 };
  const findRow = (rows: readonly CoverageRow[], rule: number) => rows.find((row) => row.rule === rule);

  test('the run tells what is declared and seen, the command what is so now', async () => {
    const { refresh, run, manager } = await setUp({ data });
    writeLog(manager.home, 'archives', lineOf('sysmon3-ipv4'));
    await refresh();
    const { coverage } = JSON.parse((await run(['report', '--json'])).stdout) as { coverage: CoverageRow[] };
    expect(findRow(coverage, 100648)).toMatchObject({
      declared: true,
      seen: 'yes',
      last_seen: expect.stringMatching(/^2026-11-24T/),
      state: 'active',
    });
    expect(findRow(coverage, 100649)).toMatchObject({ declared: true, seen: 'no', last_seen: null });

    writeLog(manager.home, 'archives', lineOf('sysmon22-subdomain-mixed-case'));
    const conf = join(manager.home, 'etc/ossec.conf');
    const text = readFileSync(conf, 'utf8');
    writeFileSync(conf, text.replace('<list>etc/lists/opencti-fim-md5</list>', ''));
    const { stdout } = await run(['report']);
    expect(stdout).toMatch(
      /sysmon query \(22\) +win\.eventdata\.queryName .* rule 100649 +active +seen 2026-11-24T/,
    );
    expect(stdout).toMatch(/fim modified \(550\) +md5 .* rule 100659 +not-configured +not seen/);
    // No process of the test has the name of the engine.
    expect(stdout.split('\n').slice(0, 4)).toEqual([
      expect.stringMatching(/^ok {7}fresh: the lists were last confirmed /),
      'WARNING  the engine does not run',
      // The list of MD5 has the rows of FIM and those of Sysmon for Linux.
      'WARNING  5 rows not in ossec.conf: run opencti-wazuh install',
      '',
    ]);
    const page = join(makeFolder(), 'report.html');
    await run(['report', '--html', page]);
    expect(readFileSync(page, 'utf8')).toContain('not in ossec.conf');
  });

  test('says of nothing that it is active before the engine has it', async () => {
    const { run } = await setUp({ data, manager: { hasHotReload: false } });
    expect((await run(['refresh'])).stdout).toContain(
      'The new set is in place, and the engine loads it at its next restart',
    );
    const { stdout } = await run(['report']);
    expect(stdout).toContain(
      'WARNING  the engine runs with an older set: it loads this one at its next restart\n',
    );
    expect(stdout).toMatch(/rule 100649 +not-loaded/);
    expect(stdout).not.toMatch(/rule \d+ +active/);
    const { coverage } = JSON.parse((await run(['report', '--json'])).stdout) as { coverage: CoverageRow[] };
    expect(findRow(coverage, 100649)?.state).toBe('not-loaded');
  });

  test('of an export neither is known', async () => {
    const { run } = await setUp({ data });
    const out = makeFolder();
    await run(['export', out]);
    const { stdout } = await run(['report', '--from', out]);
    expect(stdout).toMatch(
      /sysmon connection \(3\) +win\.eventdata\.destinationIp .* rule 100648 +not-loaded +not known/,
    );
    expect(stdout).toContain('Events that raise no alert are in the archives alone');
  });

  test('names the rows that are off, and those of them whose events arrive', async () => {
    const { refresh, run, manager } = await setUp({ data });
    writeLog(manager.home, 'alerts', `${JSON.stringify(failedLogin)}\n`);
    await refresh();
    const { coverage, off } = JSON.parse((await run(['report', '--json'])).stdout) as Report;
    expect(coverage.filter(({ row }) => row === 'attempt')).toEqual([]);
    expect(off).toContainEqual({
      source: 'logins',
      row: 'attempt',
      seen: 'yes',
      last_seen: '2026-11-30T10:00:01.204Z',
    });
    expect(off).toContainEqual({ source: 'suricata', row: 'dns', seen: 'no', last_seen: null });
    const { stdout } = await run(['report']);
    expect(stdout).toContain(
      `\n${off?.length} rows not looked up: off, or without a decoder of this manager`,
    );
    expect(stdout).toContain('\nEvents of these arrive: logins attempt, ');
  });
});
