import { ApiError } from './api-error.ts';
import type { StoredHash } from './data/objects.ts';
import { comparisons, type FilterValue } from './filter-operators.ts';

export interface FilterInput {
  readonly key: readonly string[];
  readonly values: readonly unknown[];
  readonly operator?: string | null;
  readonly mode?: 'and' | 'or' | null;
}

export interface FilterGroupInput {
  readonly mode: 'and' | 'or';
  readonly filters: readonly FilterInput[];
  readonly filterGroups: readonly FilterGroupInput[];
}

type Predicate = (object: object) => boolean;
type Reader = (object: object) => readonly FilterValue[];

const dateKeys = new Set(['created_at', 'updated_at', 'created', 'modified', 'valid_from', 'valid_until']);

const plainKeys = new Set([
  ...dateKeys,
  'id',
  'standard_id',
  'definition',
  'definition_type',
  'color',
  'identity_class',
  'entity_type',
  'value',
  'name',
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

/**
 * A predicate for `filters`. Labels, markings and authors compare by internal id only.
 *
 * @throws {ApiError} UNSUPPORTED_ERROR for a key or an operator that no attribute has
 */
export function toPredicate(group: FilterGroupInput): Predicate {
  const parts = [...group.filters.map(toFilterPredicate), ...group.filterGroups.map(toPredicate)];
  if (parts.length === 0) return () => true;
  return combine(parts, group.mode);
}

function toFilterPredicate(filter: FilterInput): Predicate {
  const operator = filter.operator ?? 'eq';
  const compare = comparisons[operator];
  if (!compare) throw new ApiError('UNSUPPORTED_ERROR', `Unsupported operator: ${operator}`);
  const byKey = filter.key.map((key): Predicate => {
    const read = toReader(key);
    if (operator === 'nil' || operator === 'not_nil') return (object) => compare(read(object), '');
    const wanted = filter.values.map((value) => toWanted(key, value));
    const parts = wanted.map(
      (value): Predicate =>
        (object) =>
          compare(read(object), value),
    );
    return combine(parts, filter.mode ?? 'or');
  });
  return combine(byKey, 'or');
}

function combine(parts: readonly Predicate[], mode: 'and' | 'or'): Predicate {
  if (mode === 'and') return (object) => parts.every((part) => part(object));
  return (object) => parts.some((part) => part(object));
}

function toWanted(key: string, value: unknown): FilterValue {
  return dateKeys.has(key) ? Date.parse(String(value)) : String(value);
}

function toReader(key: string): Reader {
  if (key.startsWith('hashes.')) return (object) => readHashes(object, key.slice('hashes.'.length));
  if (key === 'ids') return (object) => [...readKey(object, 'id'), ...readKey(object, 'standard_id')];
  if (!plainKeys.has(key)) {
    throw new ApiError('UNSUPPORTED_ERROR', 'incorrect filter keys not existing in any schema definition');
  }
  if (dateKeys.has(key)) return (object) => readKey(object, key).map(toTime);
  return (object) => readKey(object, key);
}

function readKey(object: object, key: string): readonly FilterValue[] {
  return toFilterValues(Reflect.get(object, key));
}

function readHashes(object: object, algorithm: string): readonly FilterValue[] {
  const hashes: readonly StoredHash[] = Reflect.get(object, 'hashes') ?? [];
  return hashes.filter((entry) => entry.algorithm === algorithm).flatMap((entry) => entry.hash ?? []);
}

function toFilterValues(value: unknown): readonly FilterValue[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.map(String);
  return [typeof value === 'number' ? value : String(value)];
}

function toTime(value: FilterValue): number {
  return Date.parse(String(value));
}
