import { describe, expect, test } from 'vitest';
import type { LinuxDecoder } from '../../src/wazuh/rules.ts';
import { evaluate } from '../engine-model/evaluate.ts';
import type { LoadedRuleset, RulesetFile } from '../engine-model/load-ruleset.ts';
import { toEventOfMessage } from '../engine-model/message-event.ts';
import { planOptions } from '../support/plan-options.ts';
import { type RecordedLinux, readRecording } from '../truth/recorded.ts';
import { standInDecoders, standInRules } from '../truth/stand-in.ts';
import { type Claims, loadBeside } from './load-plan.ts';
import { linuxMessage } from './messages.ts';

const recorded = readRecording<RecordedLinux>('linux-hash.jsonl');

const child = (regex: string, field: string) =>
  `<decoder name="sysmon-linux-child"><parent>sysmon-linux</parent><regex type="pcre2">${regex}</regex><order>${field}</order></decoder>`;

/** As sites have it from the community, in words of ours. */
const community: RulesetFile = {
  name: 'etc/decoders/decoder-linux-sysmon.xml',
  text: [
    '<decoder name="sysmon-linux"><program_name>^sysmon$</program_name></decoder>',
    child('\\x3cEventID>(\\d+)\\x3c', 'system.eventId'),
    child('\\x3cData Name="Hashes">([^\\x3c]+)\\x3c', 'eventdata.hashes'),
    child('\\x3cData Name="DestinationIp">([^\\x3c]+)\\x3c', 'eventdata.DestinationIp'),
  ].join('\n'),
};
const withChannel: RulesetFile = {
  ...community,
  text: `${community.text}\n${child('\\x3cChannel>([^\\x3c]+)\\x3c', 'system.channel')}`,
};
const communityRules: RulesetFile = {
  name: 'etc/rules/0900-community.xml',
  text: `<group name="linux,sysmon,">
    <rule id="200150" level="3"><decoded_as>sysmon-linux</decoded_as><description>site</description></rule></group>`,
};

const joined = { parent: 'sysmon-linux', child: 'sysmon-linux-child' };

interface Form {
  readonly name: string;
  readonly linuxDecoder: LinuxDecoder;
  readonly site: readonly RulesetFile[];
  /** The decoder of a line of BSD's time stamp. */
  readonly decoder: string;
}

const own: Form = { name: 'our own decoder', linuxDecoder: 'own', site: [], decoder: 'opencti-sysmon-linux' };
const forms: readonly Form[] = [
  own,
  {
    name: 'ours joined to a community decoder',
    linuxDecoder: { ...joined, hasChannel: false },
    site: [community],
    decoder: 'sysmon-linux',
  },
  {
    name: 'ours joined to one that reads the channel',
    linuxDecoder: { ...joined, hasChannel: true },
    site: [withChannel],
    decoder: 'sysmon-linux',
  },
];

function load({ linuxDecoder, site }: Form, claims: Claims | null): LoadedRuleset {
  const rules = [...standInRules, ...(site.length > 0 ? [communityRules] : [])];
  return loadBeside({ rules, decoders: [...standInDecoders, ...site] }, claims, {
    ...planOptions,
    rules: { ...planOptions.rules, linuxDecoder },
  });
}

function decode({ ruleset }: LoadedRuleset, message: string) {
  const event = toEventOfMessage(ruleset, message);
  if (event === null) throw new Error('the message is not understood');
  const { fired, silencedBy } = evaluate(ruleset, event);
  return { event, fired: fired?.id ?? null, end: (fired ?? silencedBy)?.id ?? null };
}

/** Keys of the recordings, as OpenCTI would have them: in lower case. */
function claimsOf({ lists }: RecordedLinux): Claims {
  return Object.entries(lists).flatMap(([name, text]) =>
    text
      .trim()
      .split('\n')
      .map(
        (line) => [name.slice('lab-'.length) as 'sha256', (line.split(':')[0] ?? '').toLowerCase()] as const,
      ),
  );
}

/** The rule of the recording was one for events 1 and 23, and one for FIM; a key in upper case is none that we write. */
function wantedRule({ name, rule }: RecordedLinux['events'][number]): number | null {
  if (name.includes('sha256 upper')) return null;
  if (rule?.id === '100816') return 100_655;
  if (rule?.id !== '100815') return null;
  return name.startsWith('23 ') ? 100_652 : 100_651;
}

describe.each(forms.map((form) => [form.name, form] as const))('%s', (_, form) => {
  describe.each(recorded.map((each) => [each.title, each] as const))('%s', (_title, each) => {
    const listed = load(form, claimsOf(each));

    test.each(each.events.map((event) => [event.name, event] as const))('%s', (_name, wanted) => {
      const { event, fired } = decode(listed, wanted.message);
      if (!wanted.decoder.startsWith('syscheck_'))
        for (const kind of ['sha256', 'sha1', 'md5'] as const)
          expect(event.fields[kind] || null, kind).toBe(wanted[kind] ?? null);
      const ours = wantedRule(wanted);
      if (ours === null) expect(fired === null || fired === 200_150).toBe(true);
      else expect(fired).toBe(ours);
    });
  });
});

