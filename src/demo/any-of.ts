import { foldText } from './data/text-index.ts';
import { type FilterValue, longestKeyword } from './filter-operators.ts';

/**
 * One of many texts: each is folded once, so that a question about hundreds of values costs a row a look-up. Null:
 * the operator compares one by one, or not as texts.
 */
export function toAnyOf(
  operator: string,
  wanted: readonly FilterValue[],
): ((values: readonly FilterValue[]) => boolean) | null {
  if (!wanted.every((value) => typeof value === 'string')) return null;
  if (operator === 'eq') {
    const short = wanted.filter((value) => value.length <= longestKeyword);
    const folded = new Set(short.map(foldText));
    const isWanted = (text: string) => text.length <= longestKeyword && folded.has(foldText(text));
    return (values) => values.some((value) => isWanted(String(value)));
  }
  if (operator !== 'contains') return null;
  const folded = wanted.map(foldText);
  return (values) =>
    values.some((value) => {
      if (String(value).length > longestKeyword) return false;
      const text = foldText(String(value));
      return folded.some((part) => text.includes(part));
    });
}
