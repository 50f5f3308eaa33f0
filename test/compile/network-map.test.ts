import { expect, test } from 'vitest';
import type { SelectedValue } from '../../src/compile/options.ts';
import { compilePlan } from '../../src/compile/plan.ts';
import { toValueSet } from '../../src/compile/value-set.ts';
import { toObservable } from '../../src/values/door.ts';
import { isSkip } from '../../src/values/skip-reasons.ts';
import { planOptions } from '../support/plan-options.ts';

function selected(kind: 'ipv4' | 'ipv6' | 'name', text: string, id: string): SelectedValue {
  const observable = toObservable({ kind, text });
  if (isSkip(observable)) throw new Error(`${text}: ${observable.skip}`);
  return { ...observable, id, score: 80 };
}

test('each network is there with the object that decided, in the order of bytes, and no other value', () => {
  const values = toValueSet([
    selected('ipv4', '105.112.50.7/16', 'host-bits'),
    selected('ipv4', '31.0.0.0/24', 'plain'),
    selected('ipv4', '31.0.0.1', 'address'),
    selected('ipv6', '2a00:1450:4009::1/48', 'ipv6'),
    selected('name', 'evil.com', 'name'),
  ]);
  const { networkMap, lists } = compilePlan(values, planOptions);
  expect([...networkMap.lines]).toEqual([
    '"2a00:1450:4009::_48":ipv6',
    '105.112.0.0_16:host-bits',
    '31.0.0.0_24:plain',
  ]);
  expect(lists.map(({ name }) => name)).not.toContain(networkMap.name);
});

test('the canaries of the selftest are in no map: nobody looks one up', () => {
  const { networkMap } = compilePlan(toValueSet([]), { ...planOptions, canaries: true });
  expect([...networkMap.lines]).toEqual([]);
});

test('an id that would break it stops the whole plan', () => {
  const values = toValueSet([selected('ipv4', '31.0.0.0/24', 'x"y')]);
  expect(() => compilePlan(values, planOptions)).toThrow(/opencti-networks, line 1/);
});
