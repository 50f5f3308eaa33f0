import { type Decision, decideByTrust } from '../compile/decide.ts';
import { type Evidence, mergeEvidence, reasonOfDeath, toEvidence } from '../compile/evidence.ts';
import {
  findObjectsOf,
  findRelated,
  indexObjects,
  type ObjectIndex,
  type ReadObject,
} from '../compile/value-objects.ts';
import type { TrustRankConfig } from '../config/schema.ts';
import { type Claim, type Observable, toClaimKind } from '../observable/kinds.ts';
import type { SourceRecord } from '../observable/record.ts';
import { isSkip } from '../observable/skip.ts';
import { toHash } from '../observable/to-hash.ts';
import { rankOf, type Trust } from '../observable/trust.ts';
import { OpenCtiError } from '../opencti/errors.ts';
import { toNameKey } from '../opencti/name-key.ts';
import { isObjectId } from '../opencti/object-id.ts';
import { toRecords } from '../opencti/objects-of.ts';
import { allObservableTypes, type ObservableType, observableTypes } from '../opencti/observable-types.ts';
import { mostObjects } from '../opencti/queries.ts';
import { toValidity } from '../opencti/to-validity.ts';
import { type Candidate, compareCandidates, toObservable } from './candidates.ts';
import { isJsonObject, type JsonObject, readNodes, toText } from './json.ts';

/** An object of the answer that really has one of the values that were asked for. */
export interface Confirmed {
  readonly id: string;
  readonly type: 'observable' | 'indicator';
  readonly node: JsonObject;
  readonly candidate: Candidate;
}

/** What the configuration says of indicators. */
export interface LifeRules {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Milliseconds after `valid_until` (`select.indicators.grace`). */
  readonly grace: number;
  /** Indicators are among `select.sources`: a dead one keeps the values of observables out. */
  readonly indicators: boolean;
  /** Whose word counts: a dead indicator speaks against nothing that is trusted more. */
  readonly trust: readonly TrustRankConfig[];
}

/** What an answer says of the candidates. */
export type Confirmation =
  /** `otherIds`: further objects that have the value, without the indicators that the shown one lists itself. */
  | { readonly best: Confirmed; readonly otherIds: readonly string[] }
  /** Objects have the value, and their indicators are dead; null: no object has it. */
  | { readonly best: null; readonly death: string | null };

/**
 * Which object of an answer is meant, and whether its value is alive: by the same evidence as the lists. The server's
 * equality knows no case and no accents, an object may have been edited since its id went into a list, and indicators die,
 * so what came back is compared with what was asked.
 * @param candidates the nearest first.
 * @throws OpenCtiError when an indicator does not tell whether it is alive, or its answer is too large
 */
export async function confirmAnswer(
  data: JsonObject,
  candidates: readonly Candidate[],
  rules: LifeRules,
): Promise<Confirmation> {
  const nodes = findNodes(data, rules);
  // Only trust looks at more of an object than its values and its time.
  const records = toRecords(nodes.observables, nodes.indicators, rules.trust.length > 0);
  const index = await indexValues(records, candidates);
  const confirmed: Confirmed[] = [];
  const deaths: string[] = [];
  for (const [value, candidate] of toDistinct(candidates)) {
    const { alive, death } = decideValue(value, index, rules);
    for (const { id, type } of alive) {
      const node = nodes.shown.get(id);
      // The nearest candidate of an object comes first.
      const isKnown = confirmed.some((each) => each.id === id);
      if (node !== undefined && !isKnown) confirmed.push({ id, type, node, candidate });
    }
    if (death !== null) deaths.push(describeDeath(death, nodes.byId.get(death.indicator) ?? {}, rules));
  }
  return chooseBest(confirmed) ?? { best: null, death: deaths[0] ?? null };
}

interface Nodes {
  readonly observables: readonly JsonObject[];
  readonly indicators: readonly JsonObject[];
  /** Objects of the answer, with all fields that an alert shows. */
  readonly shown: ReadonlyMap<unknown, JsonObject>;
  /** These, and the indicators below its observables. */
  readonly byId: ReadonlyMap<unknown, JsonObject>;
}

/** Characters of all patterns of an answer: a second of work. Most patterns have a hundred. */
const mostPatternText = 1_000_000;

