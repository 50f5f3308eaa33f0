import { type EventField, eventFields } from './event-fields.ts';
import { parentGroups } from './event-parents.ts';
import type { RulesetFile } from './ruleset/load-ruleset.ts';
import type { SiteParents } from './site-parents.ts';

/** As the engine has them, with ids below 10, one a category: a rule without a parent hangs under the one of its own. */
const templates = [
  { id: 1, category: 'syslog' },
  { id: 7, category: 'ossec' },
];

/** The stock rule that takes the output of commands: ours for the age of the lists hangs under it. */
const commandOutput = 530;

/** The ids of the other stand-ins begin here, and leave out what the site names. */
const firstBase = 10;

/**
 * The least ruleset that our files can hang under where the manager's own is not at hand: for each field and category
 * a base rule with every group that the field's gates name, and the site's rules by their ids. Which of our rules fires
 * is the same below it; which other rule would have fired is not known.
 * @param siteParents by the key of the event field.
 */
export function toStandInBase(siteParents: Readonly<Record<string, SiteParents>>): RulesetFile {
  const named = new Set([commandOutput, ...Object.values(siteParents).flatMap(({ ids }) => ids)]);
  const bases = templates.flatMap(({ id }) =>
    eventFields.map((field) => `<if_sid>${id}</if_sid><group>${groupsOf(field, siteParents)}</group>`),
  );
  const ids = idsBeside(named);
  const rules = [
    ...templates.map(({ id, category }) => renderRule(id, `<category>${category}</category>`)),
    ...bases.map((content) => renderRule(ids.next().value, content)),
    ...[...named]
      .filter((id) => templates.every((template) => template.id !== id))
      .map((id) => renderRule(id, '<if_sid>7</if_sid>')),
  ];
  return { name: '0000-stand-in.xml', text: `<group name="stand_in,">\n${rules.join('\n')}\n</group>\n` };
}

/** One field's alone: an element of a rule holds 2,047 bytes. */
function groupsOf(field: EventField, siteParents: Readonly<Record<string, SiteParents>>): string {
  return [...parentGroups(field), ...(siteParents[field.key]?.groups ?? [])].join(',');
}

function* idsBeside(named: ReadonlySet<number>): Generator<number, never> {
  for (let id = firstBase; ; id += 1) if (!named.has(id)) yield id;
}

function renderRule(id: number, content: string): string {
  return `<rule id="${id}" level="0" noalert="1">${content}<description>stand-in</description></rule>`;
}
