import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GateField } from '../../src/compile/gates/ids.ts';
import { compileLists, type ListTarget } from '../../src/compile/lists.ts';
import type { SelectedValue } from '../../src/compile/options.ts';
import { compilePlan } from '../../src/compile/plan.ts';
import { toValueSet } from '../../src/compile/value-set.ts';
import { toObservable } from '../../src/values/door.ts';
import { isSkip } from '../../src/values/skip-reasons.ts';
import { allFields } from '../../src/wazuh/fields.ts';
import { planOptions } from '../support/plan-options.ts';
import { runs } from '../support/runs.ts';
import { matcherOf } from './gates/values.ts';

/**
 * The keys of the lists, read anew from what the fields were seen to hold (Wazuh 4.14.7): nothing here is taken from the
 * code that spells and sorts them.
 */

/** What the server API takes as a line (`framework/wazuh/core/cdb_list.py`, 4.14.7). */
const apiGrammar = /(?:^"([\w\-: ]+?)"|^[^:"\s]+):(?:"([\w\-: ]*?)"$|[^:"]*$)/;

const toHex = (ipv4: string): string => {
  const [a = 0, b = 0, c = 0, d = 0] = ipv4.split('.').map(Number);
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
};

/** From the right, so that it is another way than the one that the lists go: each `::` is as many zeros as are missing. */
function expand(ipv6: string): string {
  if (!ipv6.includes('::')) return ipv6;
  const missing = 8 - ipv6.split(':').filter((group) => group !== '').length;
  return ipv6
    .replace('::', `:${'0:'.repeat(missing)}`)
    .replace(/^:|:$/g, '')
    .replace(/::/g, ':');
}

/** As the log of the Linux kernel and Suricata write an address: eight groups of four digits. */
const pad = (ipv6: string): string =>
  expand(ipv6)
    .split(':')
    .map((each) => `000${each}`.slice(-4))
    .join(':');

/** Logs of the network and of the cloud, by what fills the field. */
const logLists = [
  ...['dstip', 'dest-ip', 'src-ip', 'dst-ip', 'port-remote-ip'],
  ...['paloalto-source-address', 'paloalto-destination-address', 'checkpoint-src', 'checkpoint-dst'],
  ...['fortigate-remip', 'win-dest-address', 'win-address', 'win-eventxml-address', 'win-param3'],
  ...['win-eventxml-param3', 'aws-source-ip-address', 'aws-guardduty-remote-ip', 'aws-guardduty-caller-ip'],
  ...['aws-vpc-dstaddr', 'aws-vpc-srcaddr', 'aws-client-ip', 'aws-waf-client-ip'],
  ...['security-lake-src', 'security-lake-dst', 'office365-client-ip', 'office365-client-ip-address'],
  ...['office365-actor-ip-address', 'ms-graph-ip-address', 'azure-ip-address', 'azure-caller-ip-address'],
  ...['gcp-dest-ip', 'gcp-src-ip', 'gcp-caller-ip', 'github-actor-ip', 'cloudflare-client-ip'],
  ...['zeek-orig-h', 'zeek-resp-h', 'osquery-remote-address', 'falco-fd-sip'],
].map((name) => `opencti-${name}`);
/** Of these, vsftpd and the Kerberos events of Windows write the mapped form of an IPv4 address. */
const mappedLogLists = ['opencti-srcip', 'opencti-win-ip-address'];
const nameLists = [
  ...['suricata-dns-rrname', 'suricata-http-hostname', 'suricata-tls-sni', 'win-qname', 'query-url'],
  ...['aws-guardduty-domain', 'gcp-query-name', 'zeek-query', 'zeek-host', 'zeek-server-name'],
].map((name) => `opencti-${name}`);
const hashLists = ['fim', 'suricata-file', 'osquery'].flatMap((name) =>
  ['sha256', 'sha1', 'md5'].map((kind) => `opencti-${name}-${kind}`),
);

const toEach = <T>(lists: readonly string[], what: T): Record<string, T> =>
  Object.fromEntries(lists.map((list) => [list, what]));

type Value = Pick<SelectedValue, 'kind' | 'value'>;

const spellings: Readonly<Record<string, (value: Value) => string[]>> = {
  'opencti-win-hashes': ({ kind, value }) => [`${kind.toUpperCase()}=${value.toUpperCase()}`],
  'opencti-win-hash': ({ kind, value }) => [`${kind.toUpperCase()}=${value.toUpperCase()}`],
  'opencti-win-destination-ip': ({ kind, value }) =>
    kind === 'ipv4' ? [value, `0:0:0:0:0:ffff:${toHex(value)}`] : [expand(value)],
  'opencti-win-source-ip': ({ kind, value }) =>
    kind === 'ipv4' ? [value, `0:0:0:0:0:ffff:${toHex(value)}`] : [expand(value)],
  'opencti-win-query-name': ({ value }) => [value, `${value}.`],
  'opencti-linux-destination-ip': ({ kind, value }) =>
    kind === 'ipv4'
      ? [value, `::ffff:${value}`, `::ffff:${toHex(value)}`, `0:0:0:0:0:ffff:${toHex(value)}`]
      : [value, expand(value)],
  ...toEach(hashLists, ({ value }) => [value]),
  ...toEach(nameLists, ({ value }) => [value, `${value}.`]),
  ...toEach(logLists, ({ kind, value }) => (kind === 'ipv4' ? [value] : [value, pad(value)])),
  ...toEach(mappedLogLists, ({ kind, value }) =>
    kind === 'ipv4' ? [value, `::ffff:${value}`] : [value, pad(value)],
  ),
};

