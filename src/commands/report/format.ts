import { formatCount, formatTable, formatUnits, toPlainLine, toPlainTexts } from '../../text.ts';
import { skipReasons } from '../../values/skip-reasons.ts';
import { toSource } from '../../wazuh/fields.ts';
import { type CoverageRow, type Report, type Share, toObjectUrl } from './report.ts';

/** Returns a report for a terminal, with its age and its problems first. */
export function formatReport(written: Report, notices: readonly Notice[]): string {
  const report = toPlainTexts(written);
  const { source, read, values, lists } = report;
  const { indicator, observable } = values.sources;
  const by = { indicator: formatCount(indicator), observable: formatCount(observable) };
  return [
    ...notices.map(({ state, text }) => `${state === 'good' ? 'ok     ' : 'WARNING'}  ${toPlainLine(text)}`),
    '',
    `The run of ${report.finished}`,
    `  from      OpenCTI ${source.version} at ${source.url}, as ${JSON.stringify(source.user)}`,
    `  read      ${formatUnits(read.observables, 'observable')} and ${formatUnits(read.indicators, 'indicator')}`,
    `  in        ${formatUnits(values.in, 'value')}: ${by.indicator} by an indicator, ${by.observable} by an observable`,
    `  out       ${formatUnits(values.out, 'value')}`,
    ...formatPart(
      'Kinds: in, out',
      values.kinds.map((row) => [row.kind, row.in, row.out]),
    ),
    ...formatPart('Out, and why', toReasonRows(values.skipped)),
    ...formatPart('Examples of what is out', toExampleRows(report)),
    ...formatPart('Out by a list', toRows(values.listed)),
    ...formatPart(
      'Lists: entries, added, removed',
      lists.map(({ name, entries, added, removed }) => [
        name,
        entries,
        toChange('+', added),
        toChange('-', removed),
      ]),
    ),
    ...formatPart('Authors', toRows(report.authors)),
    ...formatPart('Labels', toRows(report.labels)),
    ...formatPart('Markings', toRows(report.markings)),
    ...formatPart('Scores', toBars(report.scores)),
    ...formatPart('Time in OpenCTI, up to', toBars(report.ages)),
    ...formatPart('Coverage, and when an event of the row was last seen', report.coverage.map(toCoverageRow)),
    ...(report.coverage.some(({ seen }) => seen !== 'yes') ? ['', seenNote] : []),
  ].join('\n');
}

type Row = readonly (string | number)[];

function formatPart(title: string, rows: readonly Row[]): string[] {
  return rows.length === 0 ? [] : ['', title, formatTable(rows)];
}

function toReasonRows(skipped: Report['values']['skipped']): Row[] {
  return Object.entries(skipped)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => [count, reason, skipReasons[reason as keyof typeof skipReasons]?.why ?? '']);
}

/** Returns the examples, each with the page of its object in OpenCTI. */
function toExampleRows({ values, source }: Report): Row[] {
  return Object.entries(values.examples ?? {}).flatMap(([reason, examples]) =>
    examples.map(({ value, id }) => [reason, value ?? '(no value)', toObjectUrl(source.url, id) ?? '']),
  );
}

const toRows = (shares: readonly Share[]): Row[] => shares.map(({ name, count }) => [count, name]);

function toChange(sign: string, count: number | null): string {
  return count === null ? 'new' : `${sign}${formatCount(count)}`;
}

const barLength = 30;

function toBars(shares: readonly Share[]): Row[] {
  const most = Math.max(1, ...shares.map(({ count }) => count));
  return shares.map(({ name, count }) => [name, count, '#'.repeat(Math.round((count / most) * barLength))]);
}

function toCoverageRow({ source, event, field, entries, gates, rule, state, ...seen }: CoverageRow): Row {
  const { title } = toSource(source);
  const name = event === null ? title : `${title} ${event}`;
  return [name, field, entries, `${formatUnits(gates, 'gate')}`, `rule ${rule}`, state, formatSeen(seen)];
}

/**
 * Returns whether the events of a row of the coverage reach the engine; a report of an earlier version has no such
 * facts.
 */
export function formatSeen({
  seen = 'unknown',
  last_seen: last = null,
}: Partial<Pick<CoverageRow, 'seen' | 'last_seen'>>): string {
  if (seen !== 'yes') return seen === 'no' ? 'not seen' : 'not known';
  return last === null ? 'seen' : `seen ${last.replace(/\.\d+Z$/, 'Z')}`;
}

export const seenNote =
  'These facts are from the last lines of alerts.json and archives.json. Sysmon events that raise no alert are only in the ' +
  'archives (logall_json in ossec.conf): without archives it is not known whether such events reach the engine.';

/** A notice for the reader of a report, shown before the counts of the run. */
export interface Notice {
  readonly state: 'good' | 'warning';
  readonly text: string;
}
