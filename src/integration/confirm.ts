import { type Claim, toClaimKind } from '../observable/kinds.ts';
import { isObjectId } from '../opencti/object-id.ts';
import type { Candidate } from './candidate.ts';
import { createIndicatorReader, readObservable, toValues } from './claims.ts';
import { mostObjects } from './documents.ts';
import { isJsonObject, type JsonObject, readNodes, toText } from './json.ts';
import type { LifeRules } from './life.ts';
import { findOpponent, toJudged } from './oppose.ts';

/** An object of the answer that really has one of the values that were asked for. */
export interface Confirmed {
  readonly id: string;
  readonly type: 'observable' | 'indicator';
  readonly node: JsonObject;
  readonly candidate: Candidate;
}

/** An indicator that has the value and is dead: it confirms nothing. */
export interface DeadIndicator {
  readonly id: string;
  readonly why: string;
  /** The observable that has the value all the same, where one does. */
  readonly survivor: string | null;
}

export interface Confirmation {
  readonly confirmed: readonly Confirmed[];
  readonly dead: readonly DeadIndicator[];
}

/**
 * Compares what came back with what was asked, and with what makes a value one of a list: the server's equality knows
 * no case and no accents, an object may have been edited since its id went into a list, and indicators die.
 * @param candidates the nearest first.
 * @throws OpenCtiError when an indicator does not tell whether it is alive
 */
export async function confirmAnswer(
  data: JsonObject,
  candidates: readonly Candidate[],
  rules: LifeRules,
): Promise<Confirmation> {
  const observables = uniqueById([...toNodes(data.byId), ...readObjects(data.byValue)]);
  const found = uniqueById([...toNodes(data.indicator), ...readObjects(data.indicators)]);
  const readIndicator = createIndicatorReader();
  const indicators = found.map((node) => toJudged(node, rules));
  const confirmed: Confirmed[] = [];
  const dead: DeadIndicator[] = [];
  for (const node of observables) {
    const candidate = await findCandidate(readObservable(node).claims, candidates);
    if (!candidate) continue;
    const id = toText(node.id) ?? '';
    const opponent = await findOpponent(node, indicators, rules, readIndicator);
    if (opponent === null) confirmed.push({ id, type: 'observable', node, candidate });
    else dead.push({ id: opponent.id, why: String(opponent.why), survivor: id });
  }
  for (const { id, node, why } of indicators) {
    const candidate = await findCandidate((await readIndicator(node)).claims, candidates);
    if (!candidate) continue;
    if (why === null) confirmed.push({ id, type: 'indicator', node, candidate });
    else dead.push({ id, why, survivor: null });
  }
  return { confirmed, dead };
}

const toNodes = (value: unknown) => (isJsonObject(value) ? [value] : []);

/** No more than were asked for. */
const readObjects = (value: unknown) => readNodes(value).slice(0, mostObjects);

/** What has no id of OpenCTI is no object: ids stand in events, whole. */
function uniqueById(nodes: readonly JsonObject[]): JsonObject[] {
  const objects = nodes.filter(({ id }) => typeof id === 'string' && isObjectId(id));
  return [...new Map(objects.map((node) => [node.id, node])).values()];
}

/** The nearest candidate that one of the claims is. */
async function findCandidate(
  claims: readonly Claim[],
  candidates: readonly Candidate[],
): Promise<Candidate | undefined> {
  // As it is in nearly every platform; the one door takes 2 ms more to load than this.
  const plain = claims.map(({ kind, text }) => `${kind} ${text.toLowerCase()}`);
  const byText = candidates.find(({ kind, value }) => plain.includes(`${toClaimKind(kind)} ${value}`));
  if (byText || claims.length === 0) return byText;
  const values = await toValues(claims);
  return candidates.find(({ kind, value }) =>
    values.some((observable) => observable.kind === kind && observable.value === value),
  );
}
