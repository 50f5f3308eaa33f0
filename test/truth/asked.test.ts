import { describe, expect, it } from 'vitest';
import { evaluate } from '../engine-model/evaluate.ts';
import { toEventOfMessage } from '../engine-model/message-event.ts';
import { judge, loadSite, toJudgement } from './judge.ts';
import { type RecordedAlert, type RecordedReload, readCopy } from './recorded.ts';

/** Further questions of ours to the engine 4.14.7, beyond the shared recordings; groups were not read. */
const asked = readCopy<Omit<RecordedReload, 'marker'>>('asked.jsonl').map((each) => ({
  ...each,
  marker: null,
}));

/** The questions that the model cannot answer, each with the reason. */
const undecided = {
  'ip-zero0': 'the engine reads memory beyond an IPv4 network when the event has an IPv6 address',
  'time-bad': 'hours of <time> are no condition that the model follows, so it does not check them',
  'weekday-bad': 'days of <weekday> are no condition that the model follows, so it does not check them',
} as const;

const judged = asked.filter((each) => !Object.hasOwn(undecided, each.case));

/** The stand-ins have only the id and the level of a stock rule. */
function comparable(alert: RecordedAlert | null) {
  if (alert === null) return null;
  const { id, level, description } = alert;
  return Number(id) < 100_000 && Number(id) > 9 ? { id, level } : { id, level, description };
}

it('all 89 questions are there, and those that stay open', () => {
  expect(asked).toHaveLength(89);
  expect(asked.length - judged.length).toBe(Object.keys(undecided).length);
});

describe('a question to the engine', () => {
  it.each(judged.map((each) => [each.case, each] as const))('%s', (_, each) => {
    const said = judge(each);
    const wanted = toJudgement(each);
    const { refused, dropped, lost } = said;
    expect({ refused, dropped, lost }).toEqual({
      refused: wanted.refused,
      dropped: wanted.dropped,
      lost: wanted.lost,
    });
    // The engine was asked nothing more about a refused set.
    if (!refused) expect(said.alerts.map(comparable)).toEqual(wanted.alerts.map(comparable));
  });

  it('ip-zero0: an address of IPv6 in 0.0.0.0/0 is left open, all others are as they were', () => {
    const zero = asked.find((each) => each.case === 'ip-zero0');
    const { ruleset } = loadSite(zero?.files ?? []);
    for (const { probe, alert } of zero?.probes ?? []) {
      const event = toEventOfMessage(ruleset, probe);
      const end = event && evaluate(ruleset, event);
      const isIpv6 = /:/.test(event?.fields.srcip ?? '');
      expect(end?.maybe.map(({ id }) => id)).toEqual(isIpv6 ? [100_801] : []);
      if (!isIpv6) expect(String(end?.fired?.id)).toBe(alert?.id);
    }
  });
});
