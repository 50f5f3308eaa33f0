import { toExcerpt } from '../text.ts';
import type {
  Claim,
  IndicatorRecord,
  Named,
  ObjectDetails,
  ObservableRecord,
  SourceRecord,
  UnusableText,
} from '../values/kinds.ts';
import { OpenCtiError } from './errors.ts';
import { readHash } from './hashes.ts';
import { type PatternReading, readPattern } from './stix-pattern/read-pattern.ts';
import { type ObservableType, observableTypes } from './types.ts';

/**
 * Returns the details of an object. Labels and markings are edges, or plain lists from 5.12.24 on: the row shows
 * which.
 */
export function toDetails(row: Row): ObjectDetails {
  const author = takeRowOrNull(row, 'createdBy');
  return {
    labels: takeList(row, 'objectLabel').map((label) => toNamed(label, 'value')),
    markings: takeList(row, 'objectMarking').map((marking) => toNamed(marking, 'definition')),
    author: author && toNamed(author, 'name'),
    createdAt: takeTimeOrNull(row, 'created_at'),
    updatedAt: takeTimeOrNull(row, 'updated_at'),
    confidence: takeIntegerOrNull(row, 'confidence'),
    detection: takeFlagOrNull(row, 'x_opencti_detection'),
  };
}

function takeList(row: Row, field: string): Row[] {
  if (Array.isArray(row[field])) return takeRows(row, field);
  const connection = takeRowOrNull(row, field);
  return connection ? takeRows(connection, 'edges').map((edge) => takeRow(edge, 'node')) : [];
}

function toNamed(row: Row, field: string): Named {
  const id = takeText(row, 'id');
  return { id, name: takeTextOrNull(row, field) ?? id };
}

/**
 * Returns one node of the observables query as a record. The hashes of a file are read from `hashes` alone:
 * `observable_value` can be the name of the file.
 * @throws OpenCtiError for a type that was not requested: OpenCTI returns all types when it knows none of the requested ones.
 */
export function toObservableRecord(
  row: Row,
  types: ReadonlySet<string>,
  details?: ObjectDetails,
): ObservableRecord {
  const { id, entity_type, x_opencti_score: score, value } = row;
  const type = isText(entity_type) ? entity_type : takeText(row, 'entity_type');
  if (!isAsked(type, types)) throw unfit(row, 'entity_type', `one of ${[...types].join(', ')}`);
  const { valueKind } = observableTypes[type];
  // A value that is null counts as an empty one.
  const hashes =
    valueKind === null
      ? toHashes(row)
      : {
          claims: [{ kind: valueKind, text: isText(value) ? value : (takeTextOrNull(row, 'value') ?? '') }],
          unusable: none,
          otherHashes: undefined,
        };
  const { claims, unusable, otherHashes } = hashes;
  return withCheckedId({
    type: 'observable',
    id: isText(id) ? id : takeText(row, 'id'),
    score: isSmallInteger(score) ? score : takeIntegerOrNull(row, 'x_opencti_score'),
    claims,
    unusable,
    oneFile: valueKind === null && claims.length + (otherHashes?.length ?? 0) > 1,
    otherHashes,
    details,
  });
}

/** The score of a row as it came, for what shows it; null: it has none, or no number. */
export function readScore({ x_opencti_score: score }: Row): number | null {
  return typeof score === 'number' ? score : null;
}

/** The row without its score, for what decides without it: one that does not fit is then no error. */
export function withoutScore(row: Row): Row {
  return { ...row, x_opencti_score: null };
}

const none: readonly never[] = [];
// The fields above are read by name: that takes V8 a few nanoseconds, and with a variable some hundred.
const isText = (value: unknown): value is string => typeof value === 'string';
const isSmallInteger = (value: unknown): value is number =>
  typeof value === 'number' && (value | 0) === value;
const isAsked = (type: string, types: ReadonlySet<string>): type is ObservableType => types.has(type);

