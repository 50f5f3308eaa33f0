import { describe, expect, it } from 'vitest';
import { findShadows, toSiteRules } from '../../../src/wazuh/site-rules.ts';
import { knownMalware, readStandIns } from '../../support/stock-ruleset/stand-ins.ts';
import { evaluate } from '../evaluate.ts';
import { readListText } from '../list-reader.ts';
import type { RuleEvent } from '../rule-event.ts';
import { loadBesideStock, sysmonEvent, wrap } from './sources.ts';

const hash = `SHA256=${knownMalware.toUpperCase()}`;
const address = '105.112.50.80';

const lists = {
  'etc/lists/hashes': readListText(`${hash}:one\n`),
  'etc/lists/addresses': readListText(`${address}:two\n`),
  'etc/lists/names': readListText('sazoya.com:three\n'),
  'etc/lists/files': readListText(`${knownMalware}:four\n`),
};

function gate(id: number, field: string, list: string): string {
  return `<rule id="${id}" level="0" noalert="1">
    <if_sid>7</if_sid>
    <list field="${field}" lookup="match_key_value" check_value="^">etc/lists/${list}</list>
    <description>gate</description>
    <group>octgate_${list},</group>
  </rule>`;
}

function alertRule(id: number, list: string): string {
  return `<rule id="${id}" level="12"><if_group>octgate_${list}</if_group><description>match</description></rule>`;
}

/** Below the template of the category, in a file that loads right after it: before every rule of the stock ruleset. */
const gates = wrap(
  gate(118100, 'win.eventdata.hashes', 'hashes') +
    gate(118102, 'win.eventdata.destinationIp', 'addresses') +
    gate(118103, 'win.eventdata.queryName', 'names') +
    gate(118105, 'sha256', 'files'),
  'gates,',
);
const alerts = wrap(
  alertRule(100640, 'hashes') +
    alertRule(100648, 'addresses') +
    alertRule(100649, 'names') +
    alertRule(100653, 'files'),
  'opencti_match,',
);
const beside = loadBesideStock({ '0011-gates.xml': gates, 'zzzz-alerts.xml': alerts }, lists);
const alone = loadBesideStock({});

/** The id of the rule that takes the event, also when it is in silence. */
function winner({ ruleset }: typeof beside, event: RuleEvent): number | null {
  const { fired, silencedBy } = evaluate(ruleset, event);
  return fired?.id ?? silencedBy?.id ?? null;
}

it('loads without a problem', () => {
  expect(beside.problems).toEqual([]);
  expect(alone.problems).toEqual([]);
});

const fim = (decoder: string, sha256: string): RuleEvent => ({ decoder, fields: { file: '/tmp/x', sha256 } });
const badSvchost = { image: 'C:\\\\Temp\\\\svchost.exe', parentImage: 'C:\\\\Temp\\\\x.exe' };
const goodSvchost = { image: 'C:\\\\Windows\\\\svchost.exe', parentImage: 'C:\\\\Windows\\\\services.exe' };
const powerShell = { image: 'C:\\\\Windows\\\\PowerShell.exe', protocol: 'tcp' };

interface Row {
  readonly name: string;
  /** The rule that takes the event as it is without any file of the project. */
  readonly stock: number;
  readonly match: number;
  readonly event: (listed: boolean) => RuleEvent;
}

const withHash = (event: number, data: Readonly<Record<string, string>>) => (listed: boolean) =>
  sysmonEvent(event, { ...data, hashes: listed ? hash : 'SHA256=00' });
const withAddress = (data: Readonly<Record<string, string>>) => (listed: boolean) =>
  sysmonEvent(3, { ...data, destinationIp: listed ? address : '203.0.113.1' });