/** The rows to read: no more than were asked for, each once. */
function findNodes(data: JsonObject, rules: LifeRules): Nodes {
  const toNodes = (value: unknown) => (isJsonObject(value) ? [value] : []);
  const readObjects = (value: unknown) => readNodes(value).slice(0, mostObjects);
  const observables = uniqueById([...toNodes(data.byId), ...readObjects(data.byValue)])
    .filter((node) => Object.hasOwn(observableTypes, String(node.entity_type)))
    .map(withoutOddScore);
  const indicators = uniqueById([...toNodes(data.indicator), ...readObjects(data.indicators)]);
  const related = observables.flatMap((node) => uniqueById(readNodes(node.indicators)));
  // As it nearly always is: then nothing speaks against a value, and no pattern of theirs has to be read.
  const isAllAlive = [...indicators, ...related].every((node) => whyDead(node, rules) === null);
  checkPatterns(isAllAlive ? indicators : uniqueById([...indicators, ...related]));
  return {
    observables: observables.map((node) => ({
      ...node,
      indicators: {
        edges: isAllAlive ? [] : uniqueById(readNodes(node.indicators)).map((each) => ({ node: each })),
      },
    })),
    indicators,
    shown: toMap([...indicators, ...observables]),
    byId: toMap([...related, ...indicators, ...observables]),
  };
}

const toMap = (nodes: readonly JsonObject[]) => new Map(nodes.map((node) => [node.id, node]));

/** What has no id of OpenCTI is no object: ids stand in events, whole. */
function uniqueById(nodes: readonly JsonObject[]): JsonObject[] {
  const objects = nodes.filter(({ id }) => typeof id === 'string' && isObjectId(id));
  return [...new Map(objects.map((node) => [node.id, node])).values()];
}

/** The score of an observable is shown, and decides nothing here. */
function withoutOddScore(node: JsonObject): JsonObject {
  return Number.isInteger(node.x_opencti_score) ? node : { ...node, x_opencti_score: null };
}

function checkPatterns(indicators: readonly JsonObject[]): void {
  const length = indicators.reduce((sum, { pattern }) => sum + (toText(pattern)?.length ?? 0), 0);
  if (length <= mostPatternText) return;
  throw new OpenCtiError(
    'answer',
    `the patterns in the answer of OpenCTI have more than ${mostPatternText.toLocaleString('en')} characters: none is used`,
  );
}

/** The values that are asked for, each with its nearest candidate. */
function toDistinct(candidates: readonly Candidate[]): [Observable, Candidate][] {
  const distinct = new Map<string, [Observable, Candidate]>();
  for (const candidate of candidates) {
    const observable = toObservable(candidate);
    const key = `${observable.kind} ${observable.value}`;
    if (!distinct.has(key)) distinct.set(key, [observable, candidate]);
  }
  return [...distinct.values()];
}

/** @param candidates what a text of a record is compared with before the one door is asked, which takes 2 ms to load. */
async function indexValues(
  records: readonly SourceRecord[],
  candidates: readonly Candidate[],
): Promise<ObjectIndex> {
  const known = new Map(
    candidates.map(toObservable).map((each) => [`${toClaimKind(each.kind)} ${each.value}`, each]),
  );
  const objects = [];
  for (const record of records) {
    const has = await toValues(record.claims, known);
    objects.push({ record, has, names: await toValues(record.named ?? [], known) });
  }
  return indexObjects(objects);
}

/** Hashes do not need the rest of the door, and texts that are asked for as they are do not need it at all. */
async function toValues(
  claims: readonly Claim[],
  known: ReadonlyMap<string, Observable>,
): Promise<Observable[]> {
  const plain = claims.flatMap((claim) => {
    const { kind, text } = claim;
    const value =
      kind === 'sha256' || kind === 'sha1' || kind === 'md5'
        ? toHash(kind, text)
        : known.get(`${kind} ${text.toLowerCase()}`);
    return value === undefined || isSkip(value) ? [] : [value];
  });
  if (plain.length > 0 || claims.length === 0) return plain;
  const door = await import('../observable/to-observable.ts');
  return claims.flatMap((claim): Observable[] => {
    const value = door.toObservable(claim);
    return isSkip(value) ? [] : [value];
  });
}

/**
 * The id of the object that decides about the nearest value that one has; null: none has any.
 * @param records all that may have one, whatever the answer to the usual question was.
 */
export async function findDecider(
  records: readonly SourceRecord[],
  candidates: readonly Candidate[],
  rules: LifeRules,
): Promise<string | null> {
  const index = await indexValues(records, candidates);
  for (const [value] of toDistinct(candidates)) {
    const { alive, death } = decideValue(value, index, rules);
    const [first] = [...alive].sort(
      (a, b) => Number(a.type === 'indicator') - Number(b.type === 'indicator'),
    );
    const decider = first?.id ?? death?.indicator ?? null;
    if (decider !== null) return decider;
  }
  return null;
}

interface Decided {
  /** The objects that have the value, where it is alive. */
  readonly alive: readonly SourceRecord[];
  readonly death: Death | null;
}

interface Death {
  /** The id of the indicator that speaks against the value. */
  readonly indicator: string;
  /** The observable that has the value all the same, where one does. */
  readonly survivor: string | null;
}

