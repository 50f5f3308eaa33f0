import { expect, test } from 'vitest';
import { ruleBytes } from '../../../src/compile/gates/gate.ts';
import { type GateField, gateFields } from '../../../src/compile/gates/ids.ts';
import { type PatternGate, renderRuleFiles } from '../../../src/wazuh/rules.ts';
import { planOptions } from '../../support/plan-options.ts';

function renderedBytes(gates: ReadonlyMap<string, readonly PatternGate[]>): number {
  const files = renderRuleFiles({ ...planOptions.rules, patterns: planOptions.gates, gates });
  return files.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
}

const none = renderedBytes(new Map());

/** What the template writes for a gate beside its pattern. */
function costOf(field: GateField, gate: Pick<PatternGate, 'parent' | 'leaf'>): number {
  const pattern = 'a'.repeat(1_000);
  return renderedBytes(new Map([[field, [{ id: 810_000, pattern, ...gate }]]])) - none - pattern.length;
}

test.each([
  ['a leaf at the top', { parent: null, leaf: true }],
  ['a leaf below another gate', { parent: 899_999, leaf: true }],
  ['a gate that leads to leaves', { parent: 899_999, leaf: false }],
])('%s costs no more bytes than are counted', (_, gate) => {
  for (const field of gateFields) expect(costOf(field, gate), field).toBeLessThanOrEqual(ruleBytes);
});

test('the bytes that are counted are close to those of the dearest gate', () => {
  const dearest = Math.max(...gateFields.map((field) => costOf(field, { parent: null, leaf: true })));
  expect(ruleBytes - dearest).toBeLessThan(10);
});
