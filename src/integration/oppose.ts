import type { Claim } from '../observable/kinds.ts';
import { type PatternReader, readObservableClaims, toValues } from './claims.ts';
import { type JsonObject, readNodes, toText } from './json.ts';
import { type LifeRules, whyDead } from './life.ts';

/** An indicator of an answer, and what is the matter with it. */
export interface Judged {
  readonly id: string;
  readonly node: JsonObject;
  /** Why it is dead; null: it is alive. */
  readonly why: string | null;
}

export function toJudged(node: JsonObject, rules: LifeRules): Judged {
  return { id: toText(node.id) ?? '', node, why: whyDead(node, rules) };
}

/**
 * The dead indicator that keeps an observable's values out, as the selection keeps them out of the lists: OpenCTI never
 * takes an observable back, so where indicators of its values are known and all are dead, the observable says nothing.
 * @param indicators those of the answer; the observable brings its own.
 * @returns null when one is alive, or none is known.
 */
export async function findOpponent(
  node: JsonObject,
  indicators: readonly Judged[],
  rules: LifeRules,
  readPatternOf: PatternReader,
): Promise<Judged | null> {
  if (!rules.indicators) return null;
  const known = new Set(indicators.map(({ id }) => id));
  const own = readNodes(node.indicators).map((each) => toJudged(each, rules));
  const all = [...indicators, ...own.filter(({ id }) => !known.has(id))];
  // As it nearly always is: then no pattern has to be read.
  if (all.every(({ why }) => why === null)) return null;
  const values = await toKeys(readObservableClaims(node));
  const about: Judged[] = [];
  for (const each of all) {
    const keys = await toKeys(await readPatternOf(each.node));
    if ([...keys].some((key) => values.has(key))) about.push(each);
  }
  return about.some(({ why }) => why === null) ? null : (about[0] ?? null);
}

async function toKeys(claims: readonly Claim[]): Promise<ReadonlySet<string>> {
  return new Set((await toValues(claims)).map(({ kind, value }) => `${kind} ${value}`));
}
