/** Of the variable RUNS, 1 without it: `npm run test:long` sets it. */
const factor = toFactor(process.env.RUNS);

/**
 * How many cases a test tries that could try any number of them: properties, large sets. Each has in CI what finds its
 * faults within a few days of runs, since every run tries others; RUNS multiplies it.
 * @param inCi at least one is tried.
 * @param most where more would be another test.
 */
export function runs(inCi: number, most = Number.POSITIVE_INFINITY): number {
  return Math.max(1, Math.min(most, Math.round(inCi * factor)));
}

function toFactor(text = '1'): number {
  const number = Number(text);
  if (number > 0) return number;
  throw new Error(`RUNS is ${text}: legal is a number above 0, such as 20`);
}
