import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { readMarker } from '../../src/wazuh/own-set.ts';
import { markDecoders, type RuleFilesInput, renderRuleFiles } from '../../src/wazuh/rules.ts';
import { renderTemplate, toRuleText } from '../../src/wazuh/template.ts';
import { builtInFields, everyField, planOptions } from '../support/plan-options.ts';

const defaults: RuleFilesInput = {
  ...planOptions.rules,
  patterns: { hashes: true, domains: true, cidr: true },
  gates: new Map(),
};

const render = (input: Partial<RuleFilesInput> = {}) =>
  Object.fromEntries(renderRuleFiles({ ...defaults, ...input }).map(({ path, text }) => [path, text]));

const gatesFile = 'rules/0011-opencti-gates.xml';
const rulesFile = 'rules/zzzz-opencti-rules.xml';
const decoderFile = 'decoders/zzzz-opencti-decoder.xml';

function rulesOf(text: string): string[] {
  return text.split('<rule ').slice(1);
}

function ruleIds(text: string): number[] {
  return rulesOf(text).map((rule) => Number(/^id="(\d+)"/.exec(rule)?.[1]));
}

test.each([gatesFile, rulesFile, decoderFile])('%s is committed as it is rendered', async (path) => {
  await expect(render()[path]).toMatchFileSnapshot(`../../rules/${path.split('/')[1]}`);
});

test('the snippet for ossec.conf is committed as it is rendered', async () => {
  const snippet = renderTemplate('ossec.conf.snippet', { lists: builtInFields.map(({ list }) => list) });
  await expect(snippet).toMatchFileSnapshot('../../rules/ossec.conf.snippet');
});

/**
 * Written by hand, never to be changed: dashboards, playbooks and alerts of years carry these ids. Of each rule its id,
 * what it hangs below, and what it asks; of a canary no more than its place.
 */
