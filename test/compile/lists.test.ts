import { describe, expect, test } from 'vitest';
import { lintList, withLint } from '../../src/compile/lint.ts';
import { createLines, toRun } from '../../src/compile/list-lines.ts';
import { compileLists, type ListTarget } from '../../src/compile/lists.ts';
import type { SelectedValue } from '../../src/compile/options.ts';
import { compilePlan } from '../../src/compile/plan.ts';
import { toValueSet } from '../../src/compile/value-set.ts';
import { toObservable } from '../../src/values/door.ts';
import { isSkip } from '../../src/values/skip-reasons.ts';
import { builtInFields, planOptions } from '../support/plan-options.ts';

const id = '0e5e40ee-2ad3-4fc3-a9c6-a75869ea3c2e';

function selected(kind: 'sha256' | 'sha1' | 'md5' | 'ipv4' | 'ipv6' | 'name', text: string): SelectedValue {
  const observable = toObservable({ kind, text });
  if (isSkip(observable)) throw new Error(`${text}: ${observable.skip}`);
  return { ...observable, id, score: 80 };
}

const values = [
  selected('sha256', '3802e1848c0fa4b4b408be34c6a4c9a799f9a37b29d6bd3dbd3bd7760747a8a6'),
  selected('sha1', '3f249cbadc8de47ddd960a77ec71a5c92da82de2'),
  selected('md5', 'e65487f5f65bca9e283dd3aabd817dc0'),
  selected('ipv4', '105.112.50.80'),
  selected('ipv4', '31.0.0.0/24'),
  selected('ipv6', '2a00:1450:4009:81e::200e'),
  selected('ipv6', '2a00:1450:1:2:3:4:5:6'),
  selected('name', 'Sazoya.com'),
  selected('name', 'bücher.evil.net'),
];

const sysmonHashes = [
  `MD5=E65487F5F65BCA9E283DD3AABD817DC0:${id}`,
  `SHA1=3F249CBADC8DE47DDD960A77EC71A5C92DA82DE2:${id}`,
  `SHA256=3802E1848C0FA4B4B408BE34C6A4C9A799F9A37B29D6BD3DBD3BD7760747A8A6:${id}`,
];

/** 105.112.50.80 is 6970:3250 in hex. A dual-stack socket shows it as a mapped address; the server API refuses one with dots. */
const linuxAddresses = {
  engine: [`"::ffff:105.112.50.80":${id}`, `"::ffff:6970:3250":${id}`],
  api: [`"::ffff:6970:3250":${id}`],
};

/** Eight groups of four digits, and RFC 5952, which is the same for the second one but for the zeros. */
const logAddresses = [
  `"2a00:1450:0001:0002:0003:0004:0005:0006":${id}`,
  `"2a00:1450:1:2:3:4:5:6":${id}`,
  `"2a00:1450:4009:081e:0000:0000:0000:200e":${id}`,
  `"2a00:1450:4009:81e::200e":${id}`,
];

/** The lists of the fields whose rows are on without a word of the configuration, with the decoders of any engine. */
const logLists = [
  ...['opencti-dstip', 'opencti-win-dest-address', 'opencti-win-address', 'opencti-win-eventxml-address'],
  ...['opencti-win-param3', 'opencti-win-eventxml-param3'],
];

const withoutCanaries = { fields: builtInFields, canaries: false };

test.each(['engine', 'api'] as const)(
  'each field has the keys that it will ask for, in the order of bytes: %s',
  (target) => {
    const lists = Object.fromEntries(
      compileLists(toValueSet(values), target, withoutCanaries).map(({ name, lines }) => [name, [...lines]]),
    );
    expect(lists).toEqual({
      'opencti-win-hashes': sysmonHashes,
      'opencti-win-hash': sysmonHashes,
      'opencti-win-destination-ip': [
        `"0:0:0:0:0:ffff:6970:3250":${id}`,
        `"2a00:1450:1:2:3:4:5:6":${id}`,
        `"2a00:1450:4009:81e:0:0:0:200e":${id}`,
        `105.112.50.80:${id}`,
      ],
      'opencti-win-query-name': [
        `sazoya.com.:${id}`,
        `sazoya.com:${id}`,
        `xn--bcher-kva.evil.net.:${id}`,
        `xn--bcher-kva.evil.net:${id}`,
      ],
      'opencti-linux-destination-ip': [
        `"0:0:0:0:0:ffff:6970:3250":${id}`,
        `"2a00:1450:1:2:3:4:5:6":${id}`,
        `"2a00:1450:4009:81e:0:0:0:200e":${id}`,
        `"2a00:1450:4009:81e::200e":${id}`,
        ...linuxAddresses[target],
        `105.112.50.80:${id}`,
      ],
      'opencti-fim-sha256': [`3802e1848c0fa4b4b408be34c6a4c9a799f9a37b29d6bd3dbd3bd7760747a8a6:${id}`],
      'opencti-fim-sha1': [`3f249cbadc8de47ddd960a77ec71a5c92da82de2:${id}`],
      'opencti-fim-md5': [`e65487f5f65bca9e283dd3aabd817dc0:${id}`],
      'opencti-win-ip-address': [
        ...(target === 'engine' ? [`"::ffff:105.112.50.80":${id}`] : []),
        ...logAddresses,
        `105.112.50.80:${id}`,
      ].sort(),
      ...Object.fromEntries(logLists.map((list) => [list, [...logAddresses, `105.112.50.80:${id}`]])),
    });
  },
);

test('with no values every list is there and empty', () => {
  const lists = compileLists(toValueSet([]), 'engine', withoutCanaries);
  expect(lists.map(({ lines }) => lines.length)).toEqual(Array(8 + 7).fill(0));
});

