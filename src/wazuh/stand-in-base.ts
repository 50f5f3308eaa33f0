import { type EventField, eventFields } from './event-fields.ts';
import { parentGroups } from './event-parents.ts';
import type { SiteParents } from './rule-files.ts';
import type { RulesetFile } from './ruleset/load-ruleset.ts';

/** Templates as the engine has them, with ids below 10, one a category: a rule without a parent hangs under the one of its own. */
const templates = [
  { id: 1, base: 10, category: 'syslog' },
  { id: 7, base: 11, category: 'ossec' },
];

/** The stock rule that takes the output of commands: ours for the age of the lists hangs under it. */
const commandOutput = 530;

/**
 * The least ruleset that our files can hang under where the manager's own is not at hand: base rules with every
 * group that a gate names, and the site's rules by their ids. Which of our rules fires is the same below it;
 * which other rule would have fired is not known.
 */
export function toStandInBase(siteParents: Readonly<Record<string, SiteParents>>): RulesetFile {
  const sites = Object.values(siteParents);
  const groups = [
    ...eventFields.flatMap((field: EventField) => parentGroups(field)),
    ...sites.flatMap((site) => site.groups),
  ];
  const groupText = `${[...new Set(groups)].join(',')},`;
  const rules = [
    ...templates.map(({ id, category }) => renderRule(id, `<category>${category}</category>`)),
    ...templates.map(({ id, base }) => renderRule(base, `<if_sid>${id}</if_sid><group>${groupText}</group>`)),
    renderRule(commandOutput, '<if_sid>11</if_sid>'),
    ...[...new Set(sites.flatMap((site) => site.ids))].map((id) => renderRule(id, '<if_sid>11</if_sid>')),
  ];
  return { name: '0000-stand-in.xml', text: `<group name="stand_in,">\n${rules.join('\n')}\n</group>\n` };
}

function renderRule(id: number, content: string): string {
  return `<rule id="${id}" level="0" noalert="1">${content}<description>stand-in</description></rule>`;
}