const kindsOf: Readonly<Record<string, readonly string[]>> = {
  'opencti-win-hashes': ['sha256', 'sha1', 'md5'],
  'opencti-win-hash': ['sha256', 'sha1', 'md5'],
  'opencti-win-destination-ip': ['ipv4', 'ipv6'],
  'opencti-win-source-ip': ['ipv4', 'ipv6'],
  'opencti-win-query-name': ['name'],
  'opencti-linux-destination-ip': ['ipv4', 'ipv6'],
  ...Object.fromEntries(hashLists.map((list) => [list, [list.slice(list.lastIndexOf('-') + 1)]])),
  ...toEach(nameLists, ['name']),
  ...toEach([...logLists, ...mappedLogLists], ['ipv4', 'ipv6']),
};

const every = { fields: allFields, canaries: false };

/** All keys as the lines have them, sorted as bytes. */
function toLines(list: string, values: readonly SelectedValue[], target: ListTarget): string[] {
  const lines = values
    .filter(({ kind }) => kindsOf[list]?.includes(kind))
    .flatMap((value) =>
      [...new Set(spellings[list]?.(value))].map((key) =>
        key.includes(':') ? `"${key}":${value.id}` : `${key}:${value.id}`,
      ),
    );
  return lines
    .filter((line) => target === 'engine' || apiGrammar.test(line))
    .map((line) => Buffer.from(line))
    .sort(Buffer.compare)
    .map(String);
}

/** Names that begin with each other, and go on with what comes before and after a dot and a colon. */
const label = fc.constantFrom('a', 'a1', 'a-1', 'a--', '1', '10', '_a', 'b', 'ab', 'z9');
const name = fc
  .tuple(
    fc.array(label, { minLength: 1, maxLength: 5 }),
    fc.constantFrom('co', 'com', 'com.br', 'comx.br', 'co1.br'),
  )
  .map(([labels, end]) => [...labels, end].join('.'));

/** Octets whose texts begin alike, in decimals and in hex. */
const octet = fc.oneof(
  fc.constantFrom(
    1,
    2,
    9,
    10,
    11,
    16,
    17,
    19,
    25,
    45,
    99,
    100,
    101,
    109,
    110,
    111,
    160,
    161,
    175,
    199,
    200,
    255,
    0,
  ),
  fc.nat(255),
);
const ipv4 = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'));
const group = fc.oneof(fc.constantFrom(0, 0, 0, 1, 0xa, 0x10, 0xa0, 0x1000), fc.nat(0xffff));
const ipv6 = fc
  .tuple(
    fc.constantFrom('2001', '2a00', '2a0', '3', '64:ff9b:0:0:0:0'),
    fc.array(group, { minLength: 7, maxLength: 7 }),
  )
  .map(([first, groups]) =>
    [...first.split(':'), ...groups.map((each) => each.toString(16))].slice(0, 8).join(':'),
  );
