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
  const hasPart = toPartFinder(wanted.map(foldText));
  return (values) =>
    values.some((value) => String(value).length <= longestKeyword && hasPart(foldText(String(value))));
}

/** Returns whether a text has one of the parts. They are found by their beginnings, of the length of the shortest one. */
function toPartFinder(parts: readonly string[]): (text: string) => boolean {
  const length = Math.min(...parts.map((part) => part.length));
  const byBeginning = new Map<string, string[]>();
  for (const part of parts) {
    const beginning = part.slice(0, length);
    byBeginning.set(beginning, [...(byBeginning.get(beginning) ?? []), part]);
  }
  return (text) => {
    for (let at = 0; at + length <= text.length; at += 1) {
      const possible = byBeginning.get(text.slice(at, at + length));
      if (possible?.some((part) => text.startsWith(part, at))) return true;
    }
    return false;
  };
}
