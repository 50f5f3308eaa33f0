import type { SelectedValue } from '../../src/compile/options.ts';
import { compilePlan, type PlanOptions } from '../../src/compile/plan.ts';
import { toValueSet } from '../../src/compile/value-set.ts';
import { toObservable } from '../../src/values/door.ts';
import type { ClaimKind } from '../../src/values/kinds.ts';
import { isSkip } from '../../src/values/skip-reasons.ts';
import { readListText } from '../engine-model/list-reader.ts';
import { type LoadedRuleset, loadRuleset, type RulesetSources } from '../engine-model/load-ruleset.ts';
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
  return loadBeside(readStandIns(), claims, options);
}

/** What a manager has and, unless null, what a plan for these values publishes. */
export function loadBeside(
  site: RulesetSources,
  claims: Claims | null,
  options: PlanOptions = planOptions,
): LoadedRuleset {
  if (claims === null) return loadRuleset(site);
  const { lists, ruleFiles } = compilePlan(toValueSet(toValues(claims)), options);
  const ours = ruleFiles.map(({ path, text }) => ({ name: `etc/${path}`, text, ours: true }));
  return loadRuleset({
    rules: [...site.rules, ...ours.filter(({ name }) => name.startsWith('etc/rules/'))],
    decoders: [...(site.decoders ?? []), ...ours.filter(({ name }) => name.startsWith('etc/decoders/'))],
    decoderNames: site.decoderNames ?? [],
    lists: new Map([
      ...(site.lists ?? []),
      ...lists.map(({ name, lines }) => [`etc/lists/${name}`, readListText([...lines].join('\n'))] as const),
    ]),
  });
}