function toHashes(row: Row): Pick<ObservableRecord, 'claims' | 'unusable' | 'otherHashes'> {
  const claims: Claim[] = [];
  // Most files have neither, so these arrays are made only when they are needed.
  let unusable: UnusableText[] | null = null;
  let otherHashes: string[] | null = null;
  for (const hash of takeRows(row, 'hashes')) {
    const { algorithm, hash: digits } = hash;
    const text = isText(digits) ? digits : (takeTextOrNull(hash, 'hash') ?? '');
    const { claim, other } = readHash(isText(algorithm) ? algorithm : takeText(hash, 'algorithm'), text);
    if (claim !== null) claims.push(claim);
    else {
      unusable ??= [];
      unusable.push({ text, reason: 'unused-algorithm' });
    }
    if (other === null) continue;
    otherHashes ??= [];
    otherHashes.push(other);
  }
  return { claims, unusable: unusable ?? none, otherHashes: otherHashes ?? undefined };
}

/**
 * Returns one node of the indicators query as a record. Its values are read from the pattern alone:
 * `x_opencti_observable_values` (OpenCTI 6.4 and later) has the values of negated comparisons, too.
 * @throws OpenCtiError that names the field that does not fit.
 */
export function toIndicatorRecord(row: Row, details?: ObjectDetails): IndicatorRecord {
  const { revoked, validFrom, validUntil } = toValidity(row);
  const { claims, unusable, oneFile, named, otherHashes } = toReading(row);
  return withCheckedId({
    type: 'indicator',
    id: takeText(row, 'id'),
    score: takeIntegerOrNull(row, 'x_opencti_score'),
    revoked,
    validFrom,
    validUntil,
    claims,
    unusable,
    oneFile,
    named,
    otherHashes,
    details,
  });
}

function toReading(row: Row): PatternReading {
  const text = takeTextOrNull(row, 'pattern') ?? '';
  if (takeTextOrNull(row, 'pattern_type')?.toLowerCase() === 'stix') return readPattern(text);
  return { claims: [], unusable: [{ text, reason: 'pattern-type' }], oneFile: false };
}

/** The fields that decide whether an indicator is alive. */
export type Validity = Pick<IndicatorRecord, 'revoked' | 'validFrom' | 'validUntil'>;

/** These take the place of a time that cannot be parsed, so that the indicator is not alive. */
const never = Number.MAX_SAFE_INTEGER;
const longAgo = 0;

/**
 * Returns the validity of one indicator of an answer.
 * @throws OpenCtiError that names the field that does not fit.
 */
export function toValidity(row: Row): Validity {
  return {
    revoked: takeFlag(row, 'revoked'),
    validFrom: takeTimeOrNull(row, 'valid_from', never),
    validUntil: takeTimeOrNull(row, 'valid_until', longAgo),
  };
}

/**
 * A row, whose fields the functions below read and check. They use no schema library, since that takes longer for a row
 * than parsing its JSON. Each throws an OpenCtiError that names field and row: a row that does not fit is never skipped.
 */
export type Row = Readonly<Record<string, unknown>>;

/** Returns a value that has to be an object. @param place the field that has it, for the message. */
export function toRow(value: unknown, place: string): Row {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Row;
  throw new OpenCtiError('answer', `OpenCTI sent ${show(value)} in "${place}", expected an object`);
}

export function takeTextOrNull(row: Row, field: string): string | null {
  const value = row[field] ?? null;
  if (value === null || typeof value === 'string') return value;
  throw unfit(row, field, 'a text or null');
}

function takeText(row: Row, field: string): string {
  const value = row[field];
  if (typeof value === 'string') return value;
  throw unfit(row, field, 'a text');
}

export function takeIntegerOrNull(row: Row, field: string): number | null {
  const value = row[field] ?? null;
  if (value === null || (typeof value === 'number' && Number.isInteger(value))) return value;
  throw unfit(row, field, 'an integer or null');
}

function takeFlag(row: Row, field: string): boolean {
  return takeFlagOrNull(row, field) ?? fail(row, field, 'true or false');
}

function takeFlagOrNull(row: Row, field: string): boolean | null {
  const value = row[field] ?? null;
  if (value === null || typeof value === 'boolean') return value;
  throw unfit(row, field, 'true, false or null');
}

function fail(row: Row, field: string, expected: string): never {
  throw unfit(row, field, expected);
}

