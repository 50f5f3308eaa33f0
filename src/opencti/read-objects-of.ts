import { domainToUnicode } from 'node:url';
import * as v from 'valibot';
import type { HashKind, Observable, ObservableKind } from '../observable/kinds.ts';
import type { SourceRecord } from '../observable/record.ts';
import type { OpenCtiClient } from './client.ts';
import { toDetails } from './details.ts';
import { type Row, takeRow, takeRows, toRow } from './fields.ts';
import { type Filter, type FilterGroup, joinFilters } from './filter-group.ts';
import { allObservableTypes } from './observable-types.ts';
import type { Platform } from './preflight.ts';
import { renderIndicatorFields, renderObservableFields } from './queries.ts';
import { spellAddress } from './spell-address.ts';
import { toIndicatorRecord } from './to-indicator-record.ts';
import { toObservableRecord } from './to-observable-record.ts';
import type { Shape } from './version.ts';

/** More objects than some values can sensibly have, and the most that OpenCTI gives at once. */
const mostObjects = 5_000;
const mostIndicators = 50;

/** `indicators` of an observable costs the server a query a node: right for one value, wrong for an export. */
export function renderObjectsQuery(shape: Shape): string {
  const options = { shape, details: true };
  const indicator = renderIndicatorFields(options);
  return `query Objects($types: [String], $observables: FilterGroup, $indicators: FilterGroup) {
  stixCyberObservables(first: ${mostObjects}, types: $types, filters: $observables, orderBy: created_at, orderMode: asc) {
    edges { node {
      ${renderObservableFields(allObservableTypes, options)}
      indicators(first: ${mostIndicators}) { edges { node { ${indicator} } } }
    } }
  }
  indicators(first: ${mostObjects}, filters: $indicators, orderBy: created_at, orderMode: asc) {
    edges { node { ${indicator} } }
  }
}`;
}

/**
 * Every object that has one of the values, whatever the filters say, in one request. OpenCTI compares texts, so the
 * spellings that are repaired are asked for one by one.
 * @param ids objects that are known to have one, under whatever spelling.
 * @throws OpenCtiError
 */
export async function readObjectsOf(
  client: OpenCtiClient,
  { shape }: Pick<Platform, 'shape'>,
  observables: readonly Observable[],
  ids: readonly string[],
): Promise<SourceRecord[]> {
  const variables = {
    types: allObservableTypes,
    observables: toObservableFilters(observables, ids),
    indicators: toIndicatorFilters(observables, ids),
  };
  const { data } = await client.request(renderObjectsQuery(shape), variables, schema);
  const records = new Map<string, SourceRecord>();
  const types = new Set<string>(allObservableTypes);
  const withDetails = (row: Row) => ({ details: toDetails(row, shape) });
  const noteIndicator = (row: Row) => {
    const record = { ...toIndicatorRecord(row), ...withDetails(row) };
    records.set(record.id, record);
  };
  for (const row of toNodes(data.stixCyberObservables)) {
    const record = { ...toObservableRecord(row, types), ...withDetails(row) };
    records.set(record.id, record);
    toNodes(takeRow(row, 'indicators')).forEach(noteIndicator);
  }
  toNodes(data.indicators).forEach(noteIndicator);
  return [...records.values()];
}

const schema = v.object({
  stixCyberObservables: v.looseObject({ edges: v.array(v.unknown()) }),
  indicators: v.looseObject({ edges: v.array(v.unknown()) }),
});

function toNodes(connection: Row): Row[] {
  return takeRows(connection, 'edges').map((edge) => takeRow(toRow(edge, 'edges'), 'node'));
}

/** `hashes.SHA256` would match nothing, or be an error. */
const hashKeys = {
  sha256: 'hashes.SHA-256',
  sha1: 'hashes.SHA-1',
  md5: 'hashes.MD5',
} as const satisfies Record<HashKind, string>;

function keyOf(kind: ObservableKind): string {
  return kind in hashKeys ? hashKeys[kind as HashKind] : 'value';
}

function toObservableFilters(observables: readonly Observable[], ids: readonly string[]): FilterGroup {
  const byKey = new Map<string, string[]>();
  for (const observable of observables) {
    const key = keyOf(observable.kind);
    const texts = byKey.get(key) ?? [];
    byKey.set(key, texts);
    texts.push(...spell(observable));
  }
  return joinFilters('or', [
    ...[...byKey].map(([key, values]) => toFilter(key, values, 'eq')),
    ...(ids.length > 0 ? [toFilter('ids', ids, 'eq')] : []),
  ]);
}

function toIndicatorFilters(observables: readonly Observable[], ids: readonly string[]): FilterGroup {
  return joinFilters('or', [
    toFilter('pattern', observables.flatMap(spellInPattern), 'contains'),
    ...(ids.length > 0 ? [toFilter('ids', ids, 'eq')] : []),
  ]);
}

function toFilter(key: string, values: readonly string[], operator: 'eq' | 'contains'): Filter {
  return { key: [key], values: [...new Set(values)], operator, mode: 'or' };
}

/** The texts that are repaired to a value; `eq` looks at neither case nor accents. */
function spell(observable: Observable): string[] {
  const texts = toSpellings(observable);
  const guarded = texts.flatMap((text) => [
    text,
    text.replaceAll('.', '[.]'),
    text.replaceAll('.', '(.)'),
    text.replace('.', '[.]'),
    text.replace('.', '(.)'),
  ]);
  const schemes = observable.kind === 'name' ? ['', 'hxxp://', 'hxxps://', 'http://', 'https://'] : [''];
  const dots = observable.kind === 'name' ? ['', '.'] : [''];
  const bare = guarded.flatMap((text) => schemes.flatMap((scheme) => dots.map((dot) => scheme + text + dot)));
  return [
    ...bare,
    ...texts.flatMap((text) => [` ${text}`, `${text} `, ` ${text} `, ` ${text}\n`, `\t${text}\r\n`]),
  ];
}

function spellInPattern(observable: Observable): string[] {
  const texts = toSpellings(observable);
  if (observable.kind in hashKeys) return texts;
  return texts.flatMap((text) => [text, text.replaceAll('.', '[.]'), text.replaceAll('.', '(.)')]);
}

function toSpellings(observable: Observable): string[] {
  if (observable.kind in hashKeys) return [observable.value];
  if (observable.kind !== 'name') return spellAddress(observable);
  return [...new Set([observable.value, domainToUnicode(observable.value)])].filter(Boolean);
}
