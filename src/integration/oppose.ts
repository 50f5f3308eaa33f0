import { rankOf, type Trust } from '../observable/trust.ts';
import { toNameKey } from '../opencti/name-key.ts';
import { type IndicatorReader, isStix, readObservable, toKeys } from './claims.ts';
import { isJsonObject, type JsonObject, readNodes, toText } from './json.ts';
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
 * takes an observable back, so where indicators of it are known and all are dead, the observable says nothing. Those are
 * the ones that name one of its values, and of those whose pattern has no value that could be compiled the ones that
 * OpenCTI itself has as based on it. What is trusted less than the observable does not count.
 * @param indicators those of the answer; the observable brings its own.
 * @returns null when one is alive, or none is known.
 */
export async function findOpponent(
  node: JsonObject,
  indicators: readonly Judged[],
  rules: LifeRules,
  readIndicator: IndicatorReader,
): Promise<Judged | null> {
  if (!rules.indicators) return null;
  const own = readNodes(node.indicators).map((each) => toJudged(each, rules));
  const ownIds = new Set(own.map(({ id }) => id));
  const all = [...indicators.filter(({ id }) => !ownIds.has(id)), ...own];
  // As it nearly always is: then no pattern has to be read.
  if (all.every(({ why }) => why === null)) return null;
  const values = await toKeys(readObservable(node));
  const about: Judged[] = [];
  for (const each of all) {
    if (await isAbout(each, values, ownIds, readIndicator)) about.push(each);
  }
  if (about.some(({ why }) => why === null)) return null;
  const trust = toTrust(rules.trust);
  return about.find((each) => rankOfNode(each.node, trust) <= rankOfNode(node, trust)) ?? null;
}

async function isAbout(
  { id, node }: Judged,
  values: ReadonlySet<string>,
  ownIds: ReadonlySet<string>,
  readIndicator: IndicatorReader,
): Promise<boolean> {
  const said = await readIndicator(node);
  // What it has values of, those tell; of a pattern that has none of ours, only OpenCTI's relation does.
  if (said.claims.length === 0 && ownIds.has(id) && isStix(node)) return true;
  return [...(await toKeys(said))].some((key) => values.has(key));
}

/** By the names of authors, which is what an answer and the configuration have. */
function toTrust(ranks: LifeRules['trust']): Trust {
  return ranks.map((rank) => ('authors' in rank ? { authors: new Set(rank.authors.map(toNameKey)) } : rank));
}

function rankOfNode({ createdBy, confidence }: JsonObject, trust: Trust): number {
  const name = isJsonObject(createdBy) ? toText(createdBy.name) : null;
  const author = name === null ? null : { id: toNameKey(name), name };
  return rankOf({ author, confidence: typeof confidence === 'number' ? confidence : null }, trust);
}
