import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import { packageRoot, toPlainTexts } from '../../text.ts';
import { skipReasons } from '../../values/skip-reasons.ts';
import { formatSeen, type Notice, seenNote } from './format.ts';
import { type CoverageRow, type Report, type Share, toObjectUrl } from './report.ts';

/**
 * A report as one page: styles and drawings stand in it, it has no script and loads nothing. This template is HTML,
 * so it escapes what it is given, unlike those of rules; names of labels and authors are anybody's text.
 */
export function renderReportPage(report: Report, notices: readonly Notice[]): string {
  const source = readFileSync(join(packageRoot(), 'templates', 'report.html.hbs'), 'utf8');
  return Handlebars.compile(source, { strict: true })(toPage(toPlainTexts(report), toPlainTexts(notices)));
}

const number = (count: number) => count.toLocaleString('en');

function toPage(report: Report, notices: readonly Notice[]) {
  const { values, source, read, lists, finished, started } = report;
  const added = sumOf(lists.map((list) => list.added));
  const removed = sumOf(lists.map((list) => list.removed));
  return {
    tool: report.tool,
    notices: notices.map(({ state, text }) => ({ text, class: state === 'good' ? 'active' : 'empty' })),
    version: report.version,
    finished: finished.replace('T', ' ').replace(/\.\d+Z$/, ' UTC'),
    seconds: ((Date.parse(finished) - Date.parse(started)) / 1000).toFixed(1),
    source: { ...source, markings: source.markings.join(', ') || 'none' },
    tiles: [
      { name: 'values in', count: number(values.in), note: toSourcesNote(values.sources) },
      { name: 'values out', count: number(values.out), note: 'each for a reason, below' },
      {
        name: 'list entries',
        count: number(sumOf(lists.map(({ entries }) => entries)) ?? 0),
        note: toChangeNote(added, removed),
      },
      {
        name: 'objects read',
        count: number(read.observables + read.indicators),
        note: `${number(read.observables)} observables, ${number(read.indicators)} indicators`,
      },
    ],
    reasons: toReasons(report),
    listed: values.listed.map(({ name, count }) => ({ name, count: number(count) })),
    charts: toCharts(report),
    kinds: values.kinds.map((kind) => ({ kind: kind.kind, in: number(kind.in), out: number(kind.out) })),
    lists: lists.map((list) => ({
      name: list.name,
      entries: number(list.entries),
      added: list.added === null ? '–' : `+${number(list.added)}`,
      removed: list.removed === null ? '–' : `−${number(list.removed)}`,
    })),
    coverage: report.coverage.map(toCoverage),
    seenNote,
  };
}

/** Null: nothing to compare with. */
function sumOf(counts: readonly (number | null)[]): number | null {
  return counts.every((count) => count === null)
    ? null
    : counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
}

function toSourcesNote({ indicator, observable }: Report['values']['sources']): string {
  return `${number(indicator)} by an indicator, ${number(observable)} by an observable`;
}

function toChangeNote(added: number | null, removed: number | null): string {
  return added === null || removed === null
    ? 'the first run'
    : `${number(added)} added, ${number(removed)} removed`;
}

function toReasons({ values, source }: Report) {
  return Object.entries(values.skipped)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => ({
      reason,
      count: number(count),
      why: skipReasons[reason as keyof typeof skipReasons]?.why ?? '',
      what: skipReasons[reason as keyof typeof skipReasons]?.what ?? '',
      examples: (values.examples?.[reason as keyof typeof skipReasons] ?? []).map(({ value, id }) => ({
        text: value ?? 'an object',
        url: toObjectUrl(source.url, id),
      })),
    }));
}

function toCharts(report: Report) {
  const kinds: Share[] = report.values.kinds.map(({ kind, in: count }) => ({ name: kind, count }));
  return {
    ordered: [
      toOrderedChart('Score of the object that decided', report.scores),
      toOrderedChart('Time of the object in OpenCTI, up to', report.ages),
    ],
    names: [
      toNamesChart(
        'Kinds',
        kinds.sort((a, b) => b.count - a.count),
      ),
      toNamesChart('Authors', report.authors),
      toNamesChart('Labels', report.labels),
      toNamesChart('Markings', report.markings),
    ],
  };
}

