import { formatCount, formatTable, formatUnits, toPlainLine, toPlainTexts } from '../../text.ts';
import { skipReasons } from '../../values/skip-reasons.ts';
import { type CoverageRow, type OffRow, type Report, type Share, toObjectUrl } from './report.ts';

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
    ...toParagraph(formatOff(report.off ?? [])),
    ...(report.coverage.some(({ seen }) => seen !== 'yes') ? ['', seenNote] : []),
  ].join('\n');
}

const toParagraph = (lines: readonly string[]): string[] => (lines.length === 0 ? [] : ['', ...lines]);

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

function toCoverageRow(row: CoverageRow): Row {
  const { field, entries, gates, rule, state } = row;
  const compiled = formatUnits(gates, 'gate');
  return [formatRowName(row), field, entries, compiled, `rule ${rule}`, state, formatSeen(row)];
}

/** A row by its names in the configuration, with the number of its event; a report of an earlier version has no name. */
export function formatRowName({ source, row, event }: Pick<CoverageRow, 'source' | 'row' | 'event'>): string {
  if (row === undefined) return event === null ? source : `${source} ${event}`;
  return event === null ? `${source} ${row}` : `${source} ${row} (${event})`;
}

/** One sentence for the rows that are off, and one for those of them whose events arrive; none: nothing is off. */
export function formatOff(off: readonly OffRow[]): string[] {
  if (off.length === 0) return [];
  const seen = off.filter((row) => row.seen === 'yes').map(({ source, row }) => `${source} ${row}`);
  const count = `${formatUnits(off.length, 'row')} not looked up: off, or without a decoder of this manager`;
  if (seen.length === 0) return [`${count} (docs/sources.md).`];
  return [`${count} (docs/sources.md).`, `Events of these arrive: ${seen.join(', ')}.`];
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
  'Looked at are the ends of alerts.json and archives.json. Events that raise no alert are in the archives alone ' +
  '(logall_json in ossec.conf): without these it is not known whether they arrive.';

/** A notice for the reader of a report, shown before the counts of the run. */
export interface Notice {
  readonly state: 'good' | 'warning';
  readonly text: string;
}
