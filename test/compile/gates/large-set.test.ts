import { beforeAll, describe, expect, it } from 'vitest';
import type { GatePlan } from '../../../src/compile/gates/compile-gates.ts';
import type { GateField } from '../../../src/compile/gates/ids.ts';
import { renderRuleFiles } from '../../../src/wazuh/rules.ts';
import { planOptions } from '../../support/plan-options.ts';
import { toRuleTreeCost } from '../support/rule-tree-cost.ts';
import { makeLargeSet } from './large-set.ts';
import { compile } from './values.ts';

/** By the model of the engine, with the trees that are not left out. */
function costOf({ trees }: GatePlan, without?: GateField) {
  const gates = new Map(
    trees.filter(({ field }) => field !== without).map((tree) => [tree.field, tree.gates] as const),
  );
  return toRuleTreeCost(renderRuleFiles({ ...planOptions.rules, patterns: planOptions.gates, gates }));
}

describe('a million hashes, 300,000 names, 100,000 addresses and 5,000 networks', () => {
  let plan: GatePlan;
  beforeAll(() => {
    // The addresses of a manager are in its lists alone, in every spelling.
    const { ipv4, ...values } = makeLargeSet();
    plan = compile(values, { prefix: 'auto', maxBytes: 24 * 2 ** 20 });
  }, 180_000);

  it('have room for both hash trees in the default bytes, at 12 digits', () => {
    expect(plan).toMatchObject({ prefix: 12, cutFields: [] });
    expect(Object.values(plan.leftOut)).toEqual(Array(7).fill(0));
  });

  it.each(['win_hashes', 'win_stream'])('have 512 leaves and 341 gates above them in %s', (name) => {
    const gates = plan.trees.find(({ field }) => field === name)?.gates ?? [];
    expect(gates.filter(({ leaf }) => leaf)).toHaveLength(512);
    // 1 + 4 + 16 + 64 + 256, and no gate at an odd depth.
    expect(gates.filter(({ leaf }) => !leaf)).toHaveLength(341);
  });

  it('cost at most 2,400 rules, 23 MB and 19,000 nodes with both hash trees', () => {
    const cost = costOf(plan);
    expect(cost.gates).toBeLessThanOrEqual(2_400);
    expect(cost.bytes).toBeLessThanOrEqual(23_000_000);
    expect(cost.nodes).toBeLessThanOrEqual(19_000);
    // A bare reload walks 36 million nodes, the place below the stock rules 690 million (facts of the engine).
    expect(cost.walked).toBeLessThan(66_000_000);
    expect(cost.bytes).toBeLessThanOrEqual(plan.bytes + 12_000);
    expect(cost.bytes).toBeGreaterThan(plan.bytes * 0.99);
  }, 60_000);

  it('cost at most 1,500 rules, 13.5 MB and 17,500 nodes with one', () => {
    const cost = costOf(plan, 'win_stream');
    expect(cost.gates).toBeLessThanOrEqual(1_500);
    expect(cost.bytes).toBeLessThanOrEqual(13_500_000);
    expect(cost.nodes).toBeLessThanOrEqual(17_500);
    expect(cost.walked).toBeLessThan(57_000_000);
  }, 60_000);
});
