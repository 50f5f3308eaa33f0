import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { eventFields } from '../../src/wazuh/fields.ts';
import { renderTemplate } from '../../src/wazuh/render.ts';
import { type RuleFilesInput, renderRuleFiles } from '../../src/wazuh/rule-files.ts';
import { toRuleText } from '../../src/wazuh/rule-text.ts';

const defaults: RuleFilesInput = {
  firstId: 100_600,
  level: { hash: 14, address: 12, name: 12 },
  siteParents: {},
  linuxDecoder: true,
  gates: new Map(),
};

const render = (input: Partial<RuleFilesInput> = {}) =>
  Object.fromEntries(renderRuleFiles({ ...defaults, ...input }).map(({ path, text }) => [path, text]));

const gatesFile = 'rules/zz-opencti-1-gates.xml';
const rulesFile = 'rules/zz-opencti-2-rules.xml';
const decoderFile = 'decoders/zz-opencti-decoder.xml';

function ruleIds(text: string): string[] {
  return [...text.matchAll(/<rule id="(\d+)"/g)].map(([, id]) => id ?? '');
}

test.each([gatesFile, rulesFile, decoderFile])('%s is committed as it is rendered', async (path) => {
  await expect(render()[path]).toMatchFileSnapshot(`../../rules/${path.split('/')[1]}`);
});

test('the snippet for ossec.conf is committed as it is rendered', async () => {
  const snippet = renderTemplate('ossec.conf.snippet', { lists: eventFields.map(({ list }) => list) });
  await expect(snippet).toMatchFileSnapshot('../../rules/ossec.conf.snippet');
});

/** Written by hand, never to be changed: dashboards, playbooks and alerts of years carry these ids. */
const publicIds = {
  [gatesFile]: [
    '100609 opencti-sysmon-linux',
    '100600 win.eventdata.hashes',
    '100601 win.eventdata.hash',
    '100602 win.eventdata.destinationIp',
    '100603 win.eventdata.queryName',
    '100604 eventdata.destinationIp',
    '100605 eventdata.hashes',
    '100606 sha256',
    '100607 sha1',
    '100608 md5',
  ],
  [rulesFile]: [
    '100623 ^opencti$',
    '100624 \\.+',
    '100625 \\.+',
    '100626 ^not_confirmed$',
    '100627 ^refresh_failed$',
    "100628 ^ossec: output: 'opencti-wazuh':\\s*stale",
    '100640 octgate_win_hashes ^1$',
    '100641 octgate_win_hashes ^6$',
    '100642 octgate_win_hashes ^7$',
    '100643 octgate_win_hashes ^15$',
    '100644 octgate_win_hashes ^23$',
    '100645 octgate_win_hashes ^24$',
    '100646 octgate_win_hashes ^25$',
    '100647 octgate_win_stream ^15$',
    '100648 octgate_win_address ^3$',
    '100649 octgate_win_query ^22$',
    '100650 octgate_linux_address ^3$',
    '100651 octgate_linux_hashes ^1$',
    '100652 octgate_linux_hashes ^23$',
    '100653 octgate_fim_sha256 syscheck_integrity_changed',
    '100654 octgate_fim_sha256 syscheck_deleted',
    '100655 octgate_fim_sha256 syscheck_new_entry',
    '100656 octgate_fim_sha1 syscheck_integrity_changed',
    '100657 octgate_fim_sha1 syscheck_deleted',
    '100658 octgate_fim_sha1 syscheck_new_entry',
    '100659 octgate_fim_md5 syscheck_integrity_changed',
    '100660 octgate_fim_md5 syscheck_deleted',
    '100661 octgate_fim_md5 syscheck_new_entry',
    '100670 100640,100641,100642,100643,100644,100645,100646 win.eventdata.hashes',
    '100671 100647 win.eventdata.hash',
    '100672 100648 win.eventdata.destinationIp',
    '100673 100649 win.eventdata.queryName',
    '100674 100650 eventdata.destinationIp',
    '100675 100651,100652 eventdata.hashes',
    '100676 100653,100654,100655 sha256',
    '100677 100656,100657,100658 sha1',
    '100678 100659,100660,100661 md5',
    '100679 ^true$',
  ],
};

test.each([gatesFile, rulesFile] as const)('every id of %s means what it always meant', (file) => {
  const text = render()[file] ?? '';
  const rules = text.split('<rule ').slice(1);
  const meanings = rules.map((rule) => {
    const id = /^id="(\d+)"/.exec(rule)?.[1];
    const gate = /<if_group>(octgate_\w+)<\/if_group>/.exec(rule)?.[1];
    const canary = /<if_sid>([\d,]+)<\/if_sid>\s*<field name="([^"]+)" type="pcre2">/.exec(rule);
    if (canary) return [id, canary[1], canary[2]].join(' ');
    const condition =
      /<list field="([^"]+)"/.exec(rule) ??
      /<decoded_as>(.*?)</.exec(rule) ??
      /<field name="[^"]+">(.*?)</.exec(rule) ??
      /<regex type="pcre2">(.*?)</.exec(rule);
    return [id, gate, condition?.[1]].filter((part) => part !== undefined).join(' ');
  });
  expect(meanings).toEqual(publicIds[file]);
});

