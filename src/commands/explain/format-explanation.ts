import { toPlainTexts } from '../../plain-text.ts';
import { formatTable } from '../format.ts';
import type { ExplainedObject, Explanation } from './explanation.ts';

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
    ...formatPart(
      'Gates',
      gates.map(({ field, rule, gate }) => [field, `rule ${rule}`, `by gate ${gate}`]),
    ),
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

function formatPart(title: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : [title, formatTable(rows)];
}