const sources = { windows: 'Sysmon (Windows)', linux: 'Sysmon (Linux)', fim: 'FIM' } as const;
const states = {
  active: 'active',
  empty: 'no values',
  'not-configured': 'not in ossec.conf',
  'not-loaded': 'not loaded',
} as const;

const seenClasses = { yes: 'state active', no: 'state empty', unknown: 'soft' } as const;

function toCoverage(row: CoverageRow) {
  return {
    event: `${sources[row.source]} ${row.event}`,
    field: row.field,
    list: row.list,
    rule: row.rule,
    entries: number(row.entries),
    gates: number(row.gates),
    state: states[row.state],
    class: row.state,
    seen: formatSeen(row),
    seenClass: seenClasses[row.seen ?? 'unknown'],
  };
}

/** A bar of a chart, in the units of its drawing. */
export interface Bar {
  readonly name: string;
  readonly count: string;
  readonly share: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Where the name stands, and the count. */
  readonly labelX: number;
  readonly labelY: number;
  readonly countX: number;
  readonly countY: number;
}

export interface Chart {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  readonly bars: readonly Bar[];
  /** What a reader who sees no drawing is told. */
  readonly summary: string;
}

const rowHeight = 26;
const barHeight = 16;
const nameWidth = 180;
const barWidth = 250;
const countWidth = 90;
/** Of a name in a drawing; the whole of it stands in the tooltip. */
const longestName = 22;

/** Bars that lie, for names; the longest is as wide as there is room. */
function toNamesChart(title: string, shares: readonly Share[], most = 10): Chart {
  const shown = shares.slice(0, most);
  const peak = peakOf(shown);
  const bars = shown.map(({ name, count }, index) => {
    const width = toLength(count, peak, barWidth);
    const middle = index * rowHeight + rowHeight / 2;
    return {
      ...toTexts(name, count, shares),
      x: nameWidth,
      y: middle - barHeight / 2,
      width,
      height: barHeight,
      labelX: nameWidth - 8,
      labelY: middle + 4,
      countX: nameWidth + width + 6,
      countY: middle + 4,
    };
  });
  const height = Math.max(1, shown.length) * rowHeight;
  return { title, width: nameWidth + barWidth + countWidth, height, bars, summary: summarize(shown) };
}

/** However many columns share it, so that all charts of a page are of one scale. */
const columnsWidth = 520;
const columnHeight = 150;
const columnTop = 22;
const columnFoot = 24;
const columnGap = 8;

/** Bars that stand, for what has an order. */
function toOrderedChart(title: string, shares: readonly Share[]): Chart {
  const peak = peakOf(shares);
  const columnWidth = columnsWidth / Math.max(1, shares.length);
  const bars = shares.map(({ name, count }, index) => {
    const height = toLength(count, peak, columnHeight);
    const middle = index * columnWidth + columnWidth / 2;
    const y = columnTop + columnHeight - height;
    return {
      ...toTexts(name, count, shares),
      x: index * columnWidth + columnGap / 2,
      y,
      width: columnWidth - columnGap,
      height,
      labelX: middle,
      labelY: columnTop + columnHeight + 16,
      countX: middle,
      countY: y - 5,
    };
  });
  const height = columnTop + columnHeight + columnFoot;
  return { title, width: columnsWidth, height, bars, summary: summarize(shares) };
}

function peakOf(shares: readonly Share[]): number {
  return Math.max(1, ...shares.map(({ count }) => count));
}

/** What is there is seen, however little it is. */
function toLength(count: number, peak: number, longest: number): number {
  return count === 0 ? 0 : Math.max(1, Math.round((count / peak) * longest));
}

function toTexts(
  name: string,
  count: number,
  shares: readonly Share[],
): Pick<Bar, 'name' | 'count' | 'share'> {
  const total = Math.max(
    1,
    shares.reduce((sum, each) => sum + each.count, 0),
  );
  return {
    name: shorten(name),
    count: count.toLocaleString('en'),
    share: `${name}: ${((100 * count) / total).toFixed(1)} %`,
  };
}

function shorten(name: string): string {
  const letters = [...name];
  return letters.length > longestName ? `${letters.slice(0, longestName - 1).join('')}…` : name;
}

function summarize(shares: readonly Share[]): string {
  return shares.map(({ name, count }) => `${name}: ${count.toLocaleString('en')}`).join('; ') || 'nothing';
}
