import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findSince, renderHistory } from '../../src/commands/report/history.ts';
import type { CoverageRow, Report } from '../../src/commands/report/report.ts';
import { builtInDecoders } from '../../src/wazuh/decoder-names.ts';
import { allFields, toActiveFields } from '../../src/wazuh/fields.ts';
import { alienVault, icsCsirt, referenceLabels, tlpGreen } from '../platform/data/references.ts';
import { writeIndicator, writeObservable } from '../platform/data/written.ts';
import { demoToken } from '../platform/server.ts';
import { runCli } from '../support/cli.ts';
import { makeFolder } from '../support/folder.ts';
import { openOpenCti } from '../support/opencti.ts';

const jarm = referenceLabels.find(({ value }) => value === 'jarm')?.id ?? '';

/** Ten values of which everything is known. */
const written = {
  observables: [
    writeObservable({
      entity_type: 'Domain-Name',
      value: 'a.evil.com',
      x_opencti_score: 50,
      createdBy: alienVault,
    }),
    writeObservable({
      entity_type: 'Domain-Name',
      value: 'b.evil.com',
      x_opencti_score: 99,
      createdBy: alienVault,
      objectLabel: [jarm],
    }),
    writeObservable({
      entity_type: 'Domain-Name',
      value: 'c.evil.com',
      x_opencti_score: 100,
      objectMarking: [tlpGreen],
    }),
    writeObservable({ entity_type: 'Domain-Name', value: 'low.evil.com', x_opencti_score: 49 }),
    writeObservable({ entity_type: 'Domain-Name', value: 'dns.google', x_opencti_score: 90 }),
    writeObservable({
      entity_type: 'IPv4-Addr',
      value: '31.0.0.1',
      x_opencti_score: 75,
      createdBy: icsCsirt,
    }),
    writeObservable({ entity_type: 'IPv4-Addr', value: '10.0.0.1', x_opencti_score: 75 }),
    writeObservable({
      entity_type: 'StixFile',
      hashes: [
        { algorithm: 'SHA-256', hash: 'ab'.repeat(32) },
        { algorithm: 'MD5', hash: 'cd'.repeat(16) },
      ],
      x_opencti_score: 80,
    }),
  ],
  indicators: [
    writeIndicator({ pattern: `[file:hashes.MD5 = '${'cd'.repeat(16)}']`, revoked: true }),
    writeIndicator({
      pattern: "[domain-name:value = 'i.evil.com']",
      x_opencti_score: 60,
      createdBy: alienVault,
    }),
  ],
};

