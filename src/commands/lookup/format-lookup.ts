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

export function formatAlertResult({ fields, fired }: AlertResult): string {
  const parts =
    fields.length > 0 ? fields.map(formatField) : ['The alert carries no field that is looked up.'];
  return [...parts, formatFired(fired), ...(fired === null ? fields.flatMap(explainMiss) : [])].join('\n');
}

/** Why an event whose value a list has fires nothing: the engine compares the texts to the byte. */
function explainMiss({ field, text, list, keys }: FieldResult): string[] {
  const key = keys.find(({ id }) => id !== null)?.key;
  if (key === undefined) return [];
  return key === text
    ? [`The list ${list} has the value as the event spells it, but no rule of ours takes this event.`]
    : [`The event spells it in another way than the list: ${field} is ${text}, ${list} has ${key}.`];
}

function formatField({ field, text, list, keys, refused }: FieldResult): string {
  const rows = [
    ...keys.map(({ key, id }) => [id === null ? 'not in' : 'in', list, key, id ?? '']),
    ...refused.map((reason) => ['never in', list, reason, skipReasons[reason].why]),
  ];
  return [`${field}: ${text}`, ...(rows.length > 0 ? [formatTable(rows)] : [])].join('\n');
}

function formatFired(fired: AlertResult['fired']): string {
  if (fired === null)
    return 'The event fires none of our rules: no list or gate has its text as it is spelled.';
  const by = fired.by === 'list' ? 'by its list' : `by gate ${fired.by}`;
  return `The event fires rule ${fired.id}, level ${fired.level}, ${by}: ${fired.description}`;
}
