import { describe, expect, test } from 'vitest';
import { builtInDecoders } from '../../src/wazuh/decoder-names.ts';
import { ownDnsDecoders } from '../../src/wazuh/dns-decoders.ts';
import type { RootOf } from '../../src/wazuh/fields/roots.ts';
import {
  allFields,
  type Condition,
  customRuleIds,
  decodersOf,
  type FieldEvent,
  gateGroup,
  listNames,
  type RootKey,
  retiredLists,
  roots,
  sourceNames,
  toRootLine,
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
import { defaultFields, everyField, planOptions } from '../support/plan-options.ts';
import { readStockDecoders } from '../support/stock-decoders.ts';

const fields = allFields;
const rows = fields.map((field) => [field.key, field] as const);
const events = fields.flatMap((field) => field.events.map((event) => ({ ...event, field })));

const everything: RuleFilesInput = {
  ...planOptions.rules,
  fields: everyField,
  patterns: { hashes: true, domains: true, cidr: true },
  // Where there is no list, only these have the group.
  gates: new Map(
    fields
      .filter(({ list }) => list === null)
      .map(({ key }, at) => [key, [{ id: 810_000 + at, parent: null, pattern: 'x', leaf: true }]]),
  ),
};
const texts = renderRuleFiles(everything).map(({ path, text }) => ({ path, text }));
const textOf = (name: string) => texts.find(({ path }) => path.endsWith(name))?.text ?? '';

type Span = (typeof blockLayout)[keyof typeof blockLayout];
const isIn = (id: number, { from, to }: Span) => id >= from && id <= to;

/** All conditions that an event meets on its way to the gates of a root, the root's own and those above it. */
function conditionsOf(key: RootOf): Condition[] {
  return toRootLine(key).flatMap(({ when }) => [...when]);
}

/** Would an event with these conditions of its own get through a root of its row? */
function passes(key: RootOf, { when }: Pick<FieldEvent, 'when'>): boolean {
  return conditionsOf(key).every((condition) => when.every((own) => agree(own, condition)));
}

/** A condition on something else says nothing of this one. */
function agree(own: Condition, asked: Condition): boolean {
  if ('decoder' in own && 'decoder' in asked) return own.decoder === asked.decoder;
  if (!('field' in own) || !('field' in asked) || own.field !== asked.field) return true;
  const word = /^\^(\w+)\$$/.exec(own.pattern)?.[1];
  return word === undefined || new RegExp(asked.pattern).test(word);
}

describe.each(rows)('the row %s', (_, field) => {
  test('says all of itself and of its events', () => {
    if (field.list !== null) expect(field.list).toMatch(/^opencti-[a-z0-9-]+$/);
    expect(field.ruleField).not.toBe('');
    expect(field.alertPaths.length).toBeGreaterThan(0);
    expect(field.kinds.length).toBeGreaterThan(0);
    expect(field.roots.length).toBeGreaterThan(0);
    expect(field.events.length).toBeGreaterThan(0);
    for (const { source, row, happened, groups, event, level } of field.events) {
      expect(sourceNames).toContain(source);
      expect(row).toMatch(/^[a-z]+(?:_[a-z]+)*$/);
      expect(happened).toMatch(/^\S.*\S$/);
      expect(groups).toMatch(/^\w+(?:,\w+)*$/);
      if (event !== null) expect(event).toBeGreaterThan(0);
      if (level !== undefined) expect(level >= 3 && level <= 15).toBe(true);
    }
  });

  test('has pattern gates where its list cannot have every spelling', () => {
    const ofHashes = field.spelling === 'labelled-upper' ? 'hashes' : null;
    const wanted = { address: 'cidr', name: 'domains', hash: ofHashes }[field.subject];
    expect(field.patterns).toBe(wanted);
    if (field.patterns !== null) expect(field.ids.patternCanary).not.toBeNull();
    expect(field.list === null).toBe(['url-host', 'name-in-array'].includes(field.spelling));
  });

  test('has ids in their spans', () => {
    const { listGate, listCanary, patternCanary, canaryRule } = field.ids;
    expect(isIn(listGate, blockLayout.listGates)).toBe(true);
    expect(isIn(listCanary, blockLayout.canaryGates)).toBe(true);
    if (patternCanary !== null) expect(isIn(patternCanary, blockLayout.canaryGates)).toBe(true);
    expect(isIn(canaryRule, blockLayout.canaryRules)).toBe(true);
    for (const { ruleId, burstRuleId, afterFailuresRuleId } of field.events) {
      const isFirst = ruleId >= 100_640 && ruleId <= 100_669;
      expect(isFirst || isIn(ruleId, blockLayout.alertRules), `${ruleId}`).toBe(true);
      for (const id of [burstRuleId, afterFailuresRuleId])
        if (id !== undefined) expect(isIn(id, blockLayout.alertRules), `${id}`).toBe(true);
    }
  });

  test('has a root that lets each of its events through, and no root that lets none through', () => {
    for (const event of field.events)
      expect(
        field.roots.some((key) => typeof key === 'string' && passes(key, event)),
        `${event.event}`,
      ).toBe(true);
    for (const key of field.roots.filter((root) => typeof root === 'string'))
      expect(
        field.events.some((event) => passes(key, event)),
        String(key),
      ).toBe(true);
  });
});

test('a root that asks for events by number asks for those of its rows alone, and lets each of them through', () => {
  const numbers = (key: RootKey) =>
    new Set(
      fields
        .filter((field) => field.roots.includes(key))
        .flatMap(({ events }) => events)
        .filter((event) => passes(key, event))
        .map(({ event }) => event),
    );
  const keys = Object.keys(roots) as RootKey[];
  let walked = 0;
  for (const key of keys) {
    if (!fields.some((field) => field.roots.includes(key))) continue;
    for (const condition of conditionsOf(key)) {
      if (!('field' in condition) || condition.field !== 'win.system.eventID') continue;
      const asked = Array.from({ length: 6_000 }, (_, index) => index).filter((number) =>
        new RegExp(condition.pattern).test(String(number)),
      );
      expect(new Set(asked), key).toEqual(numbers(key));
      walked += 1;
    }
  }
  expect(walked).toBeGreaterThan(8);
});

test('an event with a number is told by it, or by the decoder that raised it', () => {
  for (const { field, event, when } of events) {
    if (event === null) continue;
    const alone = field.events.filter((other) => other.event === event).length === 1;
    const asked = when.map((condition) => JSON.stringify(condition)).join();
    const isTold = new RegExp(`\\^${event}\\$|syscheck_`).test(asked);
    // Root win_address lets event 3 through alone.
    expect(isTold || (alone && field.key === 'win_source'), `${field.key} ${event}`).toBe(true);
  }
});

/** Rules that several fields have, since one event may have its value in any of them. */
const sharedRules = [100_651, 100_652, 119_108, 119_195, 119_197];

test('rows share the rule of an event only where it is one event', () => {
  const shared = new Set<number>();
  for (const { field, ...event } of events) {
    const others = events.filter((other) => other.ruleId === event.ruleId && other.field !== field);
    for (const { field: _, ...other } of others) expect(other, `${event.ruleId}`).toEqual(event);
    if (others.length > 0) shared.add(event.ruleId);
    expect(field.events.filter(({ ruleId }) => ruleId === event.ruleId)).toHaveLength(1);
  }
  expect([...shared].sort()).toEqual(sharedRules);
});

test('every other id is used once, and none of them is retired', () => {
  const ids = [
    ...Object.values(roots).map(({ id }) => id),
    ...fields.flatMap(({ ids: { listGate, listCanary, patternCanary, canaryRule } }) => [
      ...[listGate, listCanary, canaryRule],
      ...(patternCanary === null ? [] : [patternCanary]),
    ]),
    ...new Set(events.map(({ ruleId }) => ruleId)),
    ...events.flatMap(({ burstRuleId, afterFailuresRuleId }) =>
      [burstRuleId, afterFailuresRuleId].filter((id) => id !== undefined),
    ),
    ...Object.values(moveMessageRuleIds(documentedBlocks)),
  ];
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(isRetired(id), `${id}`).toBe(false);
  const ofCustom = customRuleIds.filter((id) => !ids.includes(id));
  expect(ofCustom).toHaveLength(new Set(customRuleIds).size);
  expect(new Set([...ids, ...customRuleIds])).toEqual(ownRuleIds(documentedBlocks));
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
  expect(listNames.slice(0, 8)).toEqual([
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
  expect(new Set([...listNames, ...retiredLists]).size).toBe(listNames.length + 1);
});

test('with the stock decoders there are at most 20 lists where the configuration names no source', () => {
  expect(defaultFields.filter(({ list }) => list !== null).map(({ list }) => list)).toEqual([
    ...listNames.slice(0, 8),
    ...['opencti-win-ip-address', 'opencti-win-dest-address', 'opencti-win-address'],
    ...['opencti-win-eventxml-address', 'opencti-win-param3', 'opencti-win-eventxml-param3'],
    ...['opencti-srcip', 'opencti-dstip', 'opencti-dest-ip', 'opencti-src-ip', 'opencti-dst-ip'],
  ]);
});

test('every decoder that a condition names is a stock one of Wazuh 4.14.7, of the engine itself, or ours', () => {
  const known = new Set([...readStockDecoders(), ...builtInDecoders, ...ownDnsDecoders]);
  const conditions = [
    ...Object.values(roots).flatMap(({ when }): readonly Condition[] => when),
    ...events.flatMap(({ when }) => when),
  ];
  const named = new Set(decodersOf(conditions));
  expect([...named].filter((name) => !known.has(name))).toEqual([]);
  expect(named.size).toBeGreaterThan(30);
});

test('a key is no part of another one, and none is used twice', () => {
  const keys = fields.map(({ key }) => key);
  for (const key of keys)
    expect(keys.filter((other) => `octgate_${other}`.includes(`octgate_${key}`))).toEqual([key]);
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
    const own = fields.flatMap((field) => [gateGroup(field), `octcanary_${field.key}`]);
    expect(early.toSorted()).toEqual(own.sort());
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

test('recent lists and three bands will fit', () => {
  const sizeOf = ({ from, to }: Span) => to - from + 1;
  expect(fields.length).toBeLessThanOrEqual(sizeOf(blockLayout.recentGates));
  const allAlerts = new Set(events.map(({ ruleId }) => ruleId)).size;
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

test('events that follow each other are a class of digits in the pattern of a root', () => {
  expect(roots.win_hashes.when).toEqual([{ field: 'win.system.eventID', pattern: '^(?:1|6|7|15|2[3-9])$' }]);
});
