import { describe, expect, it } from 'vitest';
import { isPlainPattern } from '../../../src/wazuh/pcre2-size.ts';
import { compileByPcre2 } from '../../support/pcre2test.ts';
import { runs } from '../../support/runs.ts';
import { compile, makeHashes, makeIpv6Networks, makeNames, makeNetworks, scored } from './values.ts';

/** The link size leaves 65,536 bytes for a pattern (PCRE2 10.42); the gates keep a quarter of it free. */
const most = 49_152;

type Kind = 'ipv4-network' | 'ipv6-network' | 'name' | 'sha256';

const sets: readonly [what: string, kind: Kind, make: (count: number) => string[]][] = [
  ['IPv4 networks of /17', 'ipv4-network', (count) => makeNetworks(count, [17, 17])],
  ['IPv4 networks of /17 and /18', 'ipv4-network', (count) => makeNetworks(count * 0.24, [17, 18])],
  ['IPv4 networks of /9 to /15', 'ipv4-network', (count) => makeNetworks(count * 0.06, [9, 15])],
  ['IPv4 networks of /16 to /32', 'ipv4-network', (count) => makeNetworks(count, [16, 32])],
  ['IPv4 networks side by side', 'ipv4-network', (count) => makeNetworks(count * 0.24, [26, 32], '45.14')],
  ['IPv6 networks', 'ipv6-network', makeIpv6Networks],
  ['names', 'name', makeNames],
  ['hashes', 'sha256', (count) => makeHashes('sha256', count)],
];

function leavesOf(kind: Kind, values: readonly string[]): string[] {
  const { trees } = compile({ [kind]: scored(values) });
  const patterns = trees.flatMap(({ gates }) => gates.filter(({ leaf }) => leaf)).map((gate) => gate.pattern);
  return [...new Set(patterns)];
}

describe.each([20_000, runs(50_000, 100_000)])('every leaf of a set made for %i values', (count) => {
  it.each(sets)('compiles in PCRE2 within the limit: %s', (_, kind, make) => {
    const leaves = leavesOf(kind, make(count));
    const answers = compileByPcre2(leaves);
    const refused = answers.filter((answer) => typeof answer === 'string');
    expect(refused).toEqual([]);
    expect(Math.max(...answers.map(Number))).toBeLessThanOrEqual(most);
  });
});

it.each(['names', 'hashes'])('is a plain pattern, which the lint need not compile: %s', (wanted) => {
  const [, kind, make] = sets.find(([what]) => what === wanted) ?? [];
  if (kind === undefined || make === undefined) throw new Error('no such set');
  const leaves = leavesOf(kind, make(20_000));
  expect(leaves.length).toBeGreaterThan(10);
  // The dot that a name may end with is all that is more.
  expect(leaves.filter((leaf) => !isPlainPattern(leaf.replace(/\\\.\?\$$/, '$'))).length).toBe(0);
});

it.each(sets)(
  'has no leaf that an element could not take, and none far smaller than it could be: %s',
  (_, kind, make) => {
    const sizes = leavesOf(kind, make(20_000)).map((leaf) => Buffer.byteLength(leaf));
    // The engine takes 20,479 bytes (Wazuh 4.14.7).
    expect(Math.max(...sizes)).toBeLessThan(20_300);
    expect(Math.max(...sizes)).toBeGreaterThan(7_500);
  },
);

it('splits a leaf by what it compiles to, far below the limit of its text', () => {
  const leaves = leavesOf('ipv4-network', makeNetworks(1_200, [9, 15]));
  expect(leaves.length).toBeGreaterThan(1);
  expect(Math.max(...leaves.map((leaf) => leaf.length))).toBeLessThan(12_000);
});
