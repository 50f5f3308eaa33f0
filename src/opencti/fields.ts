import { OpenCtiError } from './errors.ts';
import { toExcerpt } from './excerpt.ts';
import { parseIsoTime } from './iso-time.ts';

/**
 * Checked access to the fields of a row. By hand, since a schema library costs more a row than parsing the JSON.
 * Each function throws OpenCtiError naming field and row: a row that does not fit is never dropped.
 */
export type Row = Readonly<Record<string, unknown>>;

/** `place` is for the message: where the value stands. */
export function toRow(value: unknown, place: string): Row {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Row;
  throw new OpenCtiError('answer', `OpenCTI sent ${show(value)} in "${place}", expected an object`);
}

export function takeTextOrNull(row: Row, field: string): string | null {
  const value = row[field] ?? null;
  if (value === null || typeof value === 'string') return value;
  throw unfit(row, field, 'a text or null');
}

export function takeText(row: Row, field: string): string {
  const value = row[field];
  if (typeof value === 'string') return value;
  throw unfit(row, field, 'a text');
}

export function takeIntegerOrNull(row: Row, field: string): number | null {
  const value = row[field] ?? null;
  if (value === null || (typeof value === 'number' && Number.isInteger(value))) return value;
  throw unfit(row, field, 'an integer or null');
}

export function takeFlag(row: Row, field: string): boolean {
  return takeFlagOrNull(row, field) ?? fail(row, field, 'true or false');
}

export function takeFlagOrNull(row: Row, field: string): boolean | null {
  const value = row[field] ?? null;
  if (value === null || typeof value === 'boolean') return value;
  throw unfit(row, field, 'true, false or null');
}

function fail(row: Row, field: string, expected: string): never {
  throw unfit(row, field, expected);
}

/**
 * Milliseconds since the epoch.
 * @param unreadable what a text that is no time counts as: one bad row never ends a run.
 */
export function takeTimeOrNull(row: Row, field: string, unreadable: number | null = null): number | null {
  const text = takeTextOrNull(row, field);
  if (text === null) return null;
  const time = parseIsoTime(text);
  return Number.isNaN(time) ? unreadable : time;
}

/** No rows for null; an entry that is null, which the schema allows in some lists, is none. */
export function takeRows(row: Row, field: string): Row[] {
  const value = row[field] ?? [];
  if (!Array.isArray(value)) throw unfit(row, field, 'a list or null');
  return value.filter((entry) => entry !== null).map((entry) => toRow(entry, field));
}

export function takeRow(row: Row, field: string): Row {
  return toRow(row[field], field);
}

export function takeRowOrNull(row: Row, field: string): Row | null {
  const value = row[field] ?? null;
  return value === null ? null : toRow(value, field);
}

export function unfit(row: Row, field: string, expected: string): OpenCtiError {
  const { id } = row;
  const name = typeof id === 'string' ? `object ${toExcerpt(id)}` : 'an object without id';
  return new OpenCtiError(
    'answer',
    `OpenCTI sent "${field}" of ${name} as ${show(row[field])}, expected ${expected}`,
  );
}

const show = (value: unknown) => toExcerpt(JSON.stringify(value) ?? 'nothing');
