import { skipReasons } from '../../observable/skip-reasons.ts';
import { formatTable } from '../format.ts';
import type { AlertResult, FieldResult } from './look-up-alert.ts';
import type { ValueResult } from './look-up-value.ts';

export function formatValueResult({ value, kind, refused, lists, gates }: ValueResult): string {
  if (refused !== null) return `${value}: in no list, ${refused}: ${skipReasons[refused].why}`;
  if (lists.length > 0) {
    return `${value} (${kind}) is listed\n${formatTable(lists.map(({ list, key, id }) => [list, key, id]))}`;
  }
  if (gates.length > 0) {
    const rows = gates.map(({ field, rule, gate }) => [field, `rule ${rule}`, `by gate ${gate}`]);
    return `${value} (${kind}) is in no list, but a gate matches it\n${formatTable(rows)}`;
  }
  return `${value} (${kind}) is neither in a list nor matched by a gate`;
}

export function formatAlertResult({ fields, fired, maybe, refused, ourRulesOnly }: AlertResult): string {
  const parts =
    fields.length > 0 ? fields.map(formatField) : ['The alert carries no field that is looked up.'];
  return [
    ...parts,
    formatFired(fired, ourRulesOnly),
    ...(fired?.isMatch ? [] : fields.flatMap(explainMiss)),
    ...formatMaybe(maybe),
    ...formatRefused(refused),
  ].join('\n');
}

/** Why an event whose value a list has fires nothing: the engine compares the texts to the byte. */
function explainMiss({ field, text, list, keys }: FieldResult): string[] {
  const key = keys.find(({ id }) => id !== null)?.key;
  if (key === undefined) return [];
  return key === text
    ? [`The list ${list} has the value as the event spells it, but no rule of ours takes this event.`]
    : [`The event spells it in another way than the list: ${field} is ${text}, ${list} has ${key}.`];
}

/** More would hide what was asked for. */
const shown = 5;

function formatSome(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const more = lines.length > shown ? [`  ... and ${lines.length - shown} more`] : [];
  return [title, ...lines.slice(0, shown).map((line) => `  ${line}`), ...more];
}

function formatMaybe(maybe: AlertResult['maybe']): string[] {
  const title = 'Tried before it, and would win if what is not known here holds:';
  return formatSome(
    title,
    maybe.map(
      ({ id, level, description, because }) =>
        `rule ${id}, level ${level} (not known: ${because.join(', ')}): ${description}`,
    ),
  );
}

function formatRefused(refused: AlertResult['refused']): string[] {
  return formatSome('The engine would refuse these rules and load none:', refused);
}

function formatField({ field, text, list, keys, refused }: FieldResult): string {
  const rows = [
    ...keys.map(({ key, id }) => [id === null ? 'not in' : 'in', list, key, id ?? '']),
    ...refused.map((reason) => ['never in', list, reason, skipReasons[reason].why]),
  ];
  return [`${field}: ${text}`, ...(rows.length > 0 ? [formatTable(rows)] : [])].join('\n');
}

function formatFired(fired: AlertResult['fired'], ourRulesOnly: boolean): string {
  if (fired !== null) return `The event fires rule ${fired.id}, level ${fired.level}: ${fired.description}`;
  return ourRulesOnly
    ? "The event fires none of our rules; the manager's other rules are not at hand here."
    : 'The event fires no rule.';
}
