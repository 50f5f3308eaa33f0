import { foldText } from './data/text-index.ts';

export type FilterValue = string | number;

/** Decides about all values that one object has under a key. */
type Comparison = (values: readonly FilterValue[], wanted: FilterValue) => boolean;

/** Keyword fields are indexed up to this length: a longer value never matches. */
export const longestKeyword = 512;

/** The operators of `FilterOperator` that the server knows. */
export const comparisons: Readonly<Record<string, Comparison>> = {
  eq: isAny,
  not_eq: (values, wanted) => !isAny(values, wanted),
  gt: (values, wanted) => values.some((value) => Number(value) > Number(wanted)),
  gte: (values, wanted) => values.some((value) => Number(value) >= Number(wanted)),
  lt: (values, wanted) => values.some((value) => Number(value) < Number(wanted)),
  lte: (values, wanted) => values.some((value) => Number(value) <= Number(wanted)),
  nil: (values) => values.length === 0,
  not_nil: (values) => values.length > 0,
  contains: (values, wanted) =>
    values.some((value) => isIndexed(value) && fold(value).includes(fold(wanted))),
  starts_with: (values, wanted) =>
    values.some((value) => isIndexed(value) && fold(value).startsWith(fold(wanted))),
  ends_with: (values, wanted) =>
    values.some((value) => isIndexed(value) && fold(value).endsWith(fold(wanted))),
};

function isIndexed(value: FilterValue): boolean {
  return String(value).length <= longestKeyword;
}

function isAny(values: readonly FilterValue[], wanted: FilterValue): boolean {
  if (typeof wanted === 'number') return values.includes(wanted);
  if (wanted.length > longestKeyword) return false;
  const folded = fold(wanted);
  return values.some((value) => String(value).length <= longestKeyword && fold(value) === folded);
}

function fold(value: FilterValue): string {
  return foldText(String(value));
}
