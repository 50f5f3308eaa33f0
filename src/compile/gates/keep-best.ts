import type { ScoredValues } from './gate.ts';

const scoreLimit = 256;

function countScores(sets: readonly ScoredValues[]): number[] {
  const counts = new Array<number>(scoreLimit).fill(0);
  for (const { scores } of sets) {
    for (const score of scores) counts[score] = (counts[score] ?? 0) + 1;
  }
  return counts;
}

function keepAbove(set: ScoredValues, cut: number, share: number): ScoredValues {
  const atCut = set.scores.reduce((sum, score) => (score === cut ? sum + 1 : sum), 0);
  let room = Math.floor(atCut * share);
  const kept = set.scores.map((score) => Number(score > cut || (score === cut && room-- > 0)));
  return {
    values: set.values.filter((_, index) => kept[index] === 1),
    scores: set.scores.filter((_, index) => kept[index] === 1),
  };
}

/**
 * At most `count` values of all sets together: the best scores, and of the score that does not go in whole the
 * same share of every set, in the order of the values.
 */
export function keepBest(sets: readonly ScoredValues[], count: number): ScoredValues[] {
  const counts = countScores(sets);
  let above = 0;
  for (let cut = scoreLimit - 1; cut >= 0; cut--) {
    const same = counts[cut] ?? 0;
    if (above + same > count) return sets.map((set) => keepAbove(set, cut, (count - above) / same));
    above += same;
  }
  return [...sets];
}

/** Sorts the values, and of a value that comes twice keeps the better score. Scores are whole numbers, 0-255. */
export function toScoredValues(entries: Iterable<readonly [value: string, score: number]>): ScoredValues {
  const best = new Map<string, number>();
  for (const [value, score] of entries) {
    if (score >= (best.get(value) ?? 0)) best.set(value, score);
  }
  const values = [...best.keys()].sort();
  return { values, scores: Uint8Array.from(values, (value) => best.get(value) ?? 0) };
}