const publicIds = {
  [gatesFile]: [
    '118010 | 1 | integration ^opencti$',
    "118011 | 7 | ^ossec: output: 'opencti-wazuh':\\s*stale",
    '118000 | 7 | windows_eventchannel | win.system.providerName ^Microsoft-Windows-Sysmon$',
    '118001 | 118000 | win.system.eventID ^(?:1|6|7|15|2[3-9])$',
    '118002 | 118000 | win.system.eventID ^15$',
    '118003 | 118000 | win.system.eventID ^3$',
    '118004 | 118000 | win.system.eventID ^22$',
    '118005 | 1 | eventdata.destinationIp [.:]',
    '118006 | 1 | system.channel ^Linux-Sysmon/Operational$',
    '118007 | 7 | syscheck_new_entry',
    '118008 | 7 | syscheck_integrity_changed',
    '118009 | 7 | syscheck_deleted',
    '118020 | 1,2,3,4,5,6 | not location active-responses\\.log$',
    '118030 | 7 | windows_eventchannel | win.system.providerName ^Microsoft-Windows-Security-Auditing$',
    '118031 | 118030 | win.system.eventID ^(?:46(?:24|25|48)|47(?:68|69|71))$',
    '118032 | 118030 | win.system.eventID ^515[67]$',
    '118033 | 7 | windows_eventchannel | win.system.providerName ^Microsoft-Windows-TerminalServices-LocalSessionManager$ | win.system.eventID ^2[145]$',
    '118034 | 7 | windows_eventchannel | win.system.providerName ^Microsoft-Windows-TerminalServices-RemoteConnectionManager$ | win.system.eventID ^1149$',
    '118035 | 7 | windows_eventchannel | win.system.providerName ^Microsoft-Windows-DNS-Client$ | win.system.eventID ^3008$',
    '118100 | 118001 | win.eventdata.hashes etc/lists/opencti-win-hashes',
    '118500 | 118100 | canary',
    '118501 | 118001 | canary',
    '118101 | 118002 | win.eventdata.hash etc/lists/opencti-win-hash',
    '118502 | 118101 | canary',
    '118503 | 118002 | canary',
    '118102 | 118003 | win.eventdata.destinationIp etc/lists/opencti-win-destination-ip',
    '118504 | 118102 | canary',
    '118505 | 118003 | canary',
    '118103 | 118004,118035 | win.eventdata.queryName etc/lists/opencti-win-query-name',
    '118506 | 118103 | canary',
    '118507 | 118004,118035 | canary',
    '118104 | 118005 | eventdata.destinationIp etc/lists/opencti-linux-destination-ip',
    '118508 | 118104 | canary',
    '118509 | 118005 | canary',
    '118105 | 118008,118009,118007,118006 | sha256 etc/lists/opencti-fim-sha256',
    '118510 | 118105 | canary',
    '118106 | 118008,118009,118007,118006 | sha1 etc/lists/opencti-fim-sha1',
    '118511 | 118106 | canary',
    '118107 | 118008,118009,118007,118006 | md5 etc/lists/opencti-fim-md5',
    '118512 | 118107 | canary',
    '118128 | 118031 | win.eventdata.ipAddress etc/lists/opencti-win-ip-address',
    '118556 | 118128 | canary',
    '118557 | 118031 | canary',
    '118129 | 118032 | win.eventdata.destAddress etc/lists/opencti-win-dest-address',
    '118558 | 118129 | canary',
    '118559 | 118032 | canary',
    '118130 | 118033 | win.eventdata.address etc/lists/opencti-win-address',
    '118560 | 118130 | canary',
    '118561 | 118033 | canary',
    '118131 | 118033 | win.eventXML.address etc/lists/opencti-win-eventxml-address',
    '118562 | 118131 | canary',
    '118563 | 118033 | canary',
    '118132 | 118034 | win.eventdata.param3 etc/lists/opencti-win-param3',
    '118564 | 118132 | canary',
    '118565 | 118034 | canary',
    '118133 | 118034 | win.eventXML.param3 etc/lists/opencti-win-eventxml-param3',
    '118566 | 118133 | canary',
    '118567 | 118034 | canary',
    '118112 | 118020 | dstip etc/lists/opencti-dstip',
    '118524 | 118112 | canary',
    '118525 | 118020 | canary',
  ],
  [rulesFile]: [
    '100623 | 118010 | integration ^opencti$',
    '100624 | 100623 | opencti.error \\.+',
    '100625 | 100623 | opencti.id \\.+',
    '100626 | 100623 | opencti.event ^not_confirmed$',
    '100627 | 100623 | opencti.event ^refresh_failed$',
    '100628 | 118011',
    '100640 | octgate_win_hashes | win.system.eventID ^1$',
    '100641 | octgate_win_hashes | win.system.eventID ^6$',
    '100642 | octgate_win_hashes | win.system.eventID ^7$',
    '100643 | octgate_win_hashes | win.system.eventID ^15$',
    '100644 | octgate_win_hashes | win.system.eventID ^23$',
    '100645 | octgate_win_hashes | win.system.eventID ^24$',
    '100646 | octgate_win_hashes | win.system.eventID ^25$',
    '100647 | octgate_win_stream | win.system.eventID ^15$',
    '100648 | octgate_win_address | win.system.eventID ^3$',
    '100649 | octgate_win_query | win.system.eventID ^22$',
    '100650 | octgate_linux_address | system.eventId ^3$',
    '100651 | octgate_fim_sha256|octgate_fim_sha1|octgate_fim_md5 | system.eventId ^1$',
    '100652 | octgate_fim_sha256|octgate_fim_sha1|octgate_fim_md5 | system.eventId ^23$',
    '100653 | octgate_fim_sha256 | syscheck_integrity_changed',
    '100654 | octgate_fim_sha256 | syscheck_deleted',
    '100655 | octgate_fim_sha256 | syscheck_new_entry',
    '100656 | octgate_fim_sha1 | syscheck_integrity_changed',
    '100657 | octgate_fim_sha1 | syscheck_deleted',
    '100658 | octgate_fim_sha1 | syscheck_new_entry',
    '100659 | octgate_fim_md5 | syscheck_integrity_changed',
    '100660 | octgate_fim_md5 | syscheck_deleted',
    '100661 | octgate_fim_md5 | syscheck_new_entry',
    '119000 | octgate_win_hashes | win.system.eventID ^26$',
    '119001 | octgate_win_hashes | win.system.eventID ^27$',
    '119002 | octgate_win_hashes | win.system.eventID ^28$',
    '119003 | octgate_win_hashes | win.system.eventID ^29$',
    '119010 | octgate_win_query | win.system.eventID ^3008$',
    '119090 | octgate_dstip | action (?i)^(?!.*(?:drop|den(?:y|ied)|block|reject))',
    '119091 | octgate_dstip | (?i)^(?![\\s\\S]*(?:^|[^a-z])(?:drop(?:ped)?|den(?:y|ied)|block(?:ed)?|reject(?:ed)?)(?![a-z]))',
    '119130 | octgate_win_logon | win.system.eventID ^4624$',
    '119131 | octgate_win_logon | win.system.eventID ^4648$',
    '119136 | octgate_win_filter | win.system.eventID ^5156$ | win.eventdata.direction ^%%14593$',
    '119140 | octgate_win_rdp_data | win.system.eventID ^21$',
    '119141 | octgate_win_rdp_data | win.system.eventID ^24$',
    '119142 | octgate_win_rdp_data | win.system.eventID ^25$',
    '119143 | octgate_win_rdp_xml | win.system.eventID ^21$',
    '119144 | octgate_win_rdp_xml | win.system.eventID ^24$',
    '119145 | octgate_win_rdp_xml | win.system.eventID ^25$',
    '119146 | octgate_win_rcm_data | win.system.eventID ^1149$',
    '119147 | octgate_win_rcm_xml | win.system.eventID ^1149$',
    '118700 | octcanary_win_hashes',
    '118701 | octcanary_win_stream',
    '118702 | octcanary_win_address',
    '118703 | octcanary_win_query',
    '118704 | octcanary_linux_address',
    '118705 | octcanary_fim_sha256',
    '118706 | octcanary_fim_sha1',
    '118707 | octcanary_fim_md5',
    '118728 | octcanary_win_logon',
    '118729 | octcanary_win_filter',
    '118730 | octcanary_win_rdp_data',
    '118731 | octcanary_win_rdp_xml',
    '118732 | octcanary_win_rcm_data',
    '118733 | octcanary_win_rcm_xml',
    '118712 | octcanary_dstip',
    '100629 | 100625 | opencti.source.canary ^true$',
  ],
};

