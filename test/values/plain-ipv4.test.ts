import { isIPv4 } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parsePlainIpv4 } from '../../src/values/address.ts';
import { toObservable } from '../../src/values/door.ts';
import { specialIpv4 } from '../../src/values/special-ranges.ts';
import { runs } from '../support/runs.ts';

const group = fc.oneof(
  fc.nat(255).map(String),
  fc.constantFrom('00', '01', '256', '1e1', '', '-1', '+1', ' 1', '1234', 'a'),
);
const dotted = fc.array(group, { minLength: 3, maxLength: 5 }).map((groups) => groups.join('.'));

test('takes what net.isIPv4 takes', () => {
  fc.assert(
    fc.property(fc.oneof(dotted, fc.ipV4(), fc.string({ maxLength: 16 })), (text) => {
      const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number);
      expect(parsePlainIpv4(text)).toBe(isIPv4(text) ? ((a * 256 + b) * 256 + c) * 256 + d : null);
    }),
    { numRuns: runs(1_000) },
  );
});

/** A blank at the end sends an address the long way. */
const theLongWay = (text: string) => toObservable({ kind: 'ipv4', text: `${text} ` });

test('an address has the same fate the short and the long way', () => {
  const near = fc
    .tuple(fc.constantFrom(...specialIpv4), fc.integer({ min: -2, max: 2 }), fc.boolean())
    .map(([{ cidr }, offset, isEnd]) => {
      const [address = '', length] = cidr.split('/');
      const size = isEnd ? 2 ** (32 - Number(length)) : 0;
      return toText((parsePlainIpv4(address) ?? 0) + size + offset);
    });
  fc.assert(
    fc.property(fc.oneof(near, fc.ipV4()), (text) => {
      expect(toObservable({ kind: 'ipv4', text })).toEqual(theLongWay(text));
    }),
    { numRuns: runs(1_000) },
  );
});

function toText(bits: number): string {
  const inside = Math.min(2 ** 32 - 1, Math.max(0, bits));
  return [24, 16, 8, 0].map((shift) => Math.floor(inside / 2 ** shift) % 256).join('.');
}
