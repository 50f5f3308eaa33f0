import { beforeAll, describe, expect, test } from 'vitest';
import type { RootOf } from '../../src/wazuh/fields/roots.ts';
import { decodersOf, type EventField, type FieldEvent, toRootLine } from '../../src/wazuh/fields.ts';
import { evaluate } from '../engine-model/evaluate.ts';
import type { LoadedRuleset } from '../engine-model/load-ruleset.ts';
import { type Category, categories } from '../engine-model/rule.ts';
import type { RuleEvent } from '../engine-model/rule-event.ts';
import { templatesFile } from '../engine-model/stand-in-base.ts';
import { allDecoders, defaultFields, everyField, planOptions } from '../support/plan-options.ts';
import { type Claims, loadBeside } from './load-plan.ts';

const listed: Claims = [
  ['sha256', 'a0'.repeat(32)],
  ['sha1', 'b0'.repeat(20)],
  ['md5', 'c0'.repeat(16)],
  ['name', 'listed.evil.net'],
  ['ipv4', '31.13.0.1'],
  ['ipv4', '31.14.0.0/24'],
  ['ipv6', '2a02:6b8::7'],
  ['ipv6', '2a02:6b8:b::/48'],
];
const hashes = { sha256: 'a0'.repeat(32), sha1: 'b0'.repeat(20), md5: 'c0'.repeat(16) } as const;

/** Texts of a field that are listed, and one that is not, by how the field spells its values. */
function textsOf({ subject, spelling, kinds }: EventField): {
  readonly hit: string[];
  readonly miss: string;
} {
  const padded = '2a02:06b8:000b:0000:0000:0000:0000:0009';
  if (spelling === 'labelled-upper')
    return { hit: [`SHA256=${hashes.sha256.toUpperCase()}`], miss: `SHA256=${'D0'.repeat(32)}` };
  if (subject === 'hash')
    return { hit: kinds.map((kind) => hashes[kind as keyof typeof hashes]), miss: 'd0'.repeat(32) };
  if (spelling === 'url-host')
    return {
      hit: ['http://listed.evil.net/x', 'WWW.Listed.Evil.NET:443'],
      miss: 'http://evil.net/listed.evil.net',
    };
  if (spelling === 'name-in-array')
    return { hit: ['[{"rrname":"a.listed.evil.net","rrtype":"A"}]'], miss: '[{"rrname":"evil.net"}]' };
  if (subject === 'name')
    return { hit: ['listed.evil.net', 'listed.evil.net.', 'WWW.Listed.Evil.NET'], miss: 'evil.net' };
  const mapped = spelling === 'mapped-log-address' ? ['::ffff:31.13.0.1'] : [];
  const version6 = spelling.includes('log-address')
    ? ['2a02:6b8::7', '2a02:6b8:b::9', padded]
    : ['2a02:6b8:b:0:0:0:0:9'];
  return { hit: ['31.13.0.1', '31.14.0.77', ...mapped, ...version6], miss: '31.13.0.2' };
}

/** A text that a pattern of the table finds, by hand where the pattern is no word. */
const samples: Readonly<Record<string, string>> = {
  '^(?:alert|flow)$': 'alert',
  '(?i)drop|den(?:y|ied)|block|reject': 'IPTABLES_DROP',
  '(?i)^(?!.*(?:drop|den(?:y|ied)|block|reject))': 'pass',
  '(?i)^(?!.*(?:drop|den(?:y|ied)|block|reject))(?!(?:get|head|post|put|delete|options)$)': 'pass',
  '^(?!TCP_DENIED)': 'TCP_MISS/200',
  '^TCP_DENIED': 'TCP_DENIED/403',
  '^(?!UserLog)': 'FileAccessed',
  '^(?:allow|alert|continue)': 'allow',
  '(?i)block|den(?:y|ied)|drop|reset': 'deny',
  '(?i)^(?:accept|allow|encrypt|decrypt)': 'Accept',
  '(?i)^(?:drop|reject|block|prevent)': 'Drop',
  '^tunnel-up': 'tunnel-up',
  '[.:]': '1.2.3.4',
};