/** The rule as one line of the table above. */
function toMeaning(rule: string): string {
  const one = (pattern: RegExp) => pattern.exec(rule)?.slice(1).join(' ');
  const isCanaryGate = /<group>octcanary_/.test(rule);
  const asks = [
    one(/<decoded_as>(.*?)</),
    one(/<list field="([^"]+)"[^>]*>([^<]*)</),
    ...[...rule.matchAll(/<field name="([^"]+)"[^>]*>(.*?)</g)].map(([, field, text]) => `${field} ${text}`),
    one(/<(action|url) type="pcre2">(.*?)</),
    one(/<(location) type="pcre2" negate="yes">(.*?)</)?.replace(/^/, 'not '),
    one(/<regex type="pcre2">(.*?)</),
  ];
  return [
    one(/^id="(\d+)"/),
    one(/<if_(?:sid|group)>(.*?)</),
    ...(isCanaryGate ? ['canary'] : asks.filter((part) => part !== undefined)),
  ].join(' | ');
}

test.each([gatesFile, rulesFile] as const)('every id of %s means what it always meant', (file) => {
  expect(rulesOf(render()[file] ?? '').map(toMeaning)).toEqual(publicIds[file]);
});

test('an id is used once', () => {
  const ids = Object.values(render()).flatMap(ruleIds);
  expect(new Set(ids).size).toBe(ids.length);
});

