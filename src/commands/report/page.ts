import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import { packageRoot, toPlainTexts } from '../../text.ts';
import { skipReasons } from '../../values/skip-reasons.ts';
import { formatOff, formatRowName, formatSeen, type Notice, seenNote } from './format.ts';
import { type CoverageRow, type Report, type Share, toObjectUrl } from './report.ts';

/**
 * Returns a report as one page of tables: it contains its styles, has no script, and loads nothing. This template is
 * HTML, so it escapes its data, unlike the templates of rules: names of labels and authors are texts from outside.
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
      { name: 'values out', count: number(values.out), note: 'the reasons are below' },
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
    shares: toShareTables(report),
    kinds: values.kinds.map((kind) => ({ kind: kind.kind, in: number(kind.in), out: number(kind.out) })),
    lists: lists.map((list) => ({
      name: list.name,
      entries: number(list.entries),
      added: list.added === null ? '–' : `+${number(list.added)}`,
      removed: list.removed === null ? '–' : `−${number(list.removed)}`,
    })),
    coverage: report.coverage.map(toCoverage),
    off: formatOff(report.off ?? []),
    seenNote,
  };
}

/** Returns the sum of counts; null: there are no counts to compare. */
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

/** Returns the tables: scores and times in their order, the others by count, at most ten rows each. */
function toShareTables({ values, scores, ages, authors, labels, markings }: Report) {
  const kinds = values.kinds.map(({ kind, in: count }) => ({ name: kind, count }));
  return [
    toShareTable('Score of the object that decided', scores, scores.length),
    toShareTable('Time of the object in OpenCTI, up to', ages, ages.length),
    toShareTable(
      'Kinds',
      kinds.sort((a, b) => b.count - a.count),
    ),
    toShareTable('Authors', authors),
    toShareTable('Labels', labels),
    toShareTable('Markings', markings),
  ];
}

function toShareTable(title: string, shares: readonly Share[], most = 10) {
  const total = Math.max(
    1,
    shares.reduce((sum, { count }) => sum + count, 0),
  );
  const rows = shares.slice(0, most).map(({ name, count }) => ({
    name,
    count: number(count),
    share: `${((100 * count) / total).toFixed(1)} %`,
  }));
  return { title, rows };
}

const states = {
  active: 'active',
  empty: 'no values',
  'not-configured': 'not in ossec.conf',
  'not-loaded': 'not loaded',
} as const;

const seenClasses = { yes: 'state active', no: 'state empty', unknown: 'soft' } as const;

function toCoverage(row: CoverageRow) {
  return {
    event: formatRowName(row),
    field: row.field,
    list: row.list ?? 'patterns alone',
    rule: row.rule,
    entries: number(row.entries),
    gates: number(row.gates),
    state: states[row.state],
    class: row.state,
    seen: formatSeen(row),
    seenClass: seenClasses[row.seen ?? 'unknown'],
  };
}