/** Lines by what is looked for in them. */
const lines: Readonly<Record<string, string>> = {
  '^Accepted ': 'Accepted password for root from 31.13.0.1 port 22 ssh2',
  ' Login: ': 'imap-login: Login: user=<a>, rip=31.13.0.1',
  '\\] OK LOGIN: ': '[pid 2] [a] OK LOGIN: Client "31.13.0.1"',
  ': Login successful\\.?$': '127.0.0.1 (31.13.0.1[31.13.0.1]) - USER a: Login successful.',
  '\\] Peer Connection Initiated with ': '[a] Peer Connection Initiated with 31.13.0.1:1194',
  'ASA-\\d-605005: Login permitted ':
    '%ASA-6-605005: Login permitted from 31.13.0.1/1 to in:10.0.0.1/ssh for user "a"',
  ' Login succeeded for user ': "Logon       Login succeeded for user 'sa'. [CLIENT: 31.13.0.1]",
  ' SSLVPN LOGIN ': 'default SSLVPN LOGIN 1 0 : Context a@31.13.0.1',
  'Built outbound ': '%ASA-6-302013: Built outbound TCP connection 1 for outside:31.13.0.1/443',
  'Built inbound ': '%ASA-6-302013: Built inbound TCP connection 1 for outside:31.13.0.1/443',
  'Teardown UDP ': '%ASA-6-302016: Teardown UDP connection 1 for outside:31.13.0.1/53',
  ' denied from ': '%ASA-2-106001: Inbound TCP connection denied from 31.13.0.1/1 to 10.0.0.1/22',
  '^(?![\\s\\S]*(?:denied|Deny|Teardown TCP))[\\s\\S]*(?:ASA|FTD)-':
    '%ASA-6-302013: Built inbound TCP connection 1',
  'log_subtype="?Allowed': 'log_type="Firewall" log_subtype="Allowed"',
  'log_subtype="?Denied': 'log_type="Firewall" log_subtype="Denied"',
};

function toSample(pattern: string): string {
  const word = /^\^?([\w/ %-]+)\$?$/.exec(pattern)?.[1];
  return samples[pattern] ?? (pattern === '.' ? 'x' : (word ?? expect.fail(`no sample for ${pattern}`)));
}

function categoryOf(key: RootOf): Category {
  const top = toRootLine(key).at(-1)?.parent;
  const names = ['syslog', 'firewall', 'ids', 'web-log', 'squid', 'windows', 'ossec'] as const;
  const name = typeof top === 'object' ? names[(top[0] ?? 1) - 1] : undefined;
  return categories.find((each) => each === name) ?? 'syslog';
}

/** An event of a row that comes through this root; null where it would not. */
function toEvent(field: EventField, event: FieldEvent, key: RootOf, text: string): RuleEvent | null {
  const [root, ...above] = toRootLine(key);
  if (root?.sources?.includes(event.source) === false) return null;
  const ofRoots = [root, ...above].flatMap((each) => each?.when ?? []);
  const conditions = [...event.when, ...ofRoots];
  const asked = conditions.flatMap((each) => ('field' in each ? [each] : []));
  const fields: Record<string, string> = {};
  for (const { field: name, pattern } of asked) fields[name] ??= toSample(pattern);
  fields[field.ruleField] = text;
  const isMet = asked.every(({ field: name, pattern }) => {
    const [, flag, rest = ''] = /^(\(\?i\))?(.*)$/s.exec(pattern) ?? [];
    return new RegExp(rest, flag === undefined ? '' : 'i').test(fields[name] ?? '');
  });
  const decoders = [...new Set(decodersOf(conditions))];
  if (!isMet || decoders.length > 1) return null;
  const [line] = event.when.flatMap((each) => ('text' in each ? [lines[each.text] ?? 'a connection'] : []));
  // The action is a part of the line.
  const log = line ?? `a line of ${fields.action ?? 'no firewall'}: IN= OUT=eth0`;
  return {
    decoder: decoders[0] ?? 'of-the-site',
    category: categoryOf(key),
    fields,
    location: '/var/log/x',
    log,
    hostname: 'h',
  };
}