test('a list is read by one list element, and each of them looks keys up under a lock', () => {
  const lists = [...(render()[gatesFile] ?? '').matchAll(/<list ([^>]*)>([^<]*)<\/list>/g)];
  const files = lists.map(([, , file]) => file);
  expect(files).toEqual(builtInFields.map(({ list }) => `etc/lists/${list}`));
  for (const [, attributes] of lists)
    expect(attributes).toMatch(/ lookup="match_key_value" check_value="\^"$/);
});

test('every rule of level 0 goes on to the others when it has no child that fires', () => {
  const gates = [{ id: 810_000, parent: null, pattern: 'x', leaf: true }];
  const texts = Object.values(render({ gates: new Map([['win_query', gates]]) }));
  const silent = texts.flatMap((text) => [...text.matchAll(/<rule [^>]*level="0"[^>]*>/g)]);
  // 19 roots, 15 list gates, 27 gates of canaries, and the one of the pattern.
  expect(silent).toHaveLength(19 + 15 + 27 + 1);
  for (const [rule] of silent) expect(rule).toContain(' noalert="1"');
});

test('the gates have a category template or one another above them, never a stock rule', () => {
  const text = render()[gatesFile] ?? '';
  const ours = new Set(ruleIds(text));
  for (const [, ids = ''] of text.matchAll(/<if_sid>([^<]*)</g))
    for (const id of ids.split(',').map(Number)) expect(id <= 7 || ours.has(id), ids).toBe(true);
  expect(text).not.toContain('<if_group>');
});

describe('a description', () => {
  /** A path of Windows has 260 characters, its backslashes are doubled; a name of DNS has 253, a file of Linux more. */
  const longest: readonly [RegExp, number][] = [
    [/image$|imageLoaded$|targetFilename$|filename$|application$|^osquery\.columns\.path$/i, 300],
    [/queryName$|value$|reason$|step$|rrname$|hostname$|qNAME$|domain$|^query$|^host$/i, 253],
    [/server_name$|sni$|domain_name$|RequestHost$|computer$/i, 253],
    // Of another program: the longest that it writes in practice, and a URL that squid takes.
    [/^file$|^url$/, 600],
    [
      /user\w*$|ip(?:v4)?$|address$|addr$|type$|param3$|_ip$|orig_h$|resp_h$|sip$|^src$|^dst$|client_?ip$/i,
      45,
    ],
    [/port$|_p$|logonType$|^id$|processID$/i, 10],
    [/action$|Operation$|eventName$|methodName$|OperationName$|class_name$|osquery\.name$|status_msg$/i, 128],
    [/userId$|userPrincipalName$|actor$|userName$|targetUserName$|^rule$|source$/i, 128],
    [/sourceIP$|callerIp$|clientIp$|sourceIPAddress$/i, 45],
  ];
  const lengthOf = (field: string) => longest.find(([fields]) => fields.test(field))?.[1] ?? 10_000;
  const all = rulesOf(render({ fields: everyField })[rulesFile] ?? '');
  const descriptions = all.flatMap((rule) => /<description>(.*?)</.exec(rule)?.[1] ?? []);

  test('stays below the 1,024 bytes of the engine with the longest paths and names', () => {
    expect(descriptions).toHaveLength(all.length);
    expect(all.length).toBeGreaterThan(publicIds[rulesFile].length + 150);
    for (const text of descriptions) {
      const expanded = text.replace(/\$\(([^)]*)\)/g, (_, field: string) => 'x'.repeat(lengthOf(field)));
      expect(Buffer.byteLength(expanded), text).toBeLessThan(1_024);
    }
  });

  test('leaves command lines and hashes to the fields', () => {
    const shown = descriptions.join().match(/\$\([^)]*\)/g);
    expect(shown?.join()).not.toMatch(/commandLine|hashes|\.hash\)|sha256|full_log/i);
  });
});

