import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { runs } from '../../support/runs.ts';
import { compile, matcherOf, scored, toRandom, treeOf, walkerOf } from './values.ts';

interface Range {
  readonly first: bigint;
  readonly last: bigint;
}

const bitsOf = { 4: 32n, 16: 128n } as const;
type Bytes = keyof typeof bitsOf;

function toBytes(value: bigint, size: Bytes): number[] {
  return Array.from({ length: size }, (_, at) => Number((value >> BigInt(8 * (size - 1 - at))) & 255n));
}

const toDotted = (value: bigint): string => toBytes(value, 4).join('.');

function toExpanded(value: bigint): string {
  return Array.from({ length: 8 }, (_, at) => ((value >> BigInt(16 * (7 - at))) & 0xffffn).toString(16)).join(
    ':',
  );
}

/** ipaddr.js writes addresses as RFC 5952 requires. */
const toShort = (value: bigint): string => new ipaddr.IPv6(toBytes(value, 16)).toRFC5952String();

function toRange(base: bigint, length: number, size: Bytes): Range {
  const free = bitsOf[size] - BigInt(length);
  const first = (base >> free) << free;
  return { first, last: first + (1n << free) - 1n };
}

/** An IPv4 address, and the ways in which a dual-stack socket shows it (facts of the engine, 4): mapped IPv6. */
function toSpellings(value: bigint): [plain: string, expanded: string, short: string, dotted: string] {
  const groups = `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
  return [toDotted(value), `0:0:0:0:0:ffff:${groups}`, `::ffff:${groups}`, `::ffff:${toDotted(value)}`];
}

const isInside = (ranges: readonly Range[], value: bigint): boolean =>
  ranges.some(({ first, last }) => first <= value && value <= last);

/** Addresses at and around both ends of a range. */
function around({ first, last }: Range, size: Bytes): bigint[] {
  const middle = first + (last - first) / 3n;
  const all = [first, last, first - 1n, last + 1n, first + 1n, last - 1n, middle];
  return all.filter((value) => value >= 0n && value < 1n << bitsOf[size]);
}

const length4 = fc.integer({ min: 8, max: 32 });
const network4 = fc.tuple(fc.bigInt({ min: 0n, max: 0xffff_ffffn }), length4);

/** Groups that are zero, small or anything, so that the `::` of RFC 5952 falls everywhere. */
const group = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0n) },
  { weight: 1, arbitrary: fc.bigInt({ min: 1n, max: 31n }) },
  { weight: 2, arbitrary: fc.bigInt({ min: 0n, max: 0xffffn }) },
);
const address6 = fc
  .array(group, { minLength: 8, maxLength: 8 })
  .map((groups) => groups.reduce((value, one) => (value << 16n) | one, 0n));
const network6 = fc.tuple(address6, fc.integer({ min: 8, max: 128 }));

describe('IPv4 networks', () => {
  it('match exactly their addresses, any length from 8 to 32', () => {
    fc.assert(
      fc.property(fc.array(network4, { minLength: 1, maxLength: 12 }), (networks) => {
        const ranges = networks.map(([base, length]) => toRange(base, length, 4));
        const texts = networks.map(([, length], at) => `${toDotted(ranges[at]?.first ?? 0n)}/${length}`);
        const matches = matcherOf(compile({ 'ipv4-network': scored(texts) }), 'win_address');
        const linux = matcherOf(compile({ 'ipv4-network': scored(texts) }), 'linux_address');
        for (const value of ranges.flatMap((range) => around(range, 4))) {
          const expected = isInside(ranges, value);
          const [plain, expanded, short, dotted] = toSpellings(value);
          for (const text of [plain, expanded]) expect(matches(text), `${text} in ${texts}`).toBe(expected);
          for (const text of [short, dotted]) expect(matches(text), `${text} on Windows`).toBe(false);
          for (const text of [plain, expanded, short, dotted])
            expect(linux(text), `${text} in ${texts}, Linux`).toBe(expected);
        }
      }),
      { numRuns: runs(120) },
    );
  });

  it.each([
    [
      '203.0.112.0/22',
      ['203.0.112.0', '203.0.115.255'],
      ['203.0.111.255', '203.0.116.0', '1.203.0.112', '203.0.112'],
    ],
    ['8.0.0.0/8', ['8.0.0.0', '8.255.255.255'], ['80.0.0.1', '18.0.0.1', '9.0.0.0', '7.255.255.255']],
    ['198.51.100.7/32', ['198.51.100.7'], ['198.51.100.77', '198.51.100.70', '198.51.100.6', '198x51.100.7']],
    ['100.64.0.0/10', ['100.64.0.0', '100.127.255.255'], ['100.63.255.255', '100.128.0.0', '100.6.0.1']],
    ['192.0.2.128/25', ['192.0.2.128', '192.0.2.255'], ['192.0.2.127', '192.0.2.12', '192.0.3.128']],
  ])('%s', (network, inside, outside) => {
    const matches = matcherOf(compile({ 'ipv4-network': scored([network]) }), 'linux_address');
    expect(inside.filter(matches)).toEqual(inside);
    expect(outside.filter(matches)).toEqual([]);
  });

  it.each([
    [
      '45.83.64.0/24',
      ['0:0:0:0:0:ffff:2d53:4001', '0:0:0:0:0:FFFF:2D53:40FF'],
      [
        '0:0:0:0:0:ffff:2d53:4100',
        '0:0:0:0:0:fffe:2d53:4001',
        '1:0:0:0:0:ffff:2d53:4001',
        '0:0:0:0:0:ffff:2d53:40',
        '0:0:0:0:0:ffff:2d53:4001:1',
      ],
    ],
    [
      '8.0.0.0/9',
      ['0:0:0:0:0:ffff:800:1', '0:0:0:0:0:ffff:87f:0'],
      ['0:0:0:0:0:ffff:880:0', '0:0:0:0:0:ffff:80:0', '0:0:0:0:0:ffff:8000:1'],
    ],
    [
      '1.0.0.0/28',
      ['0:0:0:0:0:ffff:100:0', '0:0:0:0:0:ffff:100:f'],
      ['0:0:0:0:0:ffff:100:10', '0:0:0:0:0:ffff:10:0'],
    ],
    ['203.0.113.7/32', ['0:0:0:0:0:ffff:cb00:7107'], ['0:0:0:0:0:ffff:cb00:710', '0:0:0:0:0:ffff:cb00:7108']],
  ])('%s as mapped addresses of Windows', (network, inside, outside) => {
    const matches = matcherOf(compile({ 'ipv4-network': scored([network]) }), 'win_address');
    expect(inside.filter(matches)).toEqual(inside);
    expect(outside.filter(matches)).toEqual([]);
  });

  it('are mapped addresses beside listed IPv6 networks, with ids of their own', () => {
    const many = makeNetworks(3_000, 4).map((range) => toNetwork(range, 4));
    const plan = compile({
      'ipv4-network': scored(many),
      'ipv6-network': scored(['2001:db8::/32', '2a00:1450::/29']),
    });
    for (const field of ['win_address', 'linux_address'] as const) {
      const { gates } = treeOf(plan, field);
      expect(new Set(gates.map(({ id }) => id)).size).toBe(gates.length);
      // IPv4, IPv6 and mapped ones: an event is in one of them.
      expect(gates.filter(({ parent }) => parent === null)).toHaveLength(3);
      expect(matcherOf(plan, field)('2001:db8:0:0:0:0:0:1')).toBe(true);
    }
  });

  it('are written once where they overlap or touch', () => {
    const plan = compile(
      { 'ipv4-network': scored(['203.0.112.0/24', '203.0.113.0/24', '203.0.112.16/28', '203.0.112.0/25']) },
      { fields: ['win_address'] },
    );
    const gates = treeOf(plan, 'win_address').gates.map(({ parent, pattern }) => [parent, pattern]);
    expect(gates).toEqual([
      [null, '^203\\.0\\.11[23]\\.\\d{1,3}$'],
      [null, '(?i)^0:0:0:0:0:ffff:cb00:7[0-1]\\w{2}$'],
    ]);
  });
});

describe('IPv6 networks', () => {
  it('match exactly their addresses in the expanded and in the shortened spelling, any length', () => {
    fc.assert(
      fc.property(fc.array(network6, { minLength: 1, maxLength: 6 }), address6, (networks, other) => {
        const ranges = networks.map(([base, length]) => toRange(base, length, 16));
        const texts = networks.map(([, length], at) => `${toExpanded(ranges[at]?.first ?? 0n)}/${length}`);
        const plan = compile({ 'ipv6-network': scored(texts) });
        const windows = matcherOf(plan, 'win_address');
        const linux = matcherOf(plan, 'linux_address');
        for (const value of [
          other,
          ...networks.map(([base]) => base),
          ...ranges.flatMap((range) => around(range, 16)),
        ]) {
          const expected = isInside(ranges, value);
          expect(windows(toExpanded(value)), `${toExpanded(value)} in ${texts}`).toBe(expected);
          expect(linux(toExpanded(value)), `${toExpanded(value)} in ${texts}`).toBe(expected);
          expect(linux(toShort(value)), `${toShort(value)} in ${texts}`).toBe(expected);
        }
      }),
      { numRuns: runs(240) },
    );
  });

  it.each([
    [
      '2001:db8::/32',
      ['2001:db8::', '2001:db8::1', '2001:DB8:ffff:ffff:ffff:ffff:ffff:ffff'],
      ['2001:db9::', '2001:db8', '12001:db8::1'],
    ],
    [
      '2001:db8::/33',
      ['2001:db8:7fff::1', '2001:db8::1', '2001:db8:0:0:0:0:0:1'],
      ['2001:db8:8000::', '2001:db8:f000::8'],
    ],
    [
      '2a00:1450::/29',
      ['2a00:1457:ffff::', '2a00:1450:4009:81e:0:0:0:200e'],
      ['2a00:1458::', '2a00:145::', '2a00:144f::1'],
    ],
    ['2001::/16', ['2001::1', '2001:0:0:0:0:0:0:1', '2001:1::'], ['2002::1', '201::1', '::2001']],
    [
      '2001:0:0:f0::/60',
      ['2001:0:0:f0::1', '2001::ff:1:2:3:4'],
      ['2001:0:0:100::1', '2001::f0:1:2:3', '2001::f'],
    ],
    ['::/8', ['::1', '::', '0:0:0:0:0:0:0:1', 'ff:1::'], ['100::1', '1000::']],
    ['2001:db8:0:0:1::/80', ['2001:db8::1:0:0:1', '2001:db8:0:0:1::1'], ['2001:db8::1:0:1', '2001:db8::1']],
    [
      '2001:db8::5/128',
      ['2001:db8::5', '2001:db8:0:0:0:0:0:5'],
      ['2001:db8::5:0', '2001:db8::55', '2001:db8::'],
    ],
  ])('%s on the field of Linux', (network, inside, outside) => {
    const matches = matcherOf(compile({ 'ipv6-network': scored([network]) }), 'linux_address');
    expect(inside.filter(matches)).toEqual(inside);
    expect(outside.filter(matches)).toEqual([]);
  });
});

/** Networks of 16 to 32 (48) bits, with addresses around each. */
function makeNetworks(count: number, size: Bytes): Range[] {
  const random = toRandom(size + count);
  const ranges = new Map<string, Range>();
  while (ranges.size < count) {
    const high = BigInt(random(0x1000000)) | (BigInt(random(256)) << 24n);
    const base = size === 4 ? high : ((0x2000n + BigInt(random(0x1000))) << 112n) | (high << 80n);
    const range = toRange(base, (size === 4 ? 18 : 32) + random(15), size);
    ranges.set(String(range.first), range);
  }
  return [...ranges.values()];
}

function toNetwork({ first, last }: Range, size: Bytes): string {
  const length = Number(bitsOf[size]) - (last - first).toString(2).replace(/^0$/, '').length;
  return `${size === 4 ? toDotted(first) : toExpanded(first)}/${length}`;
}

/** Merged and sorted, so that a search by halves answers. */
function toLookup(ranges: readonly Range[]): (value: bigint) => boolean {
  const sorted = [...ranges].sort((a, b) => (a.first < b.first ? -1 : 1));
  const reach: bigint[] = [];
  for (const { last } of sorted)
    reach.push(reach.length && (reach.at(-1) ?? 0n) > last ? (reach.at(-1) ?? 0n) : last);
  return (value) => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle]?.first ?? 0n) <= value) low = middle + 1;
      else high = middle;
    }
    return low > 0 && (reach[low - 1] ?? -1n) >= value;
  };
}

/**
 * Six times twenty neighbours, from the lowest to the highest: they share leaves, and to compile the patterns of all leaves
 * takes minutes and more code than V8 has room for.
 */
function sample(ranges: readonly Range[]): Range[] {
  const sorted = ranges.toSorted((a, b) => (a.first < b.first ? -1 : 1));
  const [clusters, size] = [6, 20];
  if (sorted.length <= clusters * size) return sorted;
  return Array.from({ length: clusters }, (_, at) => {
    const from = Math.floor((at * (sorted.length - size)) / (clusters - 1));
    return sorted.slice(from, from + size);
  }).flat();
}

describe.each([10, 1_000, runs(20_000, 100_000)])('%i networks of each family', (count) => {
  const ranges4 = makeNetworks(count, 4);
  const ranges6 = makeNetworks(count, 16);
  const plan = compile({
    'ipv4-network': scored(ranges4.map((range) => toNetwork(range, 4))),
    'ipv6-network': scored(ranges6.map((range) => toNetwork(range, 16))),
  });

  it('match at both ends of each range and not beside it, mapped as well', () => {
    const isListed = toLookup(ranges4);
    const windows = matcherOf(plan, 'win_address');
    const linux = matcherOf(plan, 'linux_address');
    for (const range of sample(ranges4)) {
      for (const value of around(range, 4)) {
        const expected = isListed(value);
        const [plain, expanded, ...others] = toSpellings(value);
        for (const text of [plain, expanded]) expect(windows(text), text).toBe(expected);
        for (const text of [plain, expanded, ...others]) expect(linux(text), text).toBe(expected);
      }
    }
  });

  it('match IPv6 in both spellings', () => {
    const isListed = toLookup(ranges6);
    const windows = matcherOf(plan, 'win_address');
    const linux = matcherOf(plan, 'linux_address');
    for (const range of sample(ranges6)) {
      for (const value of around(range, 16)) {
        expect(windows(toExpanded(value)), toExpanded(value)).toBe(isListed(value));
        expect(linux(toShort(value)), toShort(value)).toBe(isListed(value));
      }
    }
  });

  it('cost an address that matches nothing fewer than 60 gates on average', () => {
    const walk = walkerOf(plan, 'linux_address');
    const random = toRandom(5);
    const strangers = Array.from(
      { length: 300 },
      () => `${random(224)}.${random(256)}.${random(256)}.${random(256)}`,
    );
    const tried = strangers.map((text) => walk(text)).filter(({ leaf }) => !leaf);
    expect(tried.length).toBeGreaterThan(0);
    expect(tried.reduce((sum, one) => sum + one.tried, 0) / tried.length).toBeLessThan(60);
  });
});
