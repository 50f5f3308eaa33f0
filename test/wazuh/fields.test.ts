import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type EventField,
  eventFields,
  gateGroup,
  type RootKey,
  retiredLists,
  roots,
  toNumberPattern,
} from '../../src/wazuh/fields.ts';
import {
  blockLayout,
  blockSizes,
  documentedBlocks,
  isOwnRuleId,
  moveMessageRuleIds,
  ownRuleIds,
} from '../../src/wazuh/rule-ids.ts';
import { type RuleFilesInput, renderRuleFiles } from '../../src/wazuh/rules.ts';
import { planOptions } from '../support/plan-options.ts';
import { runs } from '../support/runs.ts';

const fields: readonly EventField[] = eventFields;
const rows = fields.map((field) => [field.key, field] as const);
const events = fields.flatMap((field) => field.events.map((event) => ({ ...event, field })));

const defaults: RuleFilesInput = {
  ...planOptions.rules,
  patterns: { hashes: true, domains: true, cidr: true },
  gates: new Map(),
};
const texts = renderRuleFiles(defaults).map(({ path, text }) => ({ path, text }));
const textOf = (name: string) => texts.find(({ path }) => path.endsWith(name))?.text ?? '';

type Span = (typeof blockLayout)[keyof typeof blockLayout];
const isIn = (id: number, { from, to }: Span) => id >= from && id <= to;

/** All conditions that an event meets on its way to the gates of a root, the root's own and those above it. */
function conditionsOf(key: RootKey): readonly (typeof roots)[RootKey]['when'][number][] {
  const { parent, when } = roots[key];
  return typeof parent === 'number' ? when : [...conditionsOf(parent), ...when];
}

/** Would an event with this condition of its own get through a root of its row? */
function passes(key: RootKey, { when }: EventField['events'][number]): boolean {
  return conditionsOf(key).every((condition) => {
    if ('decoder' in condition) return !('decoder' in when) || when.decoder === condition.decoder;
    if (!('field' in when) || when.field !== condition.field) return true;
    const number = /^\^(\d+)\$$/.exec(when.pattern)?.[1] ?? '';
    return new RegExp(condition.pattern).test(number);
  });
}

describe.each(rows)('the row %s', (_, field) => {
  test('says all of itself and of its events', () => {
    expect(field.list).toMatch(/^opencti-[a-z0-9-]+$/);
    expect(field.ruleField).not.toBe('');
    expect(field.alertPaths.length).toBeGreaterThan(0);
    expect(field.kinds.length).toBeGreaterThan(0);
    expect(field.roots.length).toBeGreaterThan(0);
    expect(field.events.length).toBeGreaterThan(0);
    for (const { happened, groups, event } of field.events) {
      expect(happened).toMatch(/^\S.*\S$/);
      expect(groups).toMatch(/^(?:windows,sysmon|linux,sysmon|syscheck,syscheck_file,syscheck_entry_\w+)$/);
      expect(event).toBeGreaterThan(0);
    }
  });

  test('has pattern gates where its list cannot have every spelling', () => {
    const needed = { 'labelled-upper': 'hashes', name: 'domains', 'bare-lower': null };
    const wanted = field.subject === 'address' ? 'cidr' : needed[field.spelling as keyof typeof needed];
    expect(field.patterns).toBe(wanted);
    expect(field.ids.patternCanary === null).toBe(field.patterns === null);
  });

  test('has ids in their spans', () => {
    const { listGate, listCanary, patternCanary, canaryRule } = field.ids;
    expect(isIn(listGate, blockLayout.listGates)).toBe(true);
    expect(isIn(listCanary, blockLayout.canaryGates)).toBe(true);
    if (patternCanary !== null) expect(isIn(patternCanary, blockLayout.canaryGates)).toBe(true);
    expect(isIn(canaryRule, blockLayout.canaryRules)).toBe(true);
    for (const { ruleId } of field.events)
      expect(
        (ruleId >= 100_640 && ruleId <= 100_669) || isIn(ruleId, blockLayout.alertRules),
        `${ruleId}`,
      ).toBe(true);
  });

  test('has a root that lets each of its events through, and no root that lets none through', () => {
    for (const event of field.events)
      expect(
        field.roots.some((key) => passes(key, event)),
        `${event.event}`,
      ).toBe(true);
    for (const key of field.roots)
      expect(
        field.events.some((event) => passes(key, event)),
        key,
      ).toBe(true);
  });
});

