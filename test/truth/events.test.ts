import { describe, expect, it } from 'vitest';
import { evaluate } from '../engine-model/evaluate.ts';
import { toEventOfMessage } from '../engine-model/message-event.ts';
import { loadSite } from './judge.ts';
import { type RecordedEvent, readRecording } from './recorded.ts';

const recorded = readRecording<RecordedEvent>('events.jsonl');
const { ruleset } = loadSite([]);

/** A rule sees an array as one text, with a blank after each comma; those of the recordings hold no objects. */
function toText(value: string | readonly unknown[]): string {
  return typeof value === 'string' ? value : `[${value.map((item) => JSON.stringify(item)).join(', ')}]`;
}

it('all 149 events are there', () => {
  expect(recorded).toHaveLength(149);
});

describe.each(recorded.map((each) => [each.name, each] as const))('%s', (_, each) => {
  const { message, decoder, decoder_parent: parent, fields, rule_reached: reached } = each;
  const event = toEventOfMessage(ruleset, message);

  it('has the decoder and the fields that rules saw', () => {
    const seen = Object.entries(fields).map(([name, value]) => [name, toText(value)]);
    expect(event?.decoder).toBe(parent ?? decoder ?? '');
    expect(event?.fields).toEqual(Object.fromEntries(seen));
  });

  it('ends at the rule that it ended at', () => {
    const end = event && evaluate(ruleset, event);
    const rule = end?.fired ?? end?.silencedBy;
    const found = rule ? { id: String(rule.id), level: rule.level, groups: rule.groups } : null;
    const wanted = reached && { ...reached, groups: reached.groups.map((group) => group.trim()) };
    expect(found).toEqual(wanted);
  });
});