describe('what a site may choose', () => {
  test('levels', () => {
    const text = render({ level: { hash: 5, address: 6, name: 7 } })[rulesFile] ?? '';
    expect(text).toMatch(/<rule id="100640" level="5">/);
    expect(text).toMatch(/<rule id="119003" level="5">/);
    expect(text).toMatch(/<rule id="100648" level="6">/);
    expect(text).toMatch(/<rule id="100649" level="7">/);
    expect(text).toMatch(/<rule id="100625" level="12">/);
  });

  test('other blocks of ids: all that a rule is or names moves with them', () => {
    const blocks = { first: 110_500, block: 150_000, gates: 300_000 };
    const gates = [
      { id: 300_000, parent: null, pattern: 'x', leaf: false },
      { id: 300_001, parent: 300_000, pattern: 'xy', leaf: true },
    ];
    const trees = new Map([['win_query', gates]]);
    const move = (id: number) => {
      if (id < 10 || id >= 300_000) return id;
      return id < 118_000 ? id + 9_900 : id + 32_000;
    };
    const named = (files: Record<string, string>) =>
      [
        ...Object.values(files)
          .join('')
          .matchAll(/<rule id="(\d+)"|<if_sid>([\d,]+)</g),
      ].flatMap(([, id = '', ids = '']) => (id || ids).split(',').map(Number));
    const before = named(render({ gates: trees }));
    expect(named(render({ blocks, gates: trees }))).toEqual(before.map(move));
    expect(before).toEqual(expect.arrayContaining([1, 7, 100_623, 118_010, 119_003, 300_001]));
  });

  test('no decoder: then nothing refers to it, and the set has a name all the same', () => {
    const files = render({ linuxDecoder: 'none' });
    expect(files[decoderFile]?.match(/<decoder /g)).toHaveLength(1);
    expect(readMarker(files[decoderFile] ?? '')).toBe('octset-none');
    expect(files[gatesFile]).toBe(render()[gatesFile]);
  });

  test('no rule of ours names a decoder that is not the own one of the engine', () => {
    for (const text of Object.values(render()))
      for (const [, name] of text.matchAll(/<decoded_as>(.*?)</g))
        expect([
          'windows_eventchannel',
          'syscheck_new_entry',
          'syscheck_integrity_changed',
          'syscheck_deleted',
        ]).toContain(name);
  });

  test('which pattern gates there are: without them no canary waits for them', () => {
    const ids = ruleIds(render({ patterns: { hashes: false, domains: true, cidr: false } })[gatesFile] ?? '');
    const canaries = [118_501, 118_503, 118_505, 118_507, 118_509];
    expect(canaries.filter((id) => ids.includes(id))).toEqual([118_507]);
  });

  test('a list that ossec.conf lacks has no gate, which the engine would drop; its patterns stay', () => {
    const gates = new Map([['win_query', [{ id: 810_000, parent: null, pattern: 'x', leaf: true }]]]);
    const ids = ruleIds(render({ undeclared: ['opencti-win-query-name'], gates })[gatesFile] ?? '');
    expect([118_103, 118_506].filter((id) => ids.includes(id))).toEqual([]);
    expect(ids).toEqual(expect.arrayContaining([118_004, 118_102, 118_104, 118_507, 810_000]));
  });
});

test('the name of the set is in the decoder file alone, and can be read back', () => {
  const files = render();
  expect(readMarker(markDecoders(files[decoderFile] ?? '', 'octset-0123456789abcdef'))).toBe(
    'octset-0123456789abcdef',
  );
  expect(files[gatesFile]).not.toContain('octset');
  expect(files[rulesFile]).not.toContain('octset');
});

