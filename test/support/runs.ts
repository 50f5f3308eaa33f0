/** The factor of the variable RUNS, 1 without it: `npm run test:long` sets it. */
const factor = toFactor(process.env.RUNS);

/**
 * Returns how many cases a test tries that could try any number of them: properties, large sets. In CI it is as many as find
 * a fault within a few days of runs, since every run tries other cases; RUNS multiplies it.
 * @param inCi the number in CI; at least one is tried.
 * @param most the most cases; with more of them it would be another test.
 */
export function runs(inCi: number, most = Number.POSITIVE_INFINITY): number {
  return Math.max(1, Math.min(most, Math.round(inCi * factor)));
}

function toFactor(text = '1'): number {
  const number = Number(text);
  if (number > 0) return number;
  throw new Error(`RUNS is ${text}: legal is a number above 0, such as 20`);
}