const rows: readonly Row[] = [
  { name: 'event 1', stock: 61603, match: 100640, event: withHash(1, {}) },
  { name: 'svchost from a wrong folder', stock: 61618, match: 100640, event: withHash(1, badSvchost) },
  { name: 'svchost as it should be', stock: 61619, match: 100640, event: withHash(1, goodSvchost) },
  {
    name: 'the registry tool',
    stock: 92025,
    match: 100640,
    event: withHash(1, { originalFileName: 'REG.exe' }),
  },
  {
    name: 'the registry tool saving a hive',
    stock: 92026,
    match: 100640,
    event: withHash(1, { originalFileName: 'reg.exe', commandLine: 'reg save HKLM\\\\SAM x' }),
  },
  {
    name: 'a script of PowerShell',
    stock: 92028,
    match: 100640,
    event: withHash(1, { originalFileName: 'PowerShell.EXE', commandLine: 'powershell -File a.ps1' }),
  },
  {
    name: 'the network shell',
    stock: 92042,
    match: 100640,
    event: withHash(1, { originalFileName: 'netsh.exe' }),
  },
  {
    name: 'a detection of level 15',
    stock: 92048,
    match: 100640,
    event: withHash(1, { image: 'C:\\\\mimikatz.exe' }),
  },
  {
    name: 'a child of WMI',
    stock: 92069,
    match: 100640,
    event: withHash(1, { parentImage: 'C:\\\\WmiPrvSE.exe' }),
  },
  { name: 'event 6', stock: 61608, match: 100640, event: withHash(6, {}) },
  { name: 'event 7', stock: 61609, match: 100640, event: withHash(7, {}) },
  {
    name: 'a detection of event 7',
    stock: 92151,
    match: 100640,
    event: withHash(7, { imageLoaded: 'C:\\\\sideloaded.dll' }),
  },
  { name: 'event 15', stock: 61617, match: 100640, event: withHash(15, {}) },
  { name: 'event 23', stock: 61651, match: 100640, event: withHash(23, {}) },
  { name: 'event 24', stock: 61652, match: 100640, event: withHash(24, {}) },
  { name: 'event 25', stock: 61653, match: 100640, event: withHash(25, {}) },
  { name: 'event 3', stock: 61605, match: 100648, event: withAddress({}) },
  { name: 'PowerShell over TCP', stock: 92101, match: 100648, event: withAddress(powerShell) },
  {
    name: 'PowerShell to a directory',
    stock: 92102,
    match: 100648,
    event: withAddress({ ...powerShell, destinationPort: '389' }),
  },
  { name: 'remote desktop', stock: 92108, match: 100648, event: withAddress({ destinationPort: '3389' }) },
  {
    name: 'event 22',
    stock: 61650,
    match: 100649,
    event: (listed) => sysmonEvent(22, { queryName: listed ? 'sazoya.com' : 'example.org' }),
  },
];

describe('a gate below the template of the category', () => {
  it.each(rows)('takes $name when its value is listed', ({ event, match }) => {
    expect(winner(beside, event(true))).toBe(match);
  });

  it.each(rows)('leaves $name as it was when it is not', ({ event, stock }) => {
    expect(winner(alone, event(false))).toBe(stock);
    expect(winner(beside, event(false))).toBe(stock);
    expect(winner(alone, event(true))).toBe(stock);
  });

  it.each([
    ['added', 'syscheck_new_entry', 554, 99901],
    ['modified', 'syscheck_integrity_changed', 550, 99901],
    ['deleted', 'syscheck_deleted', 553, 553],
  ])('wins a file %s against the stock rule of level 14', (_, decoder, quiet, stock) => {
    expect(winner(alone, fim(decoder, knownMalware))).toBe(stock);
    expect(winner(beside, fim(decoder, knownMalware))).toBe(100653);
    expect(winner(alone, fim(decoder, '00'))).toBe(quiet);
    expect(winner(beside, fim(decoder, '00'))).toBe(quiet);
  });

  it('says nothing of an event that lacks the field', () => {
    expect(winner(beside, sysmonEvent(25, {}))).toBe(61653);
    expect(
      winner(beside, { decoder: 'syscheck_new_entry', fields: { 'syscheck.sha256_after': knownMalware } }),
    ).toBe(554);
  });
});

describe('a rule of level 12 under the base event alone', () => {
  const naive = wrap(
    `<rule id="100640" level="12"><if_group>sysmon_event1|sysmon_event3|syscheck_file</if_group>
     <list field="win.eventdata.hashes" lookup="match_key_value" check_value="^">etc/lists/hashes</list>
     <description>d</description></rule>
     <rule id="100653" level="12"><if_group>syscheck_file</if_group>
     <list field="sha256" lookup="match_key_value" check_value="^">etc/lists/files</list><description>d</description></rule>`,
  );
  const { ruleset, problems } = loadBesideStock({ 'zz.xml': naive }, lists);

  it.each(
    rows.filter(({ stock }) => [61618, 61619, 92025, 92026, 92028, 92042, 92048, 92069].includes(stock)),
  )('loses to $name', ({ event, stock }) => {
    expect(winner({ ruleset, problems }, event(true))).toBe(stock);
  });

  it('loses to the stock rule of level 14, and else wins', () => {
    expect(winner({ ruleset, problems }, fim('syscheck_new_entry', knownMalware))).toBe(99901);
    expect(winner({ ruleset, problems }, withHash(1, {})(true))).toBe(100640);
  });
});