const sha256 = '23ccc6a5c84c21b753c18f64bd7e8430e9e589e3c5021e5806693d1e05bdb2b5';
const hashes = `SHA1=${'0'.repeat(40)},SHA256=${sha256}`;

/** All that a syslog daemon writes before a line, by the host; asked of the engine (4.14.7) one by one. */
const heads: readonly (readonly [stamp: string, tag: string])[] = [
  ['Nov 30 14:02:07 ', 'sysmon: '],
  ['Nov  2 14:02:07 ', 'sysmon[812]: '],
  ['2026-11-30T14:02:07Z ', 'sysmon: '],
  ['2026-11-30T14:02:07.118Z ', 'sysmon: '],
  ['2026-11-30T14:02:07.118Z ', 'sysmon[812]: '],
  ['2026-11-30T14:02:07.118245Z ', 'sysmon: '],
  ['2026-11-30T14:02:07+01:00 ', 'sysmon: '],
  ['2026-11-30T14:02:07.118+01:00 ', 'sysmon: '],
  ['2026-11-30T14:02:07.118245+01:00 ', 'sysmon: '],
  ['1 2026-11-30T14:02:07.118245Z ', 'sysmon 812 - - '],
  ['<14>Nov 30 14:02:07 ', 'sysmon: '],
  ['<14>1 2026-11-30T14:02:07.118Z ', 'sysmon 812 - - '],
  ['2026 Nov 30 14:02:07 ', 'sysmon: '],
];
const hosts = ['a', 'db', 'db1', 'db-2', 'db-02', 'db-002', 'web-001', 'host-0017', 'workstation-17.lan'];

describe.each(forms.map((form) => [form.name, form] as const))('%s takes a listed hash', (_, form) => {
  const listed = load(form, [['sha256', sha256]]);

  test.each(heads)('of a line that begins with %j and its host, %j', (stamp, tag) => {
    for (const host of hosts) {
      const message = linuxMessage(1, { Image: '/tmp/x', Hashes: hashes }, `${stamp}${host} ${tag}`);
      const { event, fired } = decode(listed, message);
      expect(fired, host).toBe(100_651);
      expect(event.fields['system.channel'], host).toBe('Linux-Sysmon/Operational');
      expect(event.fields.sha256, host).toBe(sha256);
    }
  });

  test('of a line without a host before it', () => {
    expect(decode(listed, linuxMessage(1, { Hashes: hashes }, '')).fired).toBe(100_651);
  });
});

describe.each(forms.slice(1).map((form) => [form.name, form] as const))('%s', (_, form) => {
  const bare = load(form, null);
  const ours = load(form, []);

  test('leaves its lines to the decoder of the site, and the others to no rule of the site', () => {
    for (const [stamp, tag] of heads) {
      const message = linuxMessage(1, { Hashes: hashes }, `${stamp}db-02 ${tag}`);
      const before = decode(bare, message);
      const after = decode(ours, message);
      expect(after.end, stamp).toBe(before.end);
      expect(after.event.decoder, stamp).toBe(before.event.decoder || 'opencti-sysmon-linux');
      expect(after.event.fields, stamp).toMatchObject(before.event.fields);
    }
    expect(decode(bare, linuxMessage(1, { Hashes: hashes })).end).toBe(200_150);
  });

  test('has no field twice', () => {
    const { ruleset } = ours;
    const fieldsOf = (parent: string) =>
      ruleset.decoders.filter((decoder) => decoder.parent === parent).flatMap(({ order }) => order);
    for (const parent of ['sysmon-linux', 'opencti-sysmon-linux']) {
      const fields = fieldsOf(parent).map((field) => String(field).toLowerCase());
      expect(new Set(fields).size, parent).toBe(fields.length);
    }
  });

  test('loads without the file of the site', () => {
    const without = load({ ...form, site: [] }, []);
    expect(without.problems.filter(({ file }) => file.includes('opencti'))).toEqual([]);
  });
});

test('without any decoder of ours no line is taken, and an address that the site decodes still is', () => {
  const none: Form = { ...own, linuxDecoder: 'none' };
  const address = linuxMessage(3, { DestinationIp: '105.112.50.80' });
  const claims: Claims = [
    ['sha256', sha256],
    ['ipv4', '105.112.50.80'],
  ];
  const alone = load(none, claims);
  expect(decode(alone, linuxMessage(1, { Hashes: hashes })).event.decoder).toBe('');
  expect(decode(alone, address).fired).toBeNull();
  const beside = load({ ...none, site: [community] }, claims);
  expect(decode(beside, address).fired).toBe(100_650);
  expect(decode(beside, linuxMessage(1, { Hashes: hashes })).fired).toBe(200_150);
});