const rows = everyField.flatMap((field) =>
  field.events.map((event) => [`${event.ruleId} ${field.key} ${event.row}`, field, event] as const),
);

/** For the engine: the server API takes no key for the mapped form of an address, and no element matches it. */
const options = {
  ...planOptions,
  target: 'engine',
  rules: { ...planOptions.rules, fields: everyField },
} as const;
const site = {
  rules: [{ ...templatesFile, name: `ruleset/rules/${templatesFile.name}` }],
  decoderNames: [...allDecoders],
};

describe('with every row on', () => {
  let loaded: LoadedRuleset;
  beforeAll(() => {
    loaded = loadBeside(site, listed, options);
  });
  const endOf = (event: RuleEvent) => evaluate(loaded.ruleset, event);

  test('the rules load', () => {
    expect(loaded.problems).toEqual([]);
    expect(rows.length).toBeGreaterThan(140);
  });

  test.each(rows)('%s fires for what is listed, and for nothing else', (_, field, event) => {
    const { hit, miss } = textsOf(field);
    let met = 0;
    for (const key of field.roots) {
      for (const text of hit) {
        const listedEvent = toEvent(field, event, key, text);
        if (listedEvent === null) continue;
        met += 1;
        const { fired, maybe } = endOf(listedEvent);
        expect(fired?.id, `${String(key)} ${text}, perhaps ${maybe.map(({ id }) => id)}`).toBe(event.ruleId);
      }
      const other = toEvent(field, event, key, miss);
      if (other !== null) expect(endOf(other).fired, `${String(key)} ${miss}`).toBeNull();
    }
    expect(met).toBeGreaterThan(0);
  });

  test('the log of an active response, which has the address again, is left alone', () => {
    const event = { decoder: 'ar_log_json', fields: { srcip: '31.13.0.1' }, log: 'x', hostname: 'h' };
    const at = (location: string) => endOf({ ...event, location }).fired?.id ?? null;
    expect(at('(agent) any->/var/log/syslog')).toBe(119_084);
    expect(at('/var/log/syslog')).toBe(119_084);
    expect(at('/var/ossec/logs/active-responses.log')).toBeNull();
    expect(at('(agent) any->/var/ossec/logs/active-responses.log')).toBeNull();
  });
});

describe('with the rows that are on by default', () => {
  const rules = { ...planOptions.rules, fields: defaultFields };
  const { ruleset } = loadBeside(site, listed, { ...planOptions, target: 'engine', rules });
  const fire = (fields: Readonly<Record<string, string>>, log: string) => {
    const event = { decoder: 'kernel', category: 'firewall', location: '/var/log/x', hostname: 'h' } as const;
    return evaluate(ruleset, { ...event, log, fields: { dstip: '31.13.0.1', ...fields } }).fired?.id ?? null;
  };

  test.each([
    [{ action: 'IPTABLES_DROP' }, 'IPTABLES_DROP: IN=eth0 DST=31.13.0.1'],
    [{ action: 'UFW BLOCK' }, '[UFW BLOCK] IN=eth0 DST=31.13.0.1'],
    [{ action: 'deny' }, 'action="deny" dstip=31.13.0.1'],
    [{}, 'FW_REJECTED_OUT dst=31.13.0.1'],
    [{}, 'blocked dst=31.13.0.1'],
    [{}, 'DROP2: dst=31.13.0.1'],
  ])('a connection that was blocked raises nothing: %j %s', (fields, log) => {
    expect(fire(fields, log)).toBeNull();
  });

  test.each([
    [{ action: 'pass' }, 'pass out dst=31.13.0.1', 119_090],
    [{}, 'to 31.13.0.1 by dropbox.exe', 119_091],
    [{}, 'to 31.13.0.1 through denyhosts', 119_091],
  ])('one that was not does: %j %s', (fields, log, ruleId) => {
    expect(fire(fields, log)).toBe(ruleId);
  });

  test('an inbound connection raises nothing, nor does a source that is listed', () => {
    expect(fire({ dstip: '10.0.0.1', srcip: '31.13.0.1', action: 'pass' }, 'pass in')).toBeNull();
  });
});