/** What is named as a shadow, by the files alone, where a site has these beside the stock rules and ours. */
function shadowsIn(files: Readonly<Record<string, string>>) {
  const rules = toSiteRules([
    ...readStandIns().rules,
    ...Object.entries(files).map(([name, text]) => ({ name, text: wrap(text, 'local,') })),
    { name: '0011-gates.xml', text: gates, ours: true },
    { name: 'zzzz-alerts.xml', text: alerts, ours: true },
  ]);
  return findShadows(rules);
}

const rule = (id: number, level: number, parts: string) =>
  `<rule id="${id}" level="${level}">${parts}<description>site</description></rule>`;

describe('what can still shadow', () => {
  const shadowsOf = (files: Readonly<Record<string, string>>) =>
    shadowsIn(files).map(({ rule: { id, level, file }, how, ours }) => ({
      ...{ ruleId: id, level, how, ours, file },
    }));

  it('is nothing of the stock rules', () => {
    expect(shadowsIn({})).toEqual([]);
  });

  it.each([
    ['a rule below a base rule', { 'local_rules.xml': rule(100001, 0, '<if_sid>61650</if_sid>') }],
    ['one by the groups of events', { 'local_rules.xml': rule(100001, 0, '<if_group>windows</if_group>') }],
    ['one without a parent in a later file', { '0012-z.xml': rule(100001, 0, '<category>ossec</category>') }],
    ['one below a template in a later file', { 'local_rules.xml': rule(100001, 0, '<if_sid>7</if_sid>') }],
    ['one below a template, tried later', { '0010-z.xml': rule(100001, 15, '<if_sid>7</if_sid>') }],
    [
      'one that hands on',
      {
        '0010-z.xml':
          '<rule id="100001" level="0" noalert="1"><if_sid>7</if_sid><description>site</description></rule>',
      },
    ],
    [
      'a child that names an alert rule by its id',
      { 'zzzzz.xml': rule(100001, 3, '<if_sid>100640</if_sid>') },
    ],
  ])('is not %s', (_, files) => expect(shadowsOf(files)).toEqual([]));

  it('is a rule of level 0 that loads between the templates and ours, with a parent or without', () => {
    const loadedEarly = (parts: string) => shadowsOf({ '0010-z.xml': rule(100001, 0, parts) });
    const found = { ruleId: 100001, level: 0, how: 'before', ours: 118100, file: '0010-z.xml' };
    expect(loadedEarly('<category>ossec</category>')).toEqual([found]);
    expect(loadedEarly('<if_sid>7</if_sid>')).toEqual([found]);
    // Of another category: its template is none that ours hang below.
    expect(loadedEarly('<category>squid</category>')).toEqual([]);
  });

  it('is a rule by level: while it loads, level 0 counts as more than any', () => {
    const found = { ruleId: 100001, level: 0, how: 'if_level', ours: 118100, file: 'local_rules.xml' };
    expect(shadowsOf({ 'local_rules.xml': rule(100001, 0, '<if_level>3</if_level>') })).toEqual([found]);
    expect(shadowsOf({ 'local_rules.xml': rule(100001, 15, '<if_level>15</if_level>') })).toEqual([
      { ...found, level: 15 },
    ]);
  });

  it('is a rule whose group is a part of one of ours', () => {
    for (const group of ['gate', 'OCTGATE', 'none|octgate_files'])
      expect(
        shadowsOf({ 'local_rules.xml': rule(100001, 0, `<if_group>${group}</if_group>`) }),
        group,
      ).toMatchObject([{ ruleId: 100001, how: 'if_group' }]);
  });

  it('is a rule that names a gate by its id', () => {
    expect(shadowsOf({ 'local_rules.xml': rule(100001, 0, '<if_sid>118102</if_sid>') })).toMatchObject([
      { ruleId: 100001, how: 'if_sid', ours: 118102 },
    ]);
  });

  it('is a rule that loads after the alert rules and asks for a group of theirs', () => {
    const file = rule(100001, 0, '<if_group>opencti_match</if_group>');
    expect(shadowsOf({ 'zzzz_site.xml': file })).toMatchObject([
      { ruleId: 100001, how: 'if_group', ours: 100640 },
    ]);
    expect(shadowsOf({ 'zzz_site.xml': file })).toEqual([]);
  });
});

it('knows that sysmon_event_2 is part of other groups', () => {
  const text = wrap(
    '<rule id="100001" level="3"><if_group>sysmon_event_2</if_group><description>d</description></rule>',
  );
  const { ruleset } = loadBesideStock({ 'zz.xml': text });
  const parents = ruleset.tree.rules.get(100001)?.parents.map(({ id }) => id);
  expect(parents).toEqual([61648, 61650, 61651, 61652, 61653, 61654, 61655]);
});