test('pattern gates hang beside the list gate, or below each other; leaves carry the group', () => {
  const gates = [
    { id: 810_000, parent: null, pattern: '(?i)m\\.?$', leaf: false },
    { id: 810_001, parent: 810_000, pattern: '(?i)(?:^|\\.)(?:sazoya\\.com)\\.?$', leaf: true },
  ];
  const text = render({ gates: new Map([['win_query', gates]]) })[gatesFile] ?? '';
  expect(text).toContain(`  <rule id="810000" level="0" noalert="1">
    <if_sid>118004,118035</if_sid>
    <field name="win.eventdata.queryName" type="pcre2">(?i)m\\.?$</field>
    <description>OpenCTI gate</description>
  </rule>
  <rule id="810001" level="0" noalert="1">
    <if_sid>810000</if_sid>
    <field name="win.eventdata.queryName" type="pcre2">(?i)(?:^|\\.)(?:sazoya\\.com)\\.?$</field>
    <description>OpenCTI gate</description>
    <group>octgate_win_query,</group>
  </rule>
`);
});

describe('gates in several files, for the server API', () => {
  const leaves = Array.from({ length: 40 }, (_, index) => ({
    id: 810_000 + index,
    parent: index === 0 ? null : 810_000,
    pattern: 'x'.repeat(1_000),
    leaf: index > 0,
  }));
  const trees = new Map([
    ['win_hashes', leaves.slice(0, 25)],
    ['win_query', leaves.slice(25).map((gate, index) => ({ ...gate, parent: index === 0 ? null : 810_025 }))],
  ]);
  const whole = render({ gates: trees });
  const split = render({ gates: trees, splitAt: 10_000 });
  const parts = Object.keys(split).filter((path) => path.startsWith('rules/0011'));

  test('load in their order, before all else of the site, and each is small enough', () => {
    expect(parts[0]).toBe('rules/0011-opencti-gates-1.xml');
    expect(parts.toSorted()).toEqual(parts);
    expect(parts.length).toBeGreaterThan(3);
    for (const path of parts.slice(1))
      expect(Buffer.byteLength(split[path] ?? '')).toBeLessThanOrEqual(10_000);
  });

  test('are the same rules in the same order: roots and list gates first', () => {
    const before = rulesOf(whole[gatesFile] ?? '').map((rule) => rule.split('</rule>')[0]);
    const after = parts.flatMap((path) => rulesOf(split[path] ?? '').map((rule) => rule.split('</rule>')[0]));
    expect(after.toSorted()).toEqual(before.toSorted());
    const ids = after.map((rule) => Number(/^id="(\d+)"/.exec(rule ?? '')?.[1]));
    expect(ids.filter((id) => id >= 810_000)).toEqual(leaves.map(({ id }) => id));
    expect(ids.findIndex((id) => id >= 810_000)).toBe(ids.length - leaves.length);
  });

  test('are padded where there are ten or more', () => {
    const many = Object.keys(render({ gates: trees, splitAt: 4_000 })).filter((path) =>
      path.includes('0011'),
    );
    expect(many.length).toBeGreaterThan(10);
    expect(many[0]).toBe('rules/0011-opencti-gates-01.xml');
    expect(many.toSorted()).toEqual(many);
  });
});

test.each(['a<b', 'a>b', 'a&amp;b', 'a\nb', 'a\u0000b'])('%j can reach no template', (text) => {
  expect(() => toRuleText(text)).toThrow(/cannot be in a rules file/);
  expect(() =>
    render({ gates: new Map([['win_query', [{ id: 1, parent: null, pattern: text, leaf: true }]]]) }),
  ).toThrow(/cannot be in a rules file/);
});

test.each(Object.entries(render()))('xmllint takes %s', (_, text) => {
  // The engine's files may have several roots; XML has one.
  execFileSync('xmllint', ['--noout', '-'], { input: `<root>${text}</root>` });
});
