import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toObservable } from '../../src/values/door.ts';
import { isSkip } from '../../src/values/skip-reasons.ts';
import { createValueIndex, parseListedNetwork } from '../../src/values/value-lists.ts';
import { runs } from '../support/runs.ts';

function open(...networks: readonly string[]) {
  const lines = networks.map((text, number) => {
    const meaning = parseListedNetwork(text) ?? expect.fail(`${text} is no network`);
    return { meaning, list: 'allowed.txt', isAllowFile: true, line: number + 1 };
  });
  const index = createValueIndex(lines);
  return (text: string) => {
    const observable = toObservable({ kind: text.includes(':') ? 'ipv6' : 'ipv4', text });
    return isSkip(observable) ? observable.skip : (index.find(observable)?.line ?? null);
  };
}

describe('an address or network is listed', () => {
  test.each([
    ['31.0.0.0/24', '31.0.0.255', 1],
    ['31.0.0.0/24', '31.0.1.0', null],
    ['31.0.0.0/24', '32.0.0.0', null],
    ['31.0.0.7', '31.0.0.7', 1],
    ['30.0.0.0/7', '31.255.0.1', 1],
    ['30.0.0.0/7', '32.0.0.1', null],
    ['31.0.0.0/24', '31.0.0.0/16', 1],
    ['31.0.0.0/24', '30.0.0.0/7', 1],
    ['31.0.0.0/24', '32.0.0.0/7', null],
    ['0.0.0.0/0', '203.0.114.1', 1],
    ['2a00:1450::/32', '2a00:1450:4009::200e', 1],
    ['2a00:1450::/32', '2a00:1451::1', null],
    ['2a00:1450::/32', '2a00::/16', 1],
    ['2a00:1450::/32', '2a00::/12', 1],
    ['2a00::/12', '2a0f:ffff::1', 1],
    ['2a00::/12', '2a10::1', null],
    ['::/0', '2001:db9::1', 1],
    ['2620:fe::fe', '2620:fe::fe', 1],
    ['2620:fe::fe', '2620:fe::9', null],
  ])('%s holds %s: line %s', (network, text, line) => {
    expect(open(network)(text)).toBe(line);
  });
});

test('any IPv4 address and networks: as arithmetic has it', () => {
  const network = fc.record({ base: fc.nat(2 ** 32 - 1), length: fc.integer({ min: 1, max: 32 }) });
  const toText = (bits: number) => [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.');
  fc.assert(
    fc.property(
      fc.array(network, { minLength: 1, maxLength: 20 }),
      fc.nat(2 ** 32 - 1),
      (networks, address) => {
        const prefix = (bits: number, length: number) => Math.floor(bits / 2 ** (32 - length));
        const holds = networks.some(({ base, length }) => prefix(base, length) === prefix(address, length));
        const found = open(...networks.map(({ base, length }) => `${toText(base)}/${length}`))(
          toText(address),
        );
        if (typeof found !== 'string') expect(found !== null).toBe(holds);
      },
    ),
    { numRuns: runs(400) },
  );
});
