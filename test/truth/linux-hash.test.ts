import { describe, expect, it } from 'vitest';
import { evaluate } from '../engine-model/evaluate.ts';
import { readListText } from '../engine-model/list-reader.ts';
import { loadRuleset, type RulesetFile } from '../engine-model/load-ruleset.ts';
import { toEventOfMessage } from '../engine-model/message-event.ts';
import { type RecordedLinux, readRecording } from './recorded.ts';
import { standInDecoders, standInRules } from './stand-in.ts';

const recorded = readRecording<RecordedLinux>('linux-hash.jsonl');

/** The third recording was made beside a community decoder and its rules, whose texts are not ours: this is the least. */
const communityDecoder: RulesetFile = {
  name: 'etc/decoders/community.xml',
  text: `<decoder name="sysmon-linux"><program_name>^sysmon$</program_name></decoder>
<decoder name="sysmon-linux-child"><parent>sysmon-linux</parent>
  <regex type="pcre2">\\x3cEventID>(\\d+)\\x3c</regex><order>system.eventId</order></decoder>`,
};

function communityRule(id: number, event: number, group: string): string {
  return `<rule id="${id}" level="3"><if_sid>200150</if_sid><field name="system.eventId">^${event}$</field>
    <description>stand-in</description><group>${group},</group></rule>`;
}

const communityRules: RulesetFile = {
  name: 'etc/rules/0900-community.xml',
  text: `<group name="linux,sysmon,">
    <rule id="200150" level="0"><decoded_as>sysmon-linux</decoded_as><description>stand-in</description></rule>
    ${communityRule(200151, 1, 'sysmon_event1')}${communityRule(200152, 3, 'sysmon_event3')}
    ${communityRule(200155, 11, 'sysmon_event_11')}${communityRule(200157, 23, 'sysmon_event_23')}</group>`,
};

const hashNames = ['sha256', 'sha1', 'md5'] as const;

function load({ decoders, rules, lists }: RecordedLinux) {
  const isJoined = rules.includes('200150');
  return loadRuleset({
    rules: [
      ...standInRules,
      ...(isJoined ? [communityRules] : []),
      { name: 'etc/rules/lab_1.xml', text: rules },
    ],
    decoders: [
      ...standInDecoders,
      ...(isJoined ? [communityDecoder] : []),
      { name: 'etc/decoders/lab_decoder.xml', text: decoders },
    ],
    lists: new Map(Object.entries(lists).map(([name, text]) => [`etc/lists/${name}`, readListText(text)])),
  });
}

it('all three forms are there', () => {
  expect(recorded.map(({ events }) => events.length)).toEqual([13, 11, 12]);
});

describe.each(recorded.map((each) => [each.title, each] as const))('%s', (_, each) => {
  const { ruleset } = load(each);

  it.each(each.events.map((event) => [event.name, event] as const))('%s', (_name, wanted) => {
    const event = toEventOfMessage(ruleset, wanted.message);
    // A group that took no part is an empty text to rules; the alert, which was read, leaves it out.
    const seen = hashNames.map((name) => event?.fields[name] || null);
    expect([event?.decoder, ...seen]).toEqual([
      wanted.decoder,
      ...hashNames.map((name) =>
        wanted.decoder.startsWith('syscheck_') ? event?.fields[name] : wanted[name],
      ),
    ]);
    const fired = event && evaluate(ruleset, event).fired;
    const found = fired ? { id: String(fired.id), level: fired.level } : null;
    expect(found).toEqual(wanted.rule && { id: wanted.rule.id, level: wanted.rule.level });
  });
});
