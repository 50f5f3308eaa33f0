import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  allFields,
  decodersOf,
  type EventField,
  type FieldEvent,
  type SourceName,
  sourceNames,
  subjects,
  toRoot,
  toRootLine,
} from '../../src/wazuh/fields.ts';

/**
 * The tables of docs/sources.md are rendered from the field table. A source that is not in the page, or a table that is out
 * of date, fails here; this renders them anew, and nothing else of the page:
 *
 *     npx vitest run test/docs/sources.test.ts -u
 */
const page = join(import.meta.dirname, '../../docs/sources.md');

test('docs/sources.md has the rows of the field table (-u renders its tables anew)', async () => {
  await expect(renderTables(readFileSync(page, 'utf8'))).toMatchFileSnapshot(page);
});

test('every document that has to name the page does', () => {
  for (const name of ['README.md', 'docs/detections.md', 'docs/configuration.md'])
    expect(readFileSync(join(import.meta.dirname, '../..', name), 'utf8')).toContain('sources.md)');
});

/** @throws when the page has no place for a source, or one for a source that there is not. */
function renderTables(text: string): string {
  const missing = new Set<string>(sourceNames);
  const rendered = text.replaceAll(
    /(<!-- rows of ([\w, ]+): [^\n]*-->\n).*?(<!-- end of \2 -->)/gs,
    (_, start: string, names: string, end: string) => {
      for (const name of names.split(', '))
        if (!missing.delete(name)) throw new Error(`${name} is no source, or it has two tables`);
      return `${start}\n${renderTable(names.split(', ') as SourceName[])}\n${end}`;
    },
  );
  if (missing.size > 0) throw new Error(`no "<!-- rows of ... -->" for ${[...missing].join(', ')}`);
  return rendered;
}

/** Of one row: its events in all fields. */
type Row = readonly { readonly field: EventField; readonly event: FieldEvent }[];

const head = ['source', 'row', 'field', 'event', 'starts', 'level', 'rule', 'takes from'];

function renderTable(names: readonly SourceName[]): string {
  const lines = names.flatMap((name) => rowsOf(name).map((row) => toCells(name, row)));
  const toLine = (cells: readonly string[]) => `| ${cells.join(' | ')} |`.replaceAll(/ +/g, ' ');
  return [toLine(head), `|${'---|'.repeat(head.length)}`, ...lines.map(toLine), ''].join('\n');
}

function rowsOf(name: SourceName): Row[] {
  const rows = new Map<string, Row>();
  for (const field of allFields)
    for (const event of field.events)
      if (event.source === name) rows.set(event.row, [...(rows.get(event.row) ?? []), { field, event }]);
  return [...rows.values()];
}

const starts = { always: 'always', source: 'with its source', asked: 'when asked' } as const;

function toCells(name: SourceName, row: Row): string[] {
  const events = row.map(({ event }) => event);
  const levels = row.map(({ field, event }) => String(event.level ?? subjects[field.subject].level));
  const notes = [
    ...(events.some(({ quiet }) => quiet) ? ['no context'] : []),
    ...(events.some(({ srcipIsOurs }) => srcipIsOurs) ? ['`no_ar`'] : []),
  ];
  return [
    `\`${name}\``,
    `\`${events[0]?.row}\``,
    once(row.map(({ field }) => `\`${field.ruleField}\``)),
    once(row.flatMap(toEventNames)),
    once(events.map((event) => starts[event.starts])),
    [once(levels), ...notes].join(', '),
    toRanges(events.map(({ ruleId }) => ruleId)),
    toRanges(events.flatMap(({ takesFrom = [] }) => takesFrom)),
  ];
}

/** The number of an event, its decoders, or the word that tells it apart. */
function toEventNames({ field, event }: Row[number]): string[] {
  if (event.event !== null) return [String(event.event)];
  const words = event.when.flatMap((condition) => {
    if (!('field' in condition)) return [];
    const [, word] = /^\^(\w+)\$$/.exec(condition.pattern) ?? [];
    return word === undefined ? [] : [word];
  });
  const decoders = decodersOf(event.when);
  if (decoders.length > 0) return decoders.map((decoder) => `\`${decoder}\``);
  if (words.length > 0) return words.map((word) => `\`${word}\``);
  return field.roots
    .filter((root) => toRoot(root).sources?.includes(event.source) !== false)
    .flatMap((root) => toRootLine(root).flatMap(({ when }) => decodersOf(when)))
    .filter((decoder) => decoder !== 'json' && decoder !== 'windows_eventchannel')
    .map((decoder) => `\`${decoder}\``);
}

const once = (texts: readonly string[]): string => [...new Set(texts)].join(', ');

function toRanges(ids: readonly number[]): string {
  const ranges: { from: number; to: number }[] = [];
  for (const id of [...new Set(ids)].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last?.to === id - 1) last.to = id;
    else ranges.push({ from: id, to: id });
  }
  return ranges.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(', ');
}
