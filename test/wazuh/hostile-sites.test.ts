import { beforeAll, describe, expect, test } from 'vitest';
import { roots } from '../../src/wazuh/fields.ts';
import { evaluate } from '../../src/wazuh/ruleset/evaluate.ts';
import type { LoadedRuleset, RulesetFile } from '../../src/wazuh/ruleset/load-ruleset.ts';
import { toEventOfMessage } from '../../src/wazuh/ruleset/message-event.ts';
import { findShadows } from '../../src/wazuh/ruleset/shadows.ts';
import { type RecordedEvent, readRecording } from '../truth/recorded.ts';
import { standInDecoders, standInRules } from '../truth/stand-in.ts';
import { type HostileSite, hostileSites, shadowingSites } from './hostile-sites.ts';
import { listedEvents, listedValues, otherValues } from './listed-events.ts';
import { type Claims, loadBeside } from './load-plan.ts';

/** Each stand-in has a line of its own. */
function withoutRules(files: readonly RulesetFile[], ids: readonly number[]): RulesetFile[] {
  const isLeft = (line: string) => !ids.some((id) => line.includes(`<rule id="${id}"`));
  return files.map((file) => ({ ...file, text: file.text.split('\n').filter(isLeft).join('\n') }));
}

/** What a manager loads: the stand-ins, the rules of the site and, unless null, what a plan for these values publishes. */
function load({ files, without = [] }: HostileSite, claims: Claims | null): LoadedRuleset {
  const own = Object.entries(files).map(([name, text]) => ({ name: `etc/rules/${name}`, text }));
  const site = { rules: [...withoutRules(standInRules, without), ...own], decoders: standInDecoders };
  return loadBeside(site, claims);
}

/** The rule that ended the walk, or none. */
function endOf({ ruleset }: LoadedRuleset, message: string): number | null {
  const event = toEventOfMessage(ruleset, message);
  if (event === null) throw new Error('the message is not understood');
  const { fired, silencedBy } = evaluate(ruleset, event);
  return (fired ?? silencedBy)?.id ?? null;
}

const recorded = readRecording<RecordedEvent>('events.jsonl');
/** The messages of the integration are ours. */
const ourMessages = ['json-opencti-marker', 'json-nested-255'];
const every = [...listedEvents, ...recorded.filter(({ name }) => !ourMessages.includes(name))].map(
  ({ name, message }) => [name, message] as const,
);

test('32 listed events, and all recorded ones', () => {
  expect(listedEvents).toHaveLength(32);
  expect(new Set(listedEvents.map(({ ruleId }) => ruleId)).size).toBe(26);
  expect(every).toHaveLength(32 + 147);
});

const rootIds = Object.values(roots).map(({ id }) => id);

describe.each(hostileSites.map((site) => [site.name, site] as const))('a site with %s', (_, site) => {
  let ours: LoadedRuleset;
  beforeAll(() => {
    ours = load(site, listedValues);
  });

  test('all 32 listed events fire', () => {
    for (const { name, message, ruleId } of listedEvents) expect(endOf(ours, message), name).toBe(ruleId);
  });

  test('no rule of it is named as a shadow', () => {
    expect(findShadows(ours.ruleset, rootIds)).toEqual([]);
  });
});

describe.each(shadowingSites.map((site) => [site.name, site] as const))('a site with %s', (_, site) => {
  test(`${site.fires} of the 32 fire, and each rule that is in the way is named`, () => {
    const ours = load(site, listedValues);
    const fired = listedEvents.filter(({ message, ruleId }) => endOf(ours, message) === ruleId);
    expect(fired.map(({ name }) => name)).toHaveLength(site.fires);
    const found = findShadows(ours.ruleset, rootIds).map(({ ruleId, how }) => ({ ruleId, how }));
    expect(found.toSorted((a, b) => a.ruleId - b.ruleId)).toEqual(site.shadows);
  });
});

describe.each([...hostileSites, ...shadowingSites].map((site) => [site.name, site] as const))(
  'nothing listed at a site with %s',
  (_, site) => {
    test('all 179 events end at the rule at which they end without our files', () => {
      const bare = load(site, null);
      const sets = [load(site, []), load(site, otherValues)];
      for (const [name, message] of every) {
        const before = endOf(bare, message);
        for (const set of sets) expect(endOf(set, message), name).toBe(before);
      }
    });
  },
);
