import { compilePlan } from '../../src/compile/plan.ts';
import type { SelectedValue } from '../../src/compile/selection.ts';
import { toValueSet } from '../../src/compile/value-set.ts';
import type { ClaimKind } from '../../src/observable/kinds.ts';
import { isSkip } from '../../src/observable/skip.ts';
import { toObservable } from '../../src/observable/to-observable.ts';
import { readListText } from '../../src/wazuh/ruleset/list-reader.ts';
import { type LoadedRuleset, loadRuleset } from '../../src/wazuh/ruleset/load-ruleset.ts';
import { planOptions } from '../support/plan-options.ts';
import { readStandIns } from '../support/stock-ruleset/stand-ins.ts';

export type Claims = readonly (readonly [ClaimKind, string])[];

/** As OpenCTI would have brought them in. */
export function toValues(claims: Claims): SelectedValue[] {
  return claims.map(([kind, text]) => {
    const observable = toObservable({ kind, text });
    if (isSkip(observable)) throw new Error(`${text}: ${observable.skip}`);
    return { ...observable, id: 'an-id', score: 90 };
  });
}

/** Stand-ins for the stock rules alone. */
export function loadStock(): LoadedRuleset {
  return loadRuleset(readStandIns());
}

/** Stand-ins for the stock rules and, beside them, what a plan for these values publishes. */
export function loadPlan(claims: Claims, options = planOptions): LoadedRuleset {
  const stock = readStandIns();
  const { lists, ruleFiles } = compilePlan(toValueSet(toValues(claims)), options);
  const ours = ruleFiles.map(({ path, text }) => ({ name: path, text, ours: true }));
  return loadRuleset({
    rules: [...stock.rules, ...ours.filter(({ name }) => name.startsWith('rules/'))],
    decoders: [...stock.decoders, ...ours.filter(({ name }) => name.startsWith('decoders/'))],
    lists: new Map([
      ...stock.lists,
      ...lists.map(({ name, lines }) => [`etc/lists/${name}`, readListText([...lines].join('\n'))] as const),
    ]),
  });
}
