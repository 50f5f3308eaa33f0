import { toAnyOf } from './any-of.ts';
import { ApiError } from './api-error.ts';
import type { StoredHash } from './data/objects.ts';
import { comparisons, type FilterValue } from './filter-operators.ts';

interface FilterInput {
  readonly key: readonly string[];
  readonly values: readonly unknown[];
  readonly operator?: string | null;
  readonly mode?: 'and' | 'or' | null;
}

/** OpenCTI's `FilterGroup`. */
export interface FilterGroupInput {
  readonly mode: 'and' | 'or';
  readonly filters: readonly FilterInput[];
  readonly filterGroups: readonly FilterGroupInput[];
}

type Predicate = (object: object) => boolean;
type Reader = (object: object) => readonly FilterValue[];

const dateKeys = new Set(['created_at', 'updated_at', 'created', 'modified', 'valid_from', 'valid_until']);

const plainKeys = new Set([
  'id',
  'standard_id',
  'entity_type',
  'value',
  'name',
  'color',
  'definition',
  'definition_type',
  'identity_class',
  'pattern',
  'pattern_type',
  'revoked',
  'confidence',
  'x_opencti_score',
  'x_opencti_detection',
  'x_opencti_main_observable_type',
  'objectLabel',
  'objectMarking',
  'createdBy',
]);

const oneKeyOperators = new Set(['nil', 'not_nil', 'gt', 'gte', 'lt', 'lte']);

/**
 * A predicate for `filters`. Labels, markings and authors compare by internal id only. Of a key with dots the
 * server checks the first part: an unknown hash algorithm is no error and matches nothing.
 *
 * @throws {ApiError} UNSUPPORTED_ERROR for an unknown key, no values, or several keys where one is needed
 */
export function toPredicate(group: FilterGroupInput): Predicate {
  const groups = group.filterGroups.filter((inner) => inner.filters.length + inner.filterGroups.length > 0);
  const parts = [...group.filters.map(toFilterPredicate), ...groups.map(toPredicate)];
  return parts.length === 0 ? () => true : combine(parts, group.mode);
}

/** Texts of which a match carries at least one as value or hash, or null: the filters do not say so. */
export function findNeededTexts(group: FilterGroupInput): readonly string[] | null {
  const { filters } = group;
  if (group.mode === 'or' && filters.length + group.filterGroups.length !== 1) return null;
  const telling = filters.find(
    ({ key, operator }) =>
      (operator ?? 'eq') === 'eq' && key.every((k) => k === 'value' || k.startsWith('hashes.')),
  );
  return telling ? telling.values.map(String) : null;
}

function toFilterPredicate(filter: FilterInput): Predicate {
  const operator = filter.operator ?? 'eq';
  const compare = comparisons[operator];
  if (!compare) throw new ApiError('UNSUPPORTED_ERROR', `The embedded server has no operator ${operator}`);
  const readers = filter.key.map(toReader);
  if (oneKeyOperators.has(operator) && readers.length > 1) {
    throw new ApiError('UNSUPPORTED_ERROR', 'Filter must have only one field');
  }
  const read: Reader = readers.length === 1 && readers[0] ? readers[0] : readAll(readers);
  if (operator === 'nil' || operator === 'not_nil') return (object) => compare(read(object), '');
  if (readers.length === 0 || filter.values.length === 0) {
    throw new ApiError('UNSUPPORTED_ERROR', 'Invalid filter configuration');
  }
  const isDate = filter.key.some((key) => dateKeys.has(key));
  const wanted = filter.values.map((value) => (isDate ? toTime(value) : String(value)));
  const mode = filter.mode ?? 'or';
  const anyOf = mode === 'or' ? toAnyOf(operator, wanted) : null;
  if (anyOf) return (object) => anyOf(read(object));
  return combine(
    wanted.map(
      (value): Predicate =>
        (object) =>
          compare(read(object), value),
    ),
    mode,
  );
}

function combine(parts: readonly Predicate[], mode: 'and' | 'or'): Predicate {
  if (mode === 'and') return (object) => parts.every((part) => part(object));
  return (object) => parts.some((part) => part(object));
}

function readAll(readers: readonly Reader[]): Reader {
  return (object) => readers.flatMap((read) => read(object));
}

function toReader(key: string): Reader {
  if (key === 'hashes' || key.startsWith('hashes.')) {
    return (object) => readHashes(object, key.slice('hashes.'.length));
  }
  if (key === 'ids') return readAll([toReader('id'), toReader('standard_id')]);
  if (dateKeys.has(key)) return (object) => readKey(object, key).map(toTime);
  if (plainKeys.has(key)) return (object) => readKey(object, key);
  throw new ApiError('UNSUPPORTED_ERROR', 'Incorrect filter keys not existing in any schema definition');
}

function readKey(object: object, key: string): readonly FilterValue[] {
  const value: unknown = Reflect.get(object, key);
  if (value === null || value === undefined || value === '') return [];
  if (Array.isArray(value)) return value.map(String);
  return [typeof value === 'number' ? value : String(value)];
}

function readHashes(object: object, algorithm: string): readonly FilterValue[] {
  const hashes: readonly StoredHash[] = Reflect.get(object, 'hashes') ?? [];
  return hashes.filter((entry) => entry.algorithm === algorithm).flatMap((entry) => entry.hash ?? []);
}

function toTime(value: unknown): number {
  return Date.parse(String(value));
}
