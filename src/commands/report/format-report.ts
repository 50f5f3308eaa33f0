import { skipReasons } from '../../observable/skip-reasons.ts';
import { toPlainLine, toPlainTexts } from '../../plain-text.ts';
import { toObjectUrl } from '../../report/examples.ts';
import { formatSeen, seenNote } from '../../report/format-seen.ts';
import type { Notice } from '../../report/notices.ts';
import type { CoverageRow, Report, Share } from '../../report/report.ts';
import { formatCount, formatTable, formatUnits } from '../format.ts';

/** A report for a terminal: first how old it is and what is wrong. */
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

/** Each with the page of its object in OpenCTI. */
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
  const name = source === 'fim' ? `FIM ${event}` : `${source} Sysmon ${event}`;
  return [name, field, entries, `${formatUnits(gates, 'gate')}`, `rule ${rule}`, state, formatSeen(seen)];
}
