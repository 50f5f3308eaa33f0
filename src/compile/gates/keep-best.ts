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
    texts: (digits) => set.texts(digits).filter((_, index) => kept[index] === 1),
    scores: set.scores.filter((_, index) => kept[index] === 1),
  };
}

/**
 * Returns a function that cuts a set, so that all sets together keep at most `count` values: those with the best scores.
 * When there is no room for all values of one score, every set keeps the same share of them, in the order of the values.
 */
export function toKeeper(sets: readonly ScoredValues[], count: number): (set: ScoredValues) => ScoredValues {
  const counts = countScores(sets);
  let above = 0;
  for (let cut = scoreLimit - 1; cut >= 0; cut--) {
    const same = counts[cut] ?? 0;
    if (above + same > count) {
      const share = (count - above) / same;
      return (set) => keepAbove(set, cut, share);
    }
    above += same;
  }
  return (set) => set;
}

/**
 * Sorts the values, and keeps the better score of a value that is there twice. A score is the integer of a byte; a number
 * outside of that range becomes the nearest byte (a plain array of bytes would turn 256 into 0).
 */
export function toScoredValues(entries: Iterable<readonly [value: string, score: number]>): ScoredValues {
  const best = new Map<string, number>();
  for (const [value, score] of entries) {
    const known = best.get(value);
    if (known === undefined || score > known) best.set(value, score);
  }
  const texts = [...best.keys()].sort();
  return { texts: () => texts, scores: toScores(texts, (text) => best.get(text) ?? 0) };
}

export function toScores<T>(values: Iterable<T>, scoreOf: (value: T) => number): Uint8Array {
  return Uint8Array.from(Uint8ClampedArray.from(values, scoreOf));
}
