import { beforeAll, describe, expect, test } from 'vitest';
import { compilePlan } from '../../src/compile/plan.ts';
import { toValueSet } from '../../src/compile/value-set.ts';
import { findShadows, toSiteRules } from '../../src/wazuh/site-rules.ts';
import { evaluate } from '../engine-model/evaluate.ts';
import type { LoadedRuleset, RulesetFile } from '../engine-model/load-ruleset.ts';
import { toEventOfMessage } from '../engine-model/message-event.ts';
import { planOptions } from '../support/plan-options.ts';
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

/** The rules of the site beside the stand-ins. */
function rulesOf({ files, without = [] }: HostileSite): RulesetFile[] {
  const own = Object.entries(files).map(([name, text]) => ({ name: `etc/rules/${name}`, text }));
  return [...withoutRules(standInRules, without), ...own];
}

/** What a manager loads: the stand-ins, the rules of the site and, unless null, what a plan for these values publishes. */
function load(site: HostileSite, claims: Claims | null): LoadedRuleset {
  return loadBeside({ rules: rulesOf(site), decoders: standInDecoders }, claims);
}

/** What is named as a shadow, by the files alone. */
function shadowsAt(site: HostileSite) {
  const { ruleFiles } = compilePlan(toValueSet([]), planOptions);
  const ours = ruleFiles
    .filter(({ path }) => path.startsWith('rules/'))
    .map(({ path, text }) => ({ name: `etc/${path}`, text, ours: true }));
  const found = findShadows(toSiteRules([...rulesOf(site), ...ours]));
  return found.map(({ rule, how }) => ({ ruleId: rule.id, how })).toSorted((a, b) => a.ruleId - b.ruleId);
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

describe.each(hostileSites.map((site) => [site.name, site] as const))('a site with %s', (_, site) => {
  let ours: LoadedRuleset;
  beforeAll(() => {
    ours = load(site, listedValues);
  });

  test('all 32 listed events fire', () => {
    for (const { name, message, ruleId } of listedEvents) expect(endOf(ours, message), name).toBe(ruleId);
  });

  test('no rule of it is named as a shadow', () => {
    expect(shadowsAt(site)).toEqual([]);
  });
});

describe.each(shadowingSites.map((site) => [site.name, site] as const))('a site with %s', (_, site) => {
  test(`${site.fires} of the 32 fire, and each rule that is in the way is named`, () => {
    const ours = load(site, listedValues);
    const fired = listedEvents.filter(({ message, ruleId }) => endOf(ours, message) === ruleId);
    expect(fired.map(({ name }) => name)).toHaveLength(site.fires);
    expect(shadowsAt(site)).toEqual(site.shadows);
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