test('a root that asks for events by number asks for those of its rows alone', () => {
  const numbers = (key: RootKey) =>
    new Set(
      fields
        .filter((field) => field.roots.includes(key))
        .flatMap((field) => field.events.map(({ event }) => event)),
    );
  for (const [key, { when }] of Object.entries(roots)) {
    for (const condition of when) {
      if (!('field' in condition) || condition.field !== 'win.system.eventID') continue;
      const asked = Array.from({ length: 300 }, (_, index) => index).filter((number) =>
        new RegExp(condition.pattern).test(String(number)),
      );
      expect(new Set(asked), key).toEqual(numbers(key as RootKey));
    }
  }
});

test('rows share the rule of an event only where it is one event', () => {
  const shared = new Set<number>();
  for (const { field, ...event } of events) {
    const others = events.filter((other) => other.ruleId === event.ruleId && other.field !== field);
    for (const { field: _, ...other } of others) expect(other, `${event.ruleId}`).toEqual(event);
    if (others.length > 0) shared.add(event.ruleId);
    expect(field.events.filter(({ ruleId }) => ruleId === event.ruleId)).toHaveLength(1);
  }
  expect([...shared]).toEqual([100_651, 100_652]);
});

test('every other id is used once, and none of them is retired', () => {
  const ids = [
    ...Object.values(roots).map(({ id }) => id),
    ...fields.flatMap(({ ids: { listGate, listCanary, patternCanary, canaryRule } }) => [
      ...[listGate, listCanary, canaryRule],
      ...(patternCanary === null ? [] : [patternCanary]),
    ]),
    ...new Set(events.map(({ ruleId }) => ruleId)),
    ...Object.values(moveMessageRuleIds(documentedBlocks)),
  ];
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(isRetired(id), `${id}`).toBe(false);
  expect(new Set(ids)).toEqual(ownRuleIds(documentedBlocks));
  for (const root of Object.values(roots)) expect(isIn(root.id, blockLayout.roots)).toBe(true);
});

/** Gates, relays and canaries of the first version. */
function isRetired(id: number): boolean {
  return (id >= 100_600 && id <= 100_619) || (id >= 100_670 && id <= 100_679);
}

test('an id of the first version is not taken for one of ours', () => {
  for (const id of [100_600, 100_609, 100_619, 100_670, 100_679, 800_000])
    expect(isOwnRuleId(id, documentedBlocks), `${id}`).toBe(false);
  for (const id of [100_623, 100_640, 118_000, 119_003, 810_000, 899_999])
    expect(isOwnRuleId(id, documentedBlocks), `${id}`).toBe(true);
});

test('the alert rules of the first rows are what they always were', () => {
  const known = events
    .filter(({ ruleId }) => ruleId < 118_000)
    .map(({ field, event, ruleId }) => `${ruleId} ${field.ruleField} ${event}`);
  expect(new Set(known)).toEqual(
    new Set([
      ...[1, 6, 7, 15, 23, 24, 25].map((event, at) => `${100_640 + at} win.eventdata.hashes ${event}`),
      '100647 win.eventdata.hash 15',
      '100648 win.eventdata.destinationIp 3',
      '100649 win.eventdata.queryName 22',
      '100650 eventdata.destinationIp 3',
      ...['sha256', 'sha1', 'md5'].flatMap((field, at) => [
        `100651 ${field} 1`,
        `100652 ${field} 23`,
        ...[550, 553, 554].map((event, order) => `${100_653 + 3 * at + order} ${field} ${event}`),
      ]),
    ]),
  );
});

test('the lists are those of before, and a name that is retired is not used again', () => {
  const lists = fields.map(({ list }) => list);
  expect(lists).toEqual([
    'opencti-win-hashes',
    'opencti-win-hash',
    'opencti-win-destination-ip',
    'opencti-win-query-name',
    'opencti-linux-destination-ip',
    'opencti-fim-sha256',
    'opencti-fim-sha1',
    'opencti-fim-md5',
  ]);
  expect(retiredLists).toEqual(['opencti-linux-hashes']);
});

