import { describe, expect, it } from 'vitest';
import { lintRuleFiles } from '../../src/compile/lint-rules.ts';
import { eventFields } from '../../src/wazuh/fields.ts';
import { renderRuleFiles } from '../../src/wazuh/rule-files.ts';
import { loadRuleset } from '../../src/wazuh/ruleset/load-ruleset.ts';
import type { SiteParents } from '../../src/wazuh/site-parents.ts';
import { toStandInBase } from '../../src/wazuh/stand-in-base.ts';
import { planOptions } from '../support/plan-options.ts';

type Site = Readonly<Record<string, SiteParents>>;

/** What a plan does with them: rendered, then linted. */
function publish(siteParents: Site): string {
  const files = renderRuleFiles({ ...planOptions.rules, siteParents, gates: new Map() });
  lintRuleFiles(files, siteParents);
  return files.map(({ text }) => text).join('\n');
}

const ofEveryField = (site: SiteParents): Site =>
  Object.fromEntries(eventFields.map(({ key }) => [key, site]));

const groupsOf = (count: number) =>
  Array.from({ length: count }, (_, index) => `site_group_${String(index).padStart(9, '0')}`);
const idsOf = (count: number) => Array.from({ length: count }, (_, index) => 200_000 + index);

describe("a site's own parents", () => {
  it.each<[string, Site]>([
    ['none', {}],
    ['the ids of the bases of the engine', ofEveryField({ groups: [], ids: [1, 7] })],
    ['ids below ten that are no base', { win_hashes: { groups: [], ids: [2, 9] } }],
    ['ids that the stand-ins would have', ofEveryField({ groups: [], ids: [10, 11, 12, 13, 14, 28, 30] })],
    ['the rule for the output of commands', { win_query: { groups: [], ids: [530] } }],
    ['an id twice', { win_query: { groups: [], ids: [92_000, 92_000] } }],
    ['eighty groups a field', ofEveryField({ groups: groupsOf(80), ids: [92_000] })],
    ['as many ids as an element holds', ofEveryField({ groups: [], ids: idsOf(292) })],
  ])('load: %s', (_, site) => {
    expect(() => publish(site)).not.toThrow();
    expect(loadRuleset({ rules: [toStandInBase(site)] }).problems).toEqual([]);
  });

  it('are named once in the relay', () => {
    expect(publish({ win_query: { groups: [], ids: [92_000, 61_603, 92_000] } })).toContain(
      '<if_sid>92000,61603</if_sid>',
    );
  });

  it('may fill an element to its last byte', () => {
    const stock = 'sysmon_event_22|sysmon_eid22_detections|'.length;
    const fits = { win_query: { groups: ['x'.repeat(2_047 - stock)], ids: [] } };
    expect(publish(fits)).toContain(`|${'x'.repeat(2_047 - stock)}</if_group>`);
    const over = { win_query: { groups: ['x'.repeat(2_048 - stock)], ids: [] } };
    expect(() => publish(over)).toThrow(/^rules\.parents\.win_query\.groups: 2048 bytes, more than the 2047/);
  });

  it.each<[string, Site, string]>([
    [
      'ids',
      { win_address: { groups: [], ids: idsOf(293) } },
      'rules.parents.win_address.ids: 2050 bytes, more than the 2047 that Wazuh takes, name fewer, or the groups of these rules in rules.parents.win_address.groups',
    ],
    [
      'groups',
      { linux_hashes: { groups: groupsOf(100), ids: [] } },
      'rules.parents.linux_hashes.groups: 2165 bytes, more than the 2047 that Wazuh takes, with the groups of the stock rules: name fewer',
    ],
  ])('of more %s than the engine takes are an error that names the key', (_, site, message) => {
    expect(() => publish(site)).toThrow(message);
  });
});
