import { describe, expect, it } from 'vitest';
import { alertOf, judge, loadSite, marker, toJudgement } from './judge.ts';
import { type RecordedReload, readRecording } from './recorded.ts';

const recorded = readRecording<RecordedReload>('reload.jsonl');

/**
 * The alerts of stock rules have texts and groups of Wazuh's, which are not in this repository; where one came, only
 * its id and level are held against the model.
 */
function withoutTexts<T extends { readonly id: string }>(alert: T | null): unknown {
  if (alert === null || Number(alert.id) >= 100_000) return alert;
  return { id: alert.id, level: (alert as unknown as { level: number }).level };
}

/** `overwritten` rules are stock rules by their ids, with texts of ours. */
function comparable(judgement: ReturnType<typeof judge>) {
  return { ...judgement, alerts: judgement.alerts.map((alert) => withoutTexts(alert)) };
}

it('all 137 faults are there', () => {
  expect(recorded).toHaveLength(137);
});

describe('a set of rules that the engine was asked to reload', () => {
  it.each(recorded.map((each) => [each.case, each] as const))('%s', (_, each) => {
    expect(comparable(judge(each))).toEqual(comparable(toJudgement(each)));
  });

  it('leaves the marker as it was when nothing is changed', () => {
    const content =
      '<group name="lab,"><rule id="100800" level="5"><match>orbit-marker</match><description>x</description></rule></group>';
    const { ruleset, problems } = loadSite([{ path: 'etc/rules/lab_1.xml', content }]);
    expect(problems.map(({ cause, ruleId }) => [cause, ruleId])).toEqual([['some-parents-unknown', 92037]]);
    expect(alertOf(ruleset, marker)).toEqual({ id: '100800', level: 5, description: 'x', groups: ['lab'] });
  });
});
