import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, test } from 'vitest';
import { runs } from '../../support/runs.ts';
import { compile, matcherOf, scored } from './values.ts';

/** Groups that are zero, small or anything, so that the `::` of RFC 5952 falls everywhere. */
const group = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 31 }) },
  { weight: 2, arbitrary: fc.nat(0xffff) },
);
const version6 = fc
  .tuple(fc.constantFrom(0x2001, 0x2a00, 0x2a02, 0x3ff), fc.array(group, { minLength: 7, maxLength: 7 }))
  .map(([head, rest]) => [head, ...rest]);
const octet = fc.oneof(fc.constantFrom(0, 1, 9, 10, 25, 99, 100, 199, 200, 255), fc.nat(255));
const version4 = fc
  .tuple(fc.constantFrom(31, 45, 105), octet, octet, octet)
  .map((octets) => octets.join('.'));

const toShort = (groups: readonly number[]): string => new ipaddr.IPv6([...groups]).toRFC5952String();
const toPadded = (groups: readonly number[]): string =>
  groups.map((each) => each.toString(16).padStart(4, '0')).join(':');

/** Keeps the first bits of the groups. */
function toBase(groups: readonly number[], length: number): number[] {
  return groups.map((each, at) => {
    const kept = Math.min(Math.max(length - 16 * at, 0), 16);
    return each & (0x10000 - 2 ** (16 - kept));
  });
}

/** Another address of the same network, by the bits of `other`. */
const within = (base: readonly number[], length: number, other: readonly number[]): number[] => {
  const kept = toBase(base, length);
  const rest = toBase(other, length);
  return kept.map((each, at) => each | ((other[at] ?? 0) ^ (rest[at] ?? 0)));
};

function toBlockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', length] = network.split('/');
    list.addSubnet(address, Number(length), isIP(address) === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}

describe('networks of a field of logs', () => {
  test('of IPv6 match their addresses as RFC 5952 has them and in eight padded groups, in any case, and no other', () => {
    let inside = 0;
    const some = fc.array(fc.tuple(version6, fc.integer({ min: 16, max: 128 })), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(some, fc.array(version6, { minLength: 5, maxLength: 15 }), (pairs, others) => {
        const networks = pairs.map(([groups, length]) => `${toShort(toBase(groups, length))}/${length}`);
        const list = toBlockList(networks);
        const plan = compile({ 'ipv6-network': scored(networks) }, { fields: ['dest_ip', 'win_logon'] });
        const matchers = [matcherOf(plan, 'dest_ip'), matcherOf(plan, 'win_logon')];
        const members = pairs.flatMap(([groups, length]) =>
          others.map((other) => within(groups, length, other)),
        );
        for (const groups of [...members, ...others]) {
          const wanted = list.check(toShort(groups), 'ipv6');
          for (const text of [toShort(groups), toPadded(groups), toPadded(groups).toUpperCase()])
            expect(
              matchers.map((matches) => matches(text)),
              `${text} in ${networks}`,
            ).toEqual([wanted, wanted]);
          if (wanted) inside += 1;
        }
      }),
      { numRuns: runs(80) },
    );
    expect(inside).toBeGreaterThan(1_000);
  });

  test('of IPv4 match dotted addresses, and mapped ones where the field has them', () => {
    const some = fc.array(fc.tuple(version4, fc.integer({ min: 8, max: 32 })), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(some, fc.array(version4, { minLength: 10, maxLength: 30 }), (pairs, others) => {
        const networks = pairs.map(([address, length]) =>
          ipaddr.IPv4.networkAddressFromCIDR(`${address}/${length}`).toString().concat(`/${length}`),
        );
        const list = toBlockList(networks);
        const plan = compile({ 'ipv4-network': scored(networks) }, { fields: ['dest_ip', 'win_logon'] });
        const plain = matcherOf(plan, 'dest_ip');
        const mapped = matcherOf(plan, 'win_logon');
        for (const address of [...others, ...pairs.map(([each]) => each)]) {
          const wanted = list.check(address, 'ipv4');
          expect(plain(address), `${address} in ${networks}`).toBe(wanted);
          expect(mapped(address)).toBe(wanted);
          expect(mapped(`::ffff:${address}`)).toBe(wanted);
          expect(mapped(`::FFFF:${address}`)).toBe(wanted);
          expect(plain(`::ffff:${address}`)).toBe(false);
          expect(plain(`${address}0.1`) || plain(`1${address}`) || plain(`${address}:443`)).toBe(false);
        }
      }),
      { numRuns: runs(80) },
    );
  });

  test('single addresses are matched by gates in the mapped form alone, for the server API', () => {
    const addresses = ['31.13.0.1', '105.112.50.80'];
    const plan = compile({ ipv4: scored(addresses) }, { fields: ['dest_ip', 'win_logon', 'srcip', 'dstip'] });
    expect(plan.trees.map(({ field }) => field)).toEqual(['win_logon']);
    const matches = matcherOf(plan, 'win_logon');
    for (const address of addresses) expect(matches(`::ffff:${address}`)).toBe(true);
    expect(matches('::ffff:31.13.0.10')).toBe(false);
  });
});
