import { OpenCtiError } from '../opencti/errors.ts';
import { toRecords } from '../opencti/objects-of.ts';
import { mostObjects } from '../opencti/queries.ts';
import { isObjectId, readScore, withoutScore } from '../opencti/rows.ts';
import { allObservableTypes, type ObservableType, observableTypes } from '../opencti/types.ts';
import { type Candidate, compareCandidates } from './candidates.ts';
import { isJsonObject, type JsonObject, readNodes, toText } from './json.ts';
import { type Death, decideValue, indexValues, type LifeRules, toDistinct, whyDead } from './life.ts';

/** An object of the answer that has one of the values that were asked for. */
export interface Confirmed {
  readonly id: string;
  readonly type: 'observable' | 'indicator';
  readonly node: JsonObject;
  readonly candidate: Candidate;
}

/** The result of an answer for the candidates. */
export type Confirmation =
  /** `otherIds`: further objects that have the value, without the indicators that the shown object lists itself. */
  | { readonly best: Confirmed; readonly otherIds: readonly string[] }
  /** `death`: objects have the value, and their indicators are dead; null: no object has it. */
  | { readonly best: null; readonly death: string | null };

/**
 * Returns the object of an answer that an alert shows, if its value is alive, by the same evidence as the lists. The
 * server's comparison ignores case and accents, an object may have been edited since its id was put into a list, and
 * indicators die, so the answer is compared with what was asked.
 * @param candidates the nearest first.
 * @throws OpenCtiError when the fields of an indicator do not show whether it is alive, or the answer is too large
 */
export async function confirmAnswer(
  data: JsonObject,
  candidates: readonly Candidate[],
  rules: LifeRules,
): Promise<Confirmation> {
  const nodes = findNodes(data, rules);
  // Only trust needs more of an object than its values and its time.
  const records = toRecords(nodes.observables, nodes.indicators, rules.trust.length > 0);
  const index = await indexValues(records, candidates);
  const confirmed: Confirmed[] = [];
  const deaths: string[] = [];
  for (const [value, candidate] of toDistinct(candidates)) {
    const { alive, death } = decideValue(value, index, rules);
    for (const { id, type } of alive) {
      const node = nodes.shown.get(id);
      // The nearest candidate of an object is the first.
      const isKnown = confirmed.some((each) => each.id === id);
      if (node !== undefined && !isKnown) confirmed.push({ id, type, node, candidate });
    }
    if (death !== null) deaths.push(describeDeath(death, nodes.byId.get(death.indicator) ?? {}, rules));
  }
  return chooseBest(confirmed) ?? { best: null, death: deaths[0] ?? null };
}

interface Nodes {
  /** The parts of the observables and indicators that are judged. */
  readonly observables: readonly JsonObject[];
  readonly indicators: readonly JsonObject[];
  /** Objects of the answer, with all fields that an alert shows. */
  readonly shown: ReadonlyMap<unknown, JsonObject>;
  /** The objects of `shown`, and the indicators of the observables. */
  readonly byId: ReadonlyMap<unknown, JsonObject>;
}

/** The most characters of all patterns of an answer, which take a second of work. Most patterns have a hundred. */
const mostPatternText = 1_000_000;

/** Returns the rows to read: no more than were asked for, each once. */
function findNodes(data: JsonObject, rules: LifeRules): Nodes {
  const toNodes = (value: unknown) => (isJsonObject(value) ? [value] : []);
  const readObjects = (value: unknown) => readNodes(value).slice(0, mostObjects);
  const observables = uniqueById([...toNodes(data.byId), ...readObjects(data.byValue)]).filter((node) =>
    Object.hasOwn(observableTypes, String(node.entity_type)),
  );
  const indicators = uniqueById([...toNodes(data.indicator), ...readObjects(data.indicators)]);
  const related = observables.flatMap((node) => uniqueById(readNodes(node.indicators)));
  // This is nearly always so: then no indicator is against a value, and no pattern of theirs has to be read.
  const isAllAlive = [...indicators, ...related].every((node) => whyDead(node, rules) === null);
  checkPatterns(isAllAlive ? indicators : uniqueById([...indicators, ...related]));
  return {
    // Scores are shown as they came, and decide nothing here: values below the limit of the lists are in none.
    observables: observables.map(withoutScore).map((node) => ({
      ...node,
      indicators: {
        edges: isAllAlive ? [] : uniqueById(readNodes(node.indicators)).map((each) => ({ node: each })),
      },
    })),
    indicators: indicators.map(withoutScore),
    shown: toMap([...indicators, ...observables]),
    byId: toMap([...related, ...indicators, ...observables]),
  };
}

const toMap = (nodes: readonly JsonObject[]) => new Map(nodes.map((node) => [node.id, node]));

/** Returns each object once. An item without an id of OpenCTI is no object: events repeat whole ids. */
function uniqueById(nodes: readonly JsonObject[]): JsonObject[] {
  const objects = nodes.filter(({ id }) => typeof id === 'string' && isObjectId(id));
  return [...new Map(objects.map((node) => [node.id, node])).values()];
}

function checkPatterns(indicators: readonly JsonObject[]): void {
  const length = indicators.reduce((sum, { pattern }) => sum + (toText(pattern)?.length ?? 0), 0);
  if (length <= mostPatternText) return;
  throw new OpenCtiError(
    'answer',
    `the patterns in the answer of OpenCTI have more than ${mostPatternText.toLocaleString('en')} characters: none is used`,
  );
}

function describeDeath({ indicator, survivor }: Death, node: JsonObject, rules: LifeRules): string {
  const rest = survivor === null ? '' : `, and no other one is alive; observable ${survivor} is left`;
  return `indicator ${indicator} ${whyDead(node, rules)}${rest}`;
}

/** More ids would no longer be a hint. */
const mostOtherIds = 20;

/**
 * Returns the one of several objects that the alert shows:
 * 1. the nearest value: the event's own before a domain or a network that contains it; SHA-256 before SHA-1 before
 *    MD5;
 * 2. an observable before an indicator, since the documented alert shows observables;
 * 3. the object that the list names;
 * 4. the higher score;
 * 5. the type: a file before an artifact, a domain before a host name;
 * 6. the older object; at last the id, so that the same answer always gives the same alert.
 */
function chooseBest(confirmed: readonly Confirmed[]): Confirmation | null {
  const [best, ...others] = [...confirmed].sort(compare);
  if (!best) return null;
  const own = new Set(readNodes(best.node.indicators).map(({ id }) => id));
  const otherIds = others.map(({ id }) => id).filter((id) => !own.has(id));
  return { best, otherIds: otherIds.slice(0, mostOtherIds) };
}

function compare(a: Confirmed, b: Confirmed): number {
  return (
    compareCandidates(a.candidate, b.candidate) ||
    Number(a.type === 'indicator') - Number(b.type === 'indicator') ||
    Number(!isListed(a)) - Number(!isListed(b)) ||
    scoreOf(b) - scoreOf(a) ||
    typeRank(a) - typeRank(b) ||
    compareTexts(String(a.node.created_at), String(b.node.created_at)) ||
    compareTexts(a.id, b.id)
  );
}

const isListed = ({ id, candidate }: Confirmed) => id === candidate.listId;

const compareTexts = (a: string, b: string) => Number(a > b) - Number(a < b);

function scoreOf({ node }: Confirmed): number {
  return readScore(node) ?? -1;
}

function typeRank({ node }: Confirmed): number {
  return allObservableTypes.indexOf(node.entity_type as ObservableType);
}
