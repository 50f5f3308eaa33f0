import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { findSeenRows } from '../../src/commands/report/coverage.ts';
import type { CoverageRow } from '../../src/commands/report/report.ts';
import { setUp } from '../refresh/support/set-up.ts';
import { makeFolder } from '../support/folder.ts';
import { readAlerts } from '../support/sample-events.ts';

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

const windows = [
  ...[100640, 100641, 100642, 100643, 100644, 100645, 100646, 119000, 119001, 119002, 119003],
  ...[100647, 100648, 100649],
];
const linuxAddress = [100650];
/** In the fields of FIM. */
const linuxHashes = [100651, 100652];
const fim = [100653, 100654, 100655, 100656, 100657, 100658, 100659, 100660, 100661];
/** In the order of the table. */
const all = [...windows, ...linuxAddress, ...fim.slice(0, 3), ...linuxHashes, ...fim.slice(3)];

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

  test('without the archives nothing is known of Sysmon events that raise no alert', () => {
    const { no, unknown } = seenOf({ alerts: '{"rule":{"id":"5501"}}\n' });
    expect(no).toEqual(fim);
    expect(unknown).toEqual([...windows, ...linuxAddress, ...linuxHashes]);
  });

  test('with them what is not there does not come', () => {
    expect(seenOf({ archives: '{"rule":{"id":"5501"}}\n' }).no).toEqual(all);
  });

  test('without any log nothing is known', () => {
    expect(seenOf({}).unknown).toEqual(all);
    expect(seenOf({ alerts: '', archives: '' }).unknown).toHaveLength(26);
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
      /windows Sysmon 22 +win\.eventdata\.queryName .* rule 100649 +active +seen 2026-11-24T/,
    );
    expect(stdout).toMatch(/FIM 550 +md5 .* rule 100659 +not-configured +not seen/);
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
      /windows Sysmon 3 +win\.eventdata\.destinationIp .* rule 100648 +not-loaded +not known/,
    );
    expect(stdout).toContain('Sysmon events that raise no alert are only in the archives');
  });
});