test.each([
  ['engine', 7],
  ['api', 6],
] as const)('a list says how many values it has, however many keys and canaries: %s', (target, entries) => {
  const counts = (canaries: boolean) =>
    Object.fromEntries(
      compileLists(toValueSet(values), target, { fields: builtInFields, canaries }).map((list) => [
        list.name,
        [list.values, list.entries, list.lines.length],
      ]),
    );
  const without = counts(false);
  expect(without).toEqual({
    'opencti-win-hashes': [3, 3, 3],
    'opencti-win-hash': [3, 3, 3],
    'opencti-win-destination-ip': [3, 4, 4],
    'opencti-win-query-name': [2, 4, 4],
    'opencti-linux-destination-ip': [3, entries, entries],
    'opencti-fim-sha256': [1, 1, 1],
    'opencti-fim-sha1': [1, 1, 1],
    'opencti-fim-md5': [1, 1, 1],
    'opencti-win-ip-address': target === 'engine' ? [3, 6, 6] : [3, 5, 5],
    ...Object.fromEntries(logLists.map((list) => [list, [3, 5, 5]])),
  });
  // A canary of each spelling: an IPv4 and an IPv6 address have two or more.
  const more = {
    'opencti-win-hashes': 3,
    'opencti-win-hash': 3,
    'opencti-win-destination-ip': 3,
    'opencti-win-query-name': 2,
    'opencti-linux-destination-ip': target === 'engine' ? 6 : 5,
    'opencti-fim-sha256': 1,
    'opencti-fim-sha1': 1,
    'opencti-fim-md5': 1,
    'opencti-win-ip-address': target === 'engine' ? 4 : 3,
    ...Object.fromEntries(logLists.map((list) => [list, 3])),
    // The element of a static field keeps families apart: the canary of IPv4 is enough.
    'opencti-dstip': 1,
  };
  for (const [name, [listed, own, lines]] of Object.entries(counts(true)))
    expect([name, listed, own, lines]).toEqual([
      name,
      ...(without[name] ?? []).slice(0, 2),
      (without[name]?.[2] ?? 0) + more[name as keyof typeof more],
    ]);
});

const toQueryList = (lines: readonly string[]) => ({
  name: 'opencti-win-query-name',
  lines: createLines([toRun(lines)], 100),
});

test.each([
  ['a blank', ['saz oya.com:a'], /holds a blank/],
  ['a wrong order', ['b.com:1', 'a.com:1'], /line 2: "a.com:1" is not in the order of bytes/],
  ['a key twice', ['a.com:1', 'a.com:2'], /line 2: "a.com:2" has the key of the line before it/],
  ['a line twice', ['a.com:1', 'a.com:1'], /has the key of the line before it/],
])('the lint refuses %s', (_, lines, message) => {
  for (const target of ['engine', 'api'] as const)
    expect(() => lintList({ ...toQueryList(lines), target })).toThrow(message);
});

test.each<[string, string, ListTarget[], RegExp]>([
  ['a value with a colon', 'sazoya.com:a:b', ['api'], /line 1: "sazoya.com:a:b" is not of the form/],
  [
    'a dot within quotes',
    `"::ffff:192.0.2.1":${id}`,
    ['api'],
    /is not of the form that the server API takes/,
  ],
  ['a quote within a key', 'a"b.com:a', ['api', 'engine'], /is not of the form|as another key/],
  ['a quoted key without need', '"a":1', ['api', 'engine'], /as another key/],
  ['an empty key', ':1', ['api'], /is not of the form/],
  ['a mapped address in hex', `"::ffff:c000:201":${id}`, [], /-/],
  ['an expanded address', `"2001:db8:0:0:0:0:0:1":${id}`, [], /-/],
])('the lint for a target takes what that one takes: %s', (_, line, refusing, message) => {
  for (const target of ['engine', 'api'] as const) {
    const lint = () => lintList({ ...toQueryList([line]), target });
    if (refusing.includes(target)) expect(lint).toThrow(message);
    else expect(lint).not.toThrow();
  }
});

describe('an id that would break a list', () => {
  const values = toValueSet([selected('name', 'a.com'), { ...selected('name', 'b.com'), id: 'x"y' }]);
  const openLines = () => {
    const lists = compilePlan(values, planOptions).lists;
    return lists.find(({ name }) => name === 'opencti-win-query-name')?.lines ?? expect.fail('no such list');
  };
  const objection = /opencti-win-query-name, line 3/;

  test('stops whoever goes through its lines, each time', () => {
    const lines = openLines();
    for (let time = 0; time < 2; time += 1) {
      expect(() => [...lines]).toThrow(objection);
      expect(() => [...lines.chunks()]).toThrow(objection);
      expect(() => lines.map((line) => line)).toThrow(objection);
    }
  });

  test('is found also when somebody before went through a part only', () => {
    const many = Array.from({ length: 10_000 }, (_, number) => selected('name', `n${number}.com`));
    const lines = withLint({
      target: 'engine',
      name: 'opencti-win-query-name',
      lines: createLines(
        [toRun(many.map(({ value }) => `${value}:${id}`).sort()), toRun(['z.com:x"y'])],
        100,
      ),
    });
    for (const _ of lines) break;
    expect(() => [...lines]).toThrow(/line 10001: /);
  });

  test('lists that had the same lines still share them', () => {
    const { lists } = compilePlan(values, planOptions);
    const of = (name: string) => lists.find((list) => list.name === name)?.lines;
    expect(of('opencti-win-hashes')).toBe(of('opencti-win-hash'));
  });
});