describe('the report of an export', () => {
  test('counts what there is', async () => {
    const server = await openOpenCti({ documented: false, written });
    const folder = makeFolder();
    const environment = { OPENCTI_URL: server.url, OPENCTI_TOKEN: demoToken };
    await runCli(['export', folder], environment);
    const result = await runCli(['report', '--from', folder, '--json']);
    const report = JSON.parse(result.stdout);
    expect(report).toEqual(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')));
    expect(report.read).toMatchObject({ observables: 8, indicators: 2 });
    expect(report.values).toEqual({
      in: 5,
      out: 5,
      kinds: expect.arrayContaining([
        { kind: 'name', in: 4, out: 2 },
        { kind: 'ipv4', in: 1, out: 0 },
        { kind: 'sha256', in: 0, out: 1 },
        { kind: 'md5', in: 0, out: 1 },
      ]),
      sources: { observable: 4, indicator: 1 },
      skipped: { 'low-score': 1, 'warning-list': 1, 'not-global': 1, revoked: 2 },
      listed: [{ name: 'public-resolvers', count: 1 }],
      examples: {
        'low-score': [{ value: 'low.evil.com', id: expect.stringMatching(/^[0-9a-f-]{36}$/) }],
        'warning-list': [{ value: 'dns.google', id: expect.stringMatching(/^[0-9a-f-]{36}$/) }],
        // A text that is no value is not kept.
        'not-global': [{ value: null, id: expect.stringMatching(/^[0-9a-f-]{36}$/) }],
        revoked: [
          { value: 'ab'.repeat(32), id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
          { value: 'cd'.repeat(16), id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
        ],
      },
    });
    const shown = (await runCli(['report', '--from', folder])).stdout;
    expect(shown.split('\n')[0]).toMatch(
      /^WARNING {2}an export of \S+: it is not known whether an engine has loaded/,
    );
    const [example] = report.values.examples['low-score'];
    expect(shown).toContain(`  ${server.url.replace(/\/graphql$/, '')}/dashboard/id/${example.id}`);
    expect(report.authors).toEqual([
      { name: 'AlienVault', count: 3 },
      { name: 'ICS-CSIRT.io', count: 1 },
      { name: 'no author', count: 1 },
    ]);
    expect(report.labels).toEqual([
      { name: 'no label', count: 4 },
      { name: 'jarm', count: 1 },
    ]);
    expect(report.markings).toEqual([
      { name: 'TLP:WHITE', count: 4 },
      { name: 'TLP:GREEN', count: 1 },
    ]);
    const counts = Object.fromEntries(
      report.scores.map(({ name, count }: { name: string; count: number }) => [name, count]),
    );
    expect(counts).toEqual({
      '0-9': 0,
      '10-19': 0,
      '20-29': 0,
      '30-39': 0,
      '40-49': 0,
      '50-59': 1,
      '60-69': 1,
      '70-79': 1,
      '80-89': 0,
      '90-100': 2,
    });
    expect(report.ages.at(-2)).toEqual({ name: 'older', count: 5 });
    expect(report.lists).toContainEqual({
      name: 'opencti-win-query-name',
      // Four names, each with and without a trailing dot.
      entries: 8,
      added: null,
      removed: null,
    });
    // The rows that are on without a configuration, and without a manager's decoders.
    const active = toActiveFields(allFields, { switches: {}, decoders: builtInDecoders });
    expect(report.coverage.map(({ rule }: CoverageRow) => rule)).toEqual(
      active.flatMap(({ events }) => events.map(({ ruleId }) => ruleId)),
    );
    expect(report.off).toContainEqual({ source: 'suricata', row: 'dns', seen: 'unknown', last_seen: null });
    expect(report.coverage).toContainEqual({
      source: 'sysmon',
      row: 'connection',
      event: 3,
      field: 'win.eventdata.destinationIp',
      list: 'opencti-win-destination-ip',
      rule: 100_648,
      entries: 2,
      gates: 0,
      declared: null,
      seen: 'unknown',
      last_seen: null,
      // An export: no engine has it.
      state: 'not-loaded',
    });
    expect(report.coverage.find(({ rule }: { rule: number }) => rule === 100_655)).toMatchObject({
      state: 'empty',
    });
  });

  test('says what changed, and explain since when', async () => {
    const server = await openOpenCti({ documented: false, written });
    const folder = makeFolder();
    const environment = { OPENCTI_URL: server.url, OPENCTI_TOKEN: demoToken };
    const read = async () => JSON.parse((await runCli(['report', '--from', folder, '--json'])).stdout);
    await runCli(['export', folder], environment);
    const first = await read();
    const [gone] = [
      ...server.data.observables.rows({
        order: { field: 'created_at', descending: false },
        after: null,
        accept: () => true,
      }),
    ].filter(({ value }) => value === 'a.evil.com');
    server.data.observables.remove(gone?.id ?? '');
    server.data.observables.add(
      writeObservable({ entity_type: 'Domain-Name', value: 'new.evil.com' }),
      writeObservable({ entity_type: 'IPv6-Addr', value: '2a02:6b8::7' }),
    );
    await runCli(['export', folder], environment);
    const second = await read();
    const changesOf = (name: string) => second.lists.find((list: { name: string }) => list.name === name);
    expect(changesOf('opencti-win-query-name')).toMatchObject({ entries: 8, added: 2, removed: 2 });
    expect(changesOf('opencti-linux-destination-ip')).toMatchObject({ entries: 5, added: 2, removed: 0 });
    expect(changesOf('opencti-fim-md5')).toMatchObject({ entries: 0, added: 0, removed: 0 });
    const since = async (value: string) => {
      const { stdout } = await runCli(['explain', value, '--offline', '--from', folder, '--json']);
      return JSON.parse(stdout).lists.map((list: { since: string }) => list.since);
    };
    expect(await since('b.evil.com')).toEqual([first.finished, first.finished]);
    expect(await since('new.evil.com')).toEqual([second.finished, second.finished]);
    const ofAddress = await since('2a02:6b8::7');
    expect(ofAddress.length).toBeGreaterThan(3);
    expect(ofAddress.filter((time: string) => time !== second.finished)).toEqual([]);
    const text = (await runCli(['report', '--from', folder])).stdout;
    expect(text).toMatch(/opencti-win-query-name +8 +\+2 +-2/);
    expect(text).toMatch(/sysmon query \(22\) +win\.eventdata\.queryName/);
  });

  test('is read when an earlier version has written it', async () => {
    const server = await openOpenCti({ documented: false, written });
    const folder = makeFolder();
    await runCli(['export', folder], { OPENCTI_URL: server.url, OPENCTI_TOKEN: demoToken });
    const file = join(folder, 'report.json');
    const { off: _, ...report } = JSON.parse(readFileSync(file, 'utf8')) as Report;
    const earlier = { list: 'opencti-x', entries: 7, gates: 0, declared: null, state: 'active' };
    const coverage = [
      { ...earlier, source: 'windows', event: 22, field: 'win.eventdata.queryName', rule: 100_649 },
      { ...earlier, source: 'linux', event: 3, field: 'eventdata.destinationIp', rule: 100_650 },
      { ...earlier, source: 'fim', event: 554, field: 'md5', rule: 100_661 },
    ];
    writeFileSync(file, JSON.stringify({ ...report, coverage }));
    const { stdout } = await runCli(['report', '--from', folder]);
    expect(stdout).toMatch(
      /windows 22 +win\.eventdata\.queryName +7 +0 gates +rule 100649 +active +not known/,
    );
    expect(stdout).toMatch(/linux 3 +eventdata\.destinationIp[\s\S]*fim 554 +md5/);
    const page = join(folder, 'out.html');
    expect((await runCli(['report', '--from', folder, '--html', page])).code).toBe(0);
    expect(readFileSync(page, 'utf8')).toContain('windows 22');
  });

  test('is written as a page', async () => {
    const server = await openOpenCti({ documented: false, written });
    const folder = makeFolder();
    await runCli(['export', folder], { OPENCTI_URL: server.url, OPENCTI_TOKEN: demoToken });
    const file = join(folder, 'out.html');
    expect(await runCli(['report', '--from', folder, '--html', file])).toMatchObject({
      code: 0,
      stdout: `Written to ${file}\n`,
    });
    expect(readFileSync(file, 'utf8')).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
    const nowhere = await runCli(['report', '--from', folder, '--html', '/nowhere/out.html']);
    expect(nowhere).toMatchObject({ code: 1, stdout: '' });
    expect(nowhere.stderr).toContain('/nowhere/out.html cannot be written (ENOENT)');
  });

  test.each([
    ['none', () => {}, /there is no report at .*report\.json \(ENOENT\): a refresh or an export writes it/],
    [
      "someone else's",
      (folder: string) => writeFileSync(join(folder, 'report.json'), '{"tool":"x"}'),
      /is not a report of opencti-wazuh/,
    ],
    [
      'a manager without a run',
      (folder: string) => mkdirSync(join(folder, 'etc/lists'), { recursive: true }),
      /var\/opencti-wazuh\/state\/report\.json/,
    ],
  ])('%s', async (_, prepare, message) => {
    const folder = makeFolder();
    prepare(folder);
    const result = await runCli(['report', '--from', folder]);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(message);
  });
});

test('the history of added keys says the last time, and for old ones the oldest', () => {
  const file = join(makeFolder(), 'added.tsv');
  const runs = ['2026-11-01', '2026-11-02', '2026-11-03'].map((day) => new Date(`${day}T00:00:00Z`));
  let text: string | null = null;
  const keys = [['first'], ['a', 'b'], ['a']];
  for (const [index, run] of runs.entries()) {
    const added = (keys[index] ?? []).map((key) => ({ list: 'l', key }));
    text = `${[...renderHistory(text, run, added)].join('\n')}\n`;
  }
  writeFileSync(file, text ?? '');
  const since = findSince(file);
  expect(since({ list: 'l', key: 'first' })).toBe('2026-11-01T00:00:00.000Z');
  expect(since({ list: 'l', key: 'b' })).toBe('2026-11-02T00:00:00.000Z');
  expect(since({ list: 'l', key: 'a' })).toBe('2026-11-03T00:00:00.000Z');
  expect(since({ list: 'other', key: 'a' })).toBe('2026-11-01T00:00:00.000Z');
  writeFileSync(file, `${text}2026-11-04T00:00:00.000Z\tl\t*\n2026-11-05T00:00:00.000Z\tl\tb\n`);
  expect(findSince(file)({ list: 'l', key: 'a' })).toBeNull();
  expect(findSince(file)({ list: 'l', key: 'b' })).toBe('2026-11-05T00:00:00.000Z');
  expect(findSince('/nowhere')({ list: 'l', key: 'a' })).toBeNull();
});
