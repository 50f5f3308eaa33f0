import { describe, expect, test } from 'vitest';
import { compile, makeHashes, makeNames, makeNetworks, scored } from './values.ts';

const sourceFields = ['dest_ip', 'zeek_query', 'zeek_responder'] as const;
const fields = [
  'win_hashes',
  'win_stream',
  'win_query',
  'win_address',
  'linux_address',
  ...sourceFields,
] as const;

const networks = makeNetworks(12_000, [20, 30]);
const values = {
  sha256: scored(makeHashes('sha256', 3_000)),
  name: scored(makeNames(6_000)),
  'ipv4-network': scored(networks),
};
const isWhole = (leftOut: object) => Object.values(leftOut).every((count) => count === 0);

describe('for want of room', () => {
  const whole = compile(values, { fields, prefix: 12 });

  test('nothing is given up where there is enough', () => {
    const few = compile(
      { ...values, 'ipv4-network': scored(networks.slice(0, 500)) },
      { fields, prefix: 12 },
    );
    expect(few.cutFields).toEqual([]);
    expect(few.trees.map(({ field }) => field).sort()).toEqual([...fields].sort());
  });

  test('a source whose tree has more gates than ids goes, and no value of the first fields does', () => {
    // A tenth of all ids, so that the span of zeek_responder has 15.
    const ids = { from: 810_000, to: 818_999 };
    const plan = compile(values, { fields, prefix: 12, ids });
    const gatesOf = (name: string) => whole.trees.find(({ field }) => field === name)?.gates.length;
    expect(gatesOf('zeek_responder')).toBeGreaterThan(15);
    expect(plan.cutFields).toEqual(['zeek_responder']);
    expect(isWhole(plan.leftOut)).toBe(true);
  });

  const few = { ...values, 'ipv4-network': scored(networks.slice(0, 2_000)) };
  const all = compile(few, { fields, prefix: 12 });
  const rulesOf = (...names: readonly string[]) =>
    all.trees.filter(({ field }) => names.includes(field)).reduce((sum, { gates }) => sum + gates.length, 0);

  test('the trees of sources go from the last one on, after that of event 15', () => {
    expect(all.cutFields).toEqual([]);
    const order = ['win_stream', ...[...sourceFields].reverse()];
    for (let count = 1; count <= order.length; count++) {
      const gone = order.slice(0, count);
      const maxRules = all.rules - rulesOf(...gone);
      const plan = compile(few, { fields, prefix: 12, maxRules });
      expect([...plan.cutFields].sort(), `${maxRules} rules`).toEqual([...gone].sort());
      expect(isWhole(plan.leftOut), `${maxRules} rules`).toBe(true);
      expect(plan.rules).toBeLessThanOrEqual(maxRules);
    }
  });

  test('values of the first fields go last', () => {
    const maxRules = rulesOf('win_hashes', 'win_query', 'win_address', 'linux_address') - 1;
    const plan = compile(few, { fields, prefix: 12, maxRules });
    expect([...plan.cutFields].sort()).toEqual(['win_stream', ...sourceFields].sort());
    expect(isWhole(plan.leftOut)).toBe(false);
    expect(plan.rules).toBeLessThanOrEqual(maxRules);
  });

  test('the same goes for bytes', () => {
    const plan = compile(few, { fields, prefix: 12, maxBytes: Math.floor(all.bytes * 0.8) });
    expect(plan.cutFields.length).toBeGreaterThan(0);
    expect(plan.bytes).toBeLessThanOrEqual(all.bytes * 0.8);
  });
});
