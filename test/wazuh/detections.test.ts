import { beforeAll, describe, expect, test } from 'vitest';
import { evaluate } from '../engine-model/evaluate.ts';
import type { LoadedRuleset } from '../engine-model/load-ruleset.ts';
import { toEventOfMessage } from '../engine-model/message-event.ts';
import { planOptions } from '../support/plan-options.ts';
import { readMessages } from '../support/sample-events.ts';
import { type Claims, loadPlan, loadStock } from './load-plan.ts';
import { linuxMessage } from './messages.ts';

const noGates = { hashes: false, domains: false, cidr: false };
const listed: Claims = [
  ['sha256', '3802e1848c0fa4b4b408be34c6a4c9a799f9a37b29d6bd3dbd3bd7760747a8a6'],
  ['sha1', '3f249cbadc8de47ddd960a77ec71a5c92da82de2'],
  ['md5', 'e65487f5f65bca9e283dd3aabd817dc0'],
  ['ipv4', '105.112.50.80'],
  ['ipv6', '2a00:1450:4009:81e::200e'],
  ['name', 'sazoya.com'],
];
const unlisted: Claims = [
  ['sha256', 'a0'.repeat(32)],
  ['ipv4', '31.13.0.1'],
  ['ipv4', '31.14.0.0/24'],
  ['ipv6', '2a02::/48'],
  ['name', 'unlisted.evil.net'],
];

/** Which rule ends the event: with an alert, or in silence. */
function endOf({ ruleset }: LoadedRuleset, message: string) {
  const event = toEventOfMessage(ruleset, message);
  if (event === null) throw new Error('the message is not understood');
  const { fired, silencedBy } = evaluate(ruleset, event);
  return { fired, silencedBy };
}

const fire = (loaded: LoadedRuleset, message: string) => endOf(loaded, message).fired;

const samples = readMessages();
const messageOf = (name: string) => samples.get(name) ?? '';

/** A sample made anew: another event number, another field, another value. */
const change = (name: string, ...changes: [RegExp, string][]) =>
  changes.reduce((message, [from, to]) => {
    if (!from.test(message)) throw new Error(`${name} has no ${from}`);
    return message.replace(from, to);
  }, messageOf(name));

const toSysmonEvent = (event: number): [RegExp, string][] => [
  [/<EventID>\d+</, `<EventID>${event}<`],
  [/<Task>\d+</, `<Task>${event}<`],
];

const single = {
  sha256: 'SHA256=3802E1848C0FA4B4B408BE34C6A4C9A799F9A37B29D6BD3DBD3BD7760747A8A6',
  sha1: 'SHA1=3F249CBADC8DE47DDD960A77EC71A5C92DA82DE2',
  md5: 'MD5=E65487F5F65BCA9E283DD3AABD817DC0',
};
const hashesOf = (text: string): [RegExp, string] => [/Name='Hash(es)?'>[^<]*</, `Name='Hash$1'>${text}<`];
const withHashes = (name: string, text: string) => change(name, hashesOf(text));

/** Sysmon for Linux labels its hashes in upper case and writes their digits in lower case. */
const linuxHash = (label: string, hash: string) => `${label}=${hash.toLowerCase()}`;
const linuxSingle = {
  sha256: linuxHash('SHA256', '3802e1848c0fa4b4b408be34c6a4c9a799f9a37b29d6bd3dbd3bd7760747a8a6'),
  md5: linuxHash('MD5', 'e65487f5f65bca9e283dd3aabd817dc0'),
};
const linux = (event: number, data: Readonly<Record<string, string>>) => linuxMessage(event, data);