describe('the groups', () => {
  /** What rules of the stock ruleset name in `if_group` and `if_matched_group` (Wazuh 4.2.0 to 4.14.7, the same words). */
  const stockWords = [
    ...['adduser', 'asl_api_operation', 'attacks', 'audit', 'audit_watch_write', 'authentication_failed'],
    ...['authentication_failures', 'authentication_success', 'connection_attempt', 'virus'],
    ...[
      'sysmon_event1',
      'sysmon_event3',
      'sysmon_event7',
      'sysmon_event8',
      'sysmon_event_10',
      'sysmon_event_11',
    ],
    ...['sysmon_event_13', 'sysmon_event_20'],
  ];
  /** And such as rules of sites name: those of the stock rules for the events of the table, and ours of before. */
  const siteWords = [
    'windows',
    'sysmon',
    'syscheck',
    'syscheck_file',
    'linux',
    'ossec',
    'opencti',
    'threat_intel',
  ];

  const groupsOf = (text: string) => [
    ...new Set(
      [...text.matchAll(/<group>(.*?)<\/group>|<group name="(.*?)"/g)]
        .flatMap(([, own, wrapper]) => (own ?? wrapper ?? '').split(','))
        .filter((group) => group !== ''),
    ),
  ];
  const early = groupsOf(textOf('0011-opencti-gates.xml'));

  test('of gates are our own words', () => {
    expect(early).toEqual(fields.flatMap((field) => [gateGroup(field), `octcanary_${field.key}`]));
  });

  test('are on nothing that an event without a listed value meets', () => {
    const text = textOf('0011-opencti-gates.xml');
    expect(text.match(/<group name="[^"]*">/g)).toEqual(['<group name=",">']);
    const rules = text.split('<rule ').slice(1);
    const silent = rules.filter((rule) => !rule.includes('<group>')).map((rule) => Number(rule.slice(4, 10)));
    expect(new Set(silent)).toEqual(new Set([118_010, 118_011, ...Object.values(roots).map(({ id }) => id)]));
  });

  test('of gates are no part of a word that a stock rule asks for, and none of those is a part of them', () => {
    for (const group of early)
      for (const word of stockWords)
        expect(group.includes(word) || word.includes(group), `${group} ${word}`).toBe(false);
  });

  test('of gates hold no word that rules of sites usually ask for, but for one', () => {
    const hits = siteWords.filter((word) => early.some((group) => group.includes(word)));
    expect(hits).toEqual(['linux']);
  });

  test('that an alert rule asks for are no part of another', () => {
    const asked = fields.flatMap(({ key }) => [`octgate_${key}`, `octcanary_${key}`]);
    for (const group of asked) expect(early.filter((other) => other.includes(group))).toEqual([group]);
    const carried = groupsOf(textOf('zzzz-opencti-rules.xml')).join();
    expect(carried).not.toMatch(/oct(?:gate|canary)|sysmon_event/);
  });
});

test('all sources, recent lists, three bands and canaries will fit', () => {
  // Counted in a lab with every source on that is known.
  const more = { relays: 23, listGates: 57, patternGates: 7, alertRules: 71 };
  const sizeOf = ({ from, to }: Span) => to - from + 1;
  const allFields = fields.length + more.listGates;
  const messageRoots = 2;
  expect(Object.keys(roots).length + messageRoots + more.relays).toBeLessThanOrEqual(
    sizeOf(blockLayout.roots),
  );
  expect(allFields).toBeLessThanOrEqual(sizeOf(blockLayout.listGates));
  expect(allFields).toBeLessThanOrEqual(sizeOf(blockLayout.recentGates));
  const patternFields = fields.filter(({ patterns }) => patterns !== null).length + more.patternGates;
  expect(allFields + patternFields).toBeLessThanOrEqual(sizeOf(blockLayout.canaryGates));
  expect(allFields).toBeLessThanOrEqual(sizeOf(blockLayout.canaryRules));
  const allAlerts = new Set(events.map(({ ruleId }) => ruleId)).size + more.alertRules;
  const bands = 3;
  expect(bands * allAlerts).toBeLessThanOrEqual(sizeOf(blockLayout.alertRules));
});

test('the spans follow one another inside the block', () => {
  const spans = Object.values(blockLayout);
  for (const [at, { from, to }] of spans.entries()) {
    expect(from).toBeLessThan(to);
    expect(from).toBeGreaterThan(spans[at - 1]?.to ?? documentedBlocks.block - 1);
  }
  expect(spans.at(-1)?.to).toBe(documentedBlocks.block + blockSizes.block - 1);
});

test('a pattern of numbers matches these and no others', () => {
  const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 130 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(numbers, (some) => {
      const sorted = some.sort((a, b) => a - b);
      const pattern = new RegExp(toNumberPattern(sorted));
      const matched = Array.from({ length: 1_400 }, (_, number) => number).filter((number) =>
        pattern.test(String(number)),
      );
      expect(matched).toEqual(sorted);
    }),
    { numRuns: runs(100) },
  );
});

test('events that follow each other are a class of digits in the pattern of a root', () => {
  expect(roots.win_hashes.when).toEqual([{ field: 'win.system.eventID', pattern: '^(?:1|6|7|15|2[3-9])$' }]);
});