const digits = (length: number) =>
  fc
    .tuple(fc.constantFrom('', '0', 'a', 'ab', 'f'), fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`)))
    .map(([begin, text]) => (begin + text).slice(0, length));

const claim = fc.oneof(
  { weight: 4, arbitrary: name.map((text) => ({ kind: 'name' as const, text })) },
  { weight: 4, arbitrary: ipv4.map((text) => ({ kind: 'ipv4' as const, text })) },
  { weight: 2, arbitrary: ipv6.map((text) => ({ kind: 'ipv6' as const, text })) },
  digits(64).map((text) => ({ kind: 'sha256' as const, text })),
  digits(40).map((text) => ({ kind: 'sha1' as const, text })),
  digits(32).map((text) => ({ kind: 'md5' as const, text })),
);

/** Each value once, with an id of its own. */
const values = fc.array(claim, { minLength: 30, maxLength: 80, size: 'max' }).map((claims) => {
  const byValue = new Map<string, SelectedValue>();
  for (const each of claims) {
    const observable = toObservable(each);
    if (!isSkip(observable))
      byValue.set(`${observable.kind} ${observable.value}`, {
        ...observable,
        id: `id-${byValue.size}`,
        score: 80,
      });
  }
  return [...byValue.values()];
});

describe.each(['engine', 'api'] as const)('the keys of any values, for the %s', (target) => {
  test('are those that the fields ask for, sorted by their bytes, each once', () => {
    let keys = 0;
    fc.assert(
      fc.property(values, (selected) => {
        const lists = compileLists(toValueSet(selected), target, every);
        expect(lists.map(({ name }) => name).sort()).toEqual(Object.keys(spellings).sort());
        for (const { name, lines } of lists) {
          const expected = toLines(name, selected, target);
          expect([...lines], name).toEqual(expected);
          const own = expected.map((line) => line.slice(0, line.lastIndexOf(':')));
          expect(new Set(own).size).toBe(own.length);
          keys += own.length;
        }
      }),
      { numRuns: runs(60) },
    );
    expect(keys).toBeGreaterThan(runs(60) * 40);
  });
});

test('an address without a leading zero in any group is spelled alike in both ways, and is one key', () => {
  const observable = toObservable({ kind: 'ipv6', text: '2a00:1450:4009:1000:2000:3000:4000:5000' });
  if (isSkip(observable)) throw new Error(observable.skip);
  const lists = compileLists(toValueSet([{ ...observable, id: 'an-id', score: 80 }]), 'api', every);
  for (const name of [...logLists, ...mappedLogLists])
    expect([...(lists.find((list) => list.name === name)?.lines ?? [])], name).toHaveLength(1);
});

test('thousands of addresses and nested names come out in the order of bytes', () => {
  const addresses = Array.from({ length: 30_000 }, (_, at) => (at * 2_654_435_761) % 2 ** 32).map((number) =>
    [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.'),
  );
  const nested = Array.from({ length: 60 }, (_, at) => `${'a.'.repeat(at)}com.br`).flatMap((each) =>
    ['', '1.br', '-x.br', '.z.br'].map((end) => `b.${each}${end}`),
  );
  const selected = [
    ...addresses.map((text) => ({ kind: 'ipv4', text }) as const),
    ...nested.map((text) => ({ kind: 'name', text }) as const),
  ].flatMap((each, at): SelectedValue[] => {
    const observable = toObservable(each);
    return isSkip(observable) ? [] : [{ ...observable, id: `id-${at}`, score: 80 }];
  });
  expect(selected.length).toBeGreaterThan(20_000);
  for (const { name, lines } of compileLists(toValueSet(selected), 'engine', every))
    expect([...lines].join('\n') === toLines(name, selected, 'engine').join('\n'), name).toBe(true);
});

describe('what the server API would refuse', () => {
  const ipv4s = ['8.8.4.4', '45.83.64.1', '105.112.50.80', '223.255.255.254'];
  const selected = ipv4s.map((text, at): SelectedValue => {
    const observable = toObservable({ kind: 'ipv4', text });
    if (isSkip(observable)) throw new Error(text);
    return { ...observable, id: `id-${at}`, score: 80 };
  });
  const plans = {
    engine: compilePlan(toValueSet(selected), { ...planOptions, target: 'engine' }),
    api: compilePlan(toValueSet(selected), { ...planOptions, target: 'api' }),
  };
  const linesOf = (target: ListTarget): string[] => plans[target].lists.flatMap(({ lines }) => [...lines]);
  const dotted = ipv4s.map((ipv4) => `::ffff:${ipv4}`);

  test('is in no list of an export, and is all that these lack', () => {
    const refused = linesOf('engine').filter((line) => !apiGrammar.test(line));
    const lists = ['opencti-linux-destination-ip', 'opencti-win-ip-address'];
    const keys = lists.flatMap(() => dotted.toSorted().map((key) => expect.stringContaining(`"${key}":`)));
    expect(refused).toEqual(keys);
    expect(linesOf('api')).toEqual(linesOf('engine').filter((line) => apiGrammar.test(line)));
  });

  test('is matched by gates of the fields that hold it: every IPv4 address of an export, and no other', () => {
    for (const field of ['linux_address', 'win_logon'] as const) expectMapped(field);
    // No other field holds such a text, so it needs no gates.
    expect(plans.api.gates.trees.map(({ field }) => field)).toEqual(['linux_address', 'win_logon']);
  });

  function expectMapped(field: GateField): void {
    const matches = matcherOf(plans.api.gates, field);
    expect(dotted.filter(matches)).toEqual(dotted);
    expect(dotted.map((text) => text.toUpperCase()).filter(matches)).toHaveLength(4);
    expect(ipv4s.filter(matches)).toEqual(ipv4s);
    expect(
      ['::ffff:8.8.4.40', '::ffff:8.8.4.5', '::ffff:18.8.4.4', '::fffe:8.8.4.4'].filter(matches),
    ).toEqual([]);
  }

  test('needs no gates where the engine takes the lists', () => {
    expect(plans.engine.gates.trees).toEqual([]);
  });
});

test('every one of thousands of addresses of an export is matched in the dotted mapped form', () => {
  const selected = Array.from({ length: 20_000 }, (_, at) => (at * 2_654_435_761) % 2 ** 32).flatMap(
    (number, at): SelectedValue[] => {
      const text = [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
      const observable = toObservable({ kind: 'ipv4', text });
      return isSkip(observable) ? [] : [{ ...observable, id: `id-${at}`, score: 80 }];
    },
  );
  const { gates } = compilePlan(toValueSet(selected), { ...planOptions, target: 'api' });
  const matches = matcherOf(gates, 'linux_address');
  expect(gates.leftOut.ipv4).toBe(0);
  for (const { value } of selected) expect(matches(`::ffff:${value}`), value).toBe(true);
});