/** By the evidence of all objects of the value, as the selection merges it. Scores are left to the lists. */
function decideValue(value: Observable, index: ObjectIndex, rules: LifeRules): Decided {
  const { objects, linked } = findObjectsOf(value, index);
  const isIt = (each: Observable) => each.kind === value.kind && each.value === value.value;
  const having = objects.filter(({ has }) => has.some(isIt)).map(({ record }) => record);
  const observables = having.filter(({ type }) => type === 'observable');
  // Where indicators are no source of the lists, one counts only where there is nothing else.
  const isOfObservables = !rules.indicators && observables.length > 0;
  const ofFile = new Set([value, ...linked].map((each) => each.value));
  const isMember = ({ has, record }: ReadObject) =>
    has.some((each) => ofFile.has(each.value)) || (record.otherHashes ?? []).length > 0;
  const members = objects.filter(isMember).map(({ record }) => record);
  const namers = [
    ...objects.filter((object) => !isMember(object)).map(({ record }) => record),
    ...findRelated(objects, index).map(({ indicator }) => indicator),
  ];
  const decision = isOfObservables ? decide(observables, [], rules) : decide(members, namers, rules);
  if (decision === null) return { alive: [], death: null };
  if (!('skip' in decision)) return { alive: having.filter((record) => isAlive(record, rules)), death: null };
  const isKnown = having.length > 0 && decision.vote !== null;
  const death = isKnown ? { indicator: decision.vote.id, survivor: observables[0]?.id ?? null } : null;
  return { alive: [], death };
}

/** Null: the objects only name the value. */
function decide(
  members: readonly SourceRecord[],
  namers: readonly SourceRecord[],
  rules: LifeRules,
): Decision | null {
  const trust = toTrust(rules.trust);
  const byRank: (Evidence | null)[] = Array(trust.length + 1).fill(null);
  const add = (record: SourceRecord, isNamer: boolean) => {
    const rank = rankOf(byName(record), trust);
    const evidence = toEvidenceOf(record, isNamer, rules);
    const known = byRank[rank] ?? null;
    byRank[rank] = known === null ? evidence : mergeEvidence(known, evidence);
  };
  for (const record of members) add(record, false);
  for (const record of namers) add(record, true);
  if (byRank.every((evidence) => evidence === null || evidence.isOnlyNamed)) return null;
  return decideByTrust(byRank, { minScore: 0, withIndicator: false });
}

/** No filter, and no score: what is below the limit of the lists is in none. */
function toEvidenceOf(record: SourceRecord, isNamer: boolean, { now, grace }: LifeRules): Evidence {
  const vote = { id: record.id, type: record.type, score: 0, validUntil: null, traits: 0 };
  const standing = { outside: null, isBarred: false };
  return toEvidence(record, vote, standing, { now, grace, detection: false, minConfidence: null }, isNamer);
}

function isAlive(record: SourceRecord, rules: LifeRules): boolean {
  return record.type === 'observable' || reasonOfDeath(record, rules) === null;
}

/** By the names of authors, which is what an answer and the configuration have. */
function toTrust(ranks: LifeRules['trust']): Trust {
  return ranks.map((rank) => ('authors' in rank ? { authors: new Set(rank.authors.map(toNameKey)) } : rank));
}

function byName({ details }: SourceRecord): Parameters<typeof rankOf>[0] {
  const author = details?.author ?? null;
  return {
    author: author && { ...author, id: toNameKey(author.name) },
    confidence: details?.confidence ?? null,
  };
}

function describeDeath({ indicator, survivor }: Death, node: JsonObject, rules: LifeRules): string {
  const rest = survivor === null ? '' : `, and no other one is alive; observable ${survivor} is left`;
  return `indicator ${indicator} ${whyDead(node, rules)}${rest}`;
}

/**
 * Why an indicator is dead, as what follows its name; null: it is alive. The selection decides by the same function.
 * @throws OpenCtiError when its fields do not fit
 */
function whyDead(node: JsonObject, rules: LifeRules): string | null {
  const validity = toValidity(node);
  const reason = reasonOfDeath(validity, rules);
  if (reason === null) return null;
  if (reason === 'revoked') return 'is revoked';
  const isAhead = validity.validFrom !== null && validity.validFrom > rules.now;
  return isAhead ? `is valid from ${node.valid_from}` : `was valid until ${node.valid_until}`;
}

/** More ids would be a list, not a hint. */
const mostOtherIds = 20;

/**
 * Of several objects the alert shows one:
 * 1. the nearest value: the event's own before a domain or a network around it; SHA-256 before SHA-1 before MD5;
 * 2. an observable before an indicator, since the documented alert shows observables;
 * 3. the object that the list names;
 * 4. the higher score;
 * 5. the type: a file before an artifact, a domain before a host name;
 * 6. the older one; at last the id, so that the same answer always gives the same alert.
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
  const score = node.x_opencti_score;
  return typeof score === 'number' ? score : -1;
}

function typeRank({ node }: Confirmed): number {
  return allObservableTypes.indexOf(node.entity_type as ObservableType);
}