/** Name of the row, the message, the rule that has to fire for the listed value. */
const byList: [string, string, number][] = [
  ...Object.values(single).map((hash): [string, string, number] => [
    `1 ${hash}`,
    withHashes('sysmon1-single', hash),
    100_640,
  ]),
  ['1, SHA1 alone', messageOf('sysmon1-sha1-only'), 100_640],
  [
    '1, svchost from a wrong folder',
    change('sysmon1-single', [/Name='Image'>[^<]*</, "Name='Image'>C:\\\\\\\\Temp\\\\\\\\svchost.exe<"]),
    100_640,
  ],
  ['6', withHashes('sysmon6-composite', single.sha256), 100_641],
  ['7', messageOf('sysmon7-single'), 100_642],
  ['15, in hash', withHashes('sysmon15-composite', single.md5), 100_647],
  ['15, in hashes', change('sysmon1-single', ...toSysmonEvent(15)), 100_643],
  ['23', withHashes('sysmon23-composite', single.sha1), 100_644],
  ['24', withHashes('sysmon24-composite', single.sha256), 100_645],
  ['25, made with hashes', change('sysmon1-single', ...toSysmonEvent(25)), 100_646],
  ['3, IPv4', messageOf('sysmon3-ipv4'), 100_648],
  ['3, IPv6', messageOf('sysmon3-ipv6'), 100_648],
  ['3, PowerShell', messageOf('sysmon3-powershell'), 100_648],
  [
    '3, remote desktop',
    change('sysmon3-ipv4', [/Name='DestinationPort'>[^<]*</, "Name='DestinationPort'>3389<"]),
    100_648,
  ],
  ['22', messageOf('sysmon22-answer'), 100_649],
  ['22, without an answer', messageOf('sysmon22-no-answer'), 100_649],
  ['Linux 3', messageOf('linux-sysmon3'), 100_650],
  ['Linux 3, IPv6 expanded', linux(3, { DestinationIp: '2a00:1450:4009:81e:0:0:0:200e' }), 100_650],
  ['Linux 3, IPv6 shortened', linux(3, { DestinationIp: '2a00:1450:4009:81e::200e' }), 100_650],
  ['Linux 3, mapped', linux(3, { DestinationIp: '0:0:0:0:0:ffff:6970:3250' }), 100_650],
  ['Linux 3, mapped and shortened', linux(3, { DestinationIp: '::ffff:6970:3250' }), 100_650],
  ['Linux 1', linux(1, { Hashes: linuxSingle.sha256 }), 100_651],
  ['Linux 23', linux(23, { Hashes: linuxSingle.md5 }), 100_652],
  [
    'Linux 1, several algorithms',
    linux(1, { Hashes: `SHA1=${'0'.repeat(40)},${linuxSingle.sha256},IMPHASH=${'1'.repeat(32)}` }),
    100_651,
  ],
  [
    'Linux 23, listed by the last of three',
    linux(23, { Hashes: `SHA1=${'0'.repeat(40)},SHA256=${'0'.repeat(64)},${linuxSingle.md5}` }),
    100_652,
  ],
  ...[26, 27, 28, 29].map((event, at): [string, string, number] => [
    `${event}`,
    change('sysmon1-single', ...toSysmonEvent(event)),
    119_000 + at,
  ]),
  [
    '3, mapped',
    change('sysmon3-ipv4', [/Name='DestinationIp'>[^<]*</, "Name='DestinationIp'>0:0:0:0:0:ffff:6970:3250<"]),
    100_648,
  ],
  [
    '22, with a dot at the end',
    change('sysmon22-answer', [/Name='QueryName'>[^<]*</, "Name='QueryName'>sazoya.com.<"]),
    100_649,
  ],
  ['FIM added', messageOf('syscheck-added'), 100_655],
  ['FIM modified', messageOf('syscheck-modified'), 100_653],
  ['FIM deleted', messageOf('syscheck-deleted'), 100_654],
  [
    'FIM added, SHA-1 alone',
    change('syscheck-added', [/"hash_sha256": "[^"]*"/, '"hash_sha256": "xxx"']),
    100_658,
  ],
];

const byGate: [string, string, number][] = [
  ['1, four algorithms', messageOf('sysmon1-composite'), 100_640],
  ['1, three algorithms', messageOf('sysmon1-composite-md5-sha256-imphash'), 100_640],
  ['6, composite', messageOf('sysmon6-composite'), 100_641],
  ['7, composite', messageOf('sysmon7-composite'), 100_642],
  ['15, composite', messageOf('sysmon15-composite'), 100_647],
  ['23, composite', messageOf('sysmon23-composite'), 100_644],
  ['24, composite', messageOf('sysmon24-composite'), 100_645],
  ['25, made with composite hashes', change('sysmon1-composite', ...toSysmonEvent(25)), 100_646],
  ['22, a subdomain in mixed case', messageOf('sysmon22-subdomain-mixed-case'), 100_649],
  ...[26, 27, 28, 29].map((event, at): [string, string, number] => [
    `${event}, composite`,
    change('sysmon1-composite', ...toSysmonEvent(event)),
    119_000 + at,
  ]),
  [
    '22, a subdomain with a dot at the end',
    change('sysmon22-answer', [/Name='QueryName'>[^<]*</, "Name='QueryName'>www.sazoya.com.<"]),
    100_649,
  ],
];

/** What shared the list of Sysmon for Linux in the first version, without the channel that only it writes. */
const otherJson = (channel: string) =>
  `1:[017] (ubuntu2004vm) 192.168.252.191->/var/log/app.json:{"system":{"eventId":"1"${channel}},"sha256":"3802e1848c0fa4b4b408be34c6a4c9a799f9a37b29d6bd3dbd3bd7760747a8a6"}`;

const nothing: [string, string][] = [
  ['JSON with an event id and a listed hash', otherJson('')],
  ['JSON of another channel', otherJson(',"channel":"Linux-Sysmon/Other"')],
  [
    'an event of another provider with a listed hash',
    change('sysmon1-single', [
      /Provider Name='Microsoft-Windows-Sysmon'/,
      "Provider Name='Microsoft-Windows-Sysmon-X'",
    ]),
  ],
  ['a Sysmon event that has no row', change('sysmon1-single', ...toSysmonEvent(11))],
  ['25 as Sysmon writes it', messageOf('sysmon25-no-hash')],
  ['3 to a private address', messageOf('sysmon3-private')],
];

/** The stock rule that competes for the event of a row, and what it makes of it. */
const competitors: [string, 'fired' | 'silencedBy', number][] = [
  ['1, SHA1 alone', 'silencedBy', 61_603],
  ['1, svchost from a wrong folder', 'fired', 61_618],
  ['3, IPv4', 'silencedBy', 61_605],
  ['3, PowerShell', 'silencedBy', 92_101],
  ['3, remote desktop', 'silencedBy', 92_108],
  ['22', 'silencedBy', 61_650],
  ['FIM added', 'fired', 99_901],
  ['FIM modified', 'fired', 99_901],
  ['FIM deleted', 'fired', 553],
];

test.each(competitors)('without our files, %s is %s rule %i', (name, outcome, id) => {
  const [, message = ''] = byList.find(([row]) => row === name) ?? [];
  const end = endOf(loadStock(), message);
  expect(end[outcome]?.id).toBe(id);
  expect(end[outcome === 'fired' ? 'silencedBy' : 'fired']).toBeNull();
});

describe('with the value listed', () => {
  let full: LoadedRuleset;
  let listsAlone: LoadedRuleset;
  let stock: LoadedRuleset;
  beforeAll(() => {
    full = loadPlan(listed);
    listsAlone = loadPlan(listed, { ...planOptions, gates: { ...planOptions.gates, ...noGates } });
    stock = loadStock();
  });

  test('every file loads as it stands', () => {
    expect([full, listsAlone, stock].flatMap(({ problems }) => problems)).toEqual([]);
  });

  test('any JSON of the channel is taken for Sysmon for Linux', () => {
    const message = otherJson(',"channel":"Linux-Sysmon/Operational"');
    expect(fire(full, message)?.id).toBe(100_651);
  });

  test.each(byList)('%s, by its list', (_, message, id) => {
    expect(fire(listsAlone, message)?.id).toBe(id);
    expect(fire(full, message)?.id).toBe(id);
  });

  test.each(byGate)('%s: not by a list, by its gates', (_, message, id) => {
    expect(endOf(listsAlone, message)).toEqual(endOf(stock, message));
    expect(fire(full, message)?.id).toBe(id);
  });

  test.each(nothing)('%s raises what it raised before', (_, message) => {
    expect(endOf(full, message)).toEqual(endOf(stock, message));
  });

  test('level and groups are those that dashboards filter by', () => {
    expect(fire(full, messageOf('sysmon1-composite'))).toMatchObject({
      level: 14,
      groups: ['threat_intel', 'opencti_listed', 'opencti_match', 'opencti_hash', 'windows', 'sysmon'],
      description:
        'OpenCTI - known hash: process C:\\\\Users\\\\Public\\\\update.exe started by LAB\\\\alice, parent C:\\\\Windows\\\\explorer.exe',
    });
    expect(fire(full, messageOf('sysmon22-answer'))).toMatchObject({
      level: 12,
      groups: expect.arrayContaining(['opencti_name']),
    });
    expect(fire(full, messageOf('syscheck-added'))).toMatchObject({
      level: 14,
      groups: [
        'threat_intel',
        'opencti_listed',
        'opencti_match',
        'opencti_hash',
        'syscheck',
        'syscheck_file',
        'syscheck_entry_added',
      ],
      description: 'OpenCTI - known hash: file /home/alice/Downloads/invoice.exe added',
    });
    expect(fire(full, messageOf('linux-sysmon3'))).toMatchObject({
      groups: ['threat_intel', 'opencti_listed', 'opencti_match', 'opencti_address', 'linux', 'sysmon'],
      description: 'OpenCTI - known address: connection to 105.112.50.80:443 by /usr/bin/curl as root',
    });
  });
});

describe('with other values listed', () => {
  const every = [
    ...samples,
    ...[...byList, ...byGate].map(([name, message]) => [name, message] as const),
    ...nothing,
  ];
  let ours: LoadedRuleset;
  let empty: LoadedRuleset;
  let stock: LoadedRuleset;
  beforeAll(() => {
    ours = loadPlan(unlisted);
    empty = loadPlan([]);
    stock = loadStock();
  });

  test.each(every)('%s raises exactly what it raises without our files', (_, message) => {
    expect(endOf(ours, message)).toEqual(endOf(stock, message));
    expect(endOf(empty, message)).toEqual(endOf(stock, message));
  });
});