/**
 * Returns milliseconds since the epoch.
 * @param unreadable the result for a text that is no time: one bad row never ends a run.
 */
function takeTimeOrNull(row: Row, field: string, unreadable: number | null = null): number | null {
  const text = takeTextOrNull(row, field);
  if (text === null) return null;
  const time = parseIsoTime(text);
  return Number.isNaN(time) ? unreadable : time;
}

/**
 * Returns the rows of a list, none for null. An entry that is null, which the schema allows in some lists, is left
 * out.
 */
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

function unfit(row: Row, field: string, expected: string): OpenCtiError {
  const { id } = row;
  const name = typeof id === 'string' ? `object ${toExcerpt(id)}` : 'an object without id';
  return new OpenCtiError(
    'answer',
    `OpenCTI sent "${field}" of ${name} as ${show(row[field])}, expected ${expected}`,
  );
}

const show = (value: unknown) => toExcerpt(JSON.stringify(value) ?? 'nothing');

const zero = 48;
/** Every month has these days. */
const safeDays = 28;

/**
 * Returns milliseconds since the epoch, the same as `Date.parse`; NaN for a text that is no time. A date as OpenCTI writes
 * it (`2026-03-18T12:30:00.000Z`) takes a fifth of the time, and a row has up to four dates.
 */
export function parseIsoTime(text: string): number {
  return parsePlain(text) ?? Date.parse(text);
}

/** Returns null for another form, and for a day that not every month has. */
function parsePlain(text: string): number | null {
  if (text.length !== 24 || !hasMarks(text)) return null;
  const year = digitsAt(text, 0, 4);
  const month = digitsAt(text, 5, 2);
  const day = digitsAt(text, 8, 2);
  const hour = digitsAt(text, 11, 2);
  const minute = digitsAt(text, 14, 2);
  const second = digitsAt(text, 17, 2);
  const millisecond = digitsAt(text, 20, 3);
  const isPlain =
    year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= safeDays && hour < 24 && minute < 60;
  if (!isPlain || !(second < 60) || !(millisecond >= 0)) return null;
  return Date.UTC(year, month - 1, day, hour, minute, second, millisecond);
}

function hasMarks(text: string): boolean {
  const mark = (at: number) => text.charCodeAt(at);
  return (
    mark(4) === 45 &&
    mark(7) === 45 &&
    mark(10) === 84 &&
    mark(13) === 58 &&
    mark(16) === 58 &&
    mark(19) === 46 &&
    mark(23) === 90
  );
}

/** Returns the number of some digits; NaN when one of them is no digit. */
function digitsAt(text: string, at: number, count: number): number {
  let number = 0;
  for (let place = at; place < at + count; place += 1) {
    const digit = text.charCodeAt(place) - zero;
    if (digit < 0 || digit > 9) return Number.NaN;
    number = number * 10 + digit;
  }
  return number;
}

/**
 * Returns the record, or, when its id is malformed, one of the same object that brings nothing in: an id is the value part
 * of a list line, so one with a line break would be a line of its own; changes find their object by it, too. The texts of
 * such an object are counted as `malformed-id`; its id becomes a UUID that is made from the malformed one.
 */
function withCheckedId<T extends SourceRecord>(record: T): T {
  if (isObjectId(record.id)) return record;
  const said = [...record.claims, ...record.unusable].map(({ text }) => text);
  return {
    ...record,
    id: toStandIn(record.id),
    claims: [],
    unusable: (said.length > 0 ? said : [record.id]).map((text) => ({ text, reason: 'malformed-id' })),
    oneFile: false,
    named: undefined,
    otherHashes: undefined,
  };
}

function toStandIn(id: string): string {
  // It is loaded only when it is needed: it takes 4 ms, and the look-up of a match never needs it.
  const { createHash } = process.getBuiltinModule('node:crypto');
  const hex = createHash('sha256').update(id).digest('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}

/** OpenCTI's ids are UUIDs. Other texts of this form can do no harm, except for the names of this project itself. */
const objectId = /^(?!opencti-wazuh)[0-9A-Za-z][0-9A-Za-z_-]{0,63}$/;

export function isObjectId(text: string): boolean {
  return objectId.test(text);
}
