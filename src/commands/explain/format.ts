import { formatTable, toPlainTexts } from '../../text.ts';
import { skipReasons } from '../../values/skip-reasons.ts';
import type { ExplainedObject } from './decide.ts';
import type { AlertResult, FieldResult } from './events.ts';
import type { GateHit } from './find-gates.ts';
import type { ValueResult } from './published.ts';
import type { Explanation } from './steps.ts';

const verdicts = { in: 'IN', out: 'OUT', unknown: 'UNKNOWN' } as const;

export function formatExplanation(explanation: Explanation): string {
  const { value, decision, reason, steps, objects, lists, gates, matches, misses } =
    toPlainTexts(explanation);
  return [
    `${value}: ${verdicts[decision]}${reason === null ? '' : ` (${reason})`}`,
    ...steps.map(({ text }, index) => `  ${index + 1}. ${text}`),
    ...formatPart('Objects', objects.map(toObjectRow)),
    ...formatPart(
      'Lists',
      lists.map(({ list, key, id, since }) => [list, key, id, since === null ? '' : `since ${since}`]),
    ),
    ...formatPart('Gates', gates.map(toGateRow)),
    ...formatPart(
      'Matches',
      matches.map((text) => [text]),
    ),
    ...formatPart(
      'Does not match',
      misses.map((text) => [text]),
    ),
  ].join('\n');
}

function toObjectRow(object: ExplainedObject): string[] {
  const { type, id, score, state, decides, author, labels, markings, valid_until, revoked } = object;
  return [
    decides ? '*' : ' ',
    type,
    id,
    score === null ? 'no score' : `score ${score}`,
    state === 'counts' ? 'counts' : `does not count: ${state}`,
    revoked ? 'revoked' : valid_until === null ? '' : `until ${valid_until}`,
    [author ?? 'no author', ...markings, ...labels].join(', '),
  ];
}

function toGateRow({ field, rule, gate }: GateHit): string[] {
  return [field, `rule ${rule}`, `by gate ${gate}`];
}

function formatPart(title: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : [title, formatTable(rows)];
}

export function formatValueResult({ value, kind, refused, lists, gates }: ValueResult): string {
  if (refused !== null) return `${value}: in no list, ${refused}: ${skipReasons[refused].why}`;
  if (lists.length > 0) {
    return `${value} (${kind}) is listed\n${formatTable(lists.map(({ list, key, id }) => [list, key, id]))}`;
  }
  if (gates.length > 0) {
    return `${value} (${kind}) is in no list, but a gate matches it\n${formatTable(gates.map(toGateRow))}`;
  }
  return `${value} (${kind}) is neither in a list nor matched by a gate`;
}

export function formatAlertResult({ fields, fired }: AlertResult): string {
  const parts =
    fields.length > 0 ? fields.map(formatField) : ['The alert carries no field that is looked up.'];
  return [...parts, formatFired(fired), ...(fired === null ? fields.flatMap(explainMiss) : [])].join('\n');
}

/** Returns why an event with a listed value fires no rule: the engine compares texts byte for byte. */
function explainMiss({ field, text, list, keys }: FieldResult): string[] {
  const key = keys.find(({ id }) => id !== null)?.key;
  if (key === undefined) return [];
  return key === text
    ? [`The list ${list} has the value as the event spells it, but no rule of ours takes this event.`]
    : [`The event spells it in another way than the list: ${field} is ${text}, ${list} has ${key}.`];
}

function formatField({ field, text, list, keys, refused }: FieldResult): string {
  const rows = [
    ...keys.map(({ key, id }) => [id === null ? 'not in' : 'in', list ?? 'patterns', key, id ?? '']),
    ...refused.map((reason) => ['never in', list ?? 'patterns', reason, skipReasons[reason].why]),
  ];
  return [`${field}: ${text}`, ...(rows.length > 0 ? [formatTable(rows)] : [])].join('\n');
}

function formatFired(fired: AlertResult['fired']): string {
  if (fired === null)
    return 'The event fires none of our rules: no list or gate has its text as it is spelled.';
  const by = fired.by === 'list' ? 'by its list' : `by gate ${fired.by}`;
  return `The event fires rule ${fired.id}, level ${fired.level}, ${by}: ${fired.description}`;
}