test('an id is used once', () => {
  const files = render({
    siteParents: Object.fromEntries(eventFields.map(({ key }) => [key, { groups: [], ids: [100_001] }])),
  });
  const ids = Object.values(files).flatMap(ruleIds);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toEqual(expect.arrayContaining(['100610', '100618']));
});

test('a list is read by one list element, and each of them looks keys up under a lock', () => {
  const lists = [...(render()[gatesFile] ?? '').matchAll(/<list ([^>]*)>([^<]*)<\/list>/g)];
  const files = lists.map(([, , file]) => file);
  expect(files).toEqual(eventFields.map(({ list }) => `etc/lists/${list}`));
  for (const [, attributes] of lists)
    expect(attributes).toMatch(/ lookup="match_key_value" check_value="\^"$/);
});

test('every rule of level 0 goes on to the others when it has no child that fires', () => {
  for (const text of Object.values(render())) {
    for (const [rule] of text.matchAll(/<rule [^>]*level="0"[^>]*>/g)) expect(rule).toContain(' noalert="1"');
  }
});

test('no group of a gate is a part of another one, or of what an alert carries', () => {
  const keys = eventFields.map(({ key }) => `octgate_${key}`);
  const carried = [...(render()[rulesFile] ?? '').matchAll(/<group>(.*?)<\/group>|<group name="(.*?)"/g)].map(
    ([, a, b]) => a ?? b ?? '',
  );
  for (const key of keys) {
    expect(keys.filter((other) => other.includes(key))).toEqual([key]);
    expect(carried.filter((groups) => groups.includes(key))).toEqual([]);
  }
  expect(carried.join()).not.toContain('sysmon_event');
});

describe('what a site may choose', () => {
  test('its own parents: groups beside ours, ids through a relay', () => {
    const text =
      render({ siteParents: { win_query: { groups: ['my_dns'], ids: [100_100, 100_101] } } })[gatesFile] ??
      '';
    expect(text).toContain(
      '<if_group>sysmon_event_22|sysmon_eid22_detections|my_dns|octrelay_win_query</if_group>',
    );
    expect(text).toMatch(
      /<rule id="100613" level="0" noalert="1">\s+<if_sid>100100,100101<\/if_sid>\s+<field name="win.eventdata.queryName" type="pcre2">\.<\/field>/,
    );
  });

  test('levels', () => {
    const text = render({ level: { hash: 5, address: 6, name: 7 } })[rulesFile] ?? '';
    expect(text).toMatch(/<rule id="100640" level="5">/);
    expect(text).toMatch(/<rule id="100648" level="6">/);
    expect(text).toMatch(/<rule id="100649" level="7">/);
    expect(text).toMatch(/<rule id="100625" level="12">/);
  });

  test('another block of ids', () => {
    const moved = Object.values(render({ firstId: 110_500 }))
      .flatMap(ruleIds)
      .map(Number);
    expect(moved).toEqual(
      Object.values(render())
        .flatMap(ruleIds)
        .map((id) => Number(id) + 9_900),
    );
  });

  test('no decoder: then nothing refers to it', () => {
    const files = render({ linuxDecoder: false });
    expect(Object.keys(files)).toEqual([gatesFile, rulesFile]);
    expect(files[gatesFile]).not.toContain('opencti-sysmon-linux');
  });
});

test('pattern gates hang where the list gate hangs, or below each other; leaves carry the group', () => {
  const gates = [
    { id: 800_000, parent: null, pattern: '(?i)m$', leaf: false },
    { id: 800_001, parent: 800_000, pattern: '(?i)(?:^|\\.)(?:sazoya\\.com)$', leaf: true },
  ];
  const text = render({ gates: new Map([['win_query', gates]]) })[gatesFile] ?? '';
  expect(text).toContain(`  <rule id="800000" level="0" noalert="1">
    <if_group>sysmon_event_22|sysmon_eid22_detections</if_group>
    <field name="win.eventdata.queryName" type="pcre2">(?i)m$</field>
    <description>OpenCTI gate</description>
  </rule>
  <rule id="800001" level="0" noalert="1">
    <if_sid>800000</if_sid>
    <field name="win.eventdata.queryName" type="pcre2">(?i)(?:^|\\.)(?:sazoya\\.com)$</field>
    <description>OpenCTI gate</description>
    <group>octgate_win_query,</group>
  </rule>
`);
});

test.each(['a<b', 'a>b', 'a&amp;b', 'a\nb', 'a\u0000b'])('%j can reach no template', (text) => {
  expect(() => toRuleText(text)).toThrow(/cannot stand in a rules file/);
  expect(() =>
    render({ gates: new Map([['win_query', [{ id: 1, parent: null, pattern: text, leaf: true }]]]) }),
  ).toThrow(/cannot stand in a rules file/);
});

test.each(Object.entries(render()))('xmllint takes %s', (_, text) => {
  // The engine's files may have several roots; XML has one.
  execFileSync('xmllint', ['--noout', '-'], { input: `<root>${text}</root>` });
});
