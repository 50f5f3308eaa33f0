import { OpenCtiError, type OpenCtiFailure } from '../opencti/errors.ts';
import type { Ask } from '../opencti/objects-of.ts';
import type { Shape } from '../opencti/platform.ts';
import { type DocumentForm, documents } from '../opencti/queries.ts';
import { toIndicatorFilters, toObservableFilters } from '../opencti/spellings.ts';
import { allObservableTypes } from '../opencti/types.ts';
import { noteAnswer, noteFailure, readBreaker } from './breaker.ts';
import { type Candidate, toObservable } from './candidates.ts';
import type { Confirmation, Confirmed } from './confirm.ts';
import type { Question } from './connection.ts';
import { askQuestion, type Connection, toConnection } from './connection.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import type { LifeRules } from './life.ts';
import type { IntegrationSettings } from './settings.ts';
import { type Cache, noteFolder, openCache, recallShape, rememberShape } from './state.ts';

/** The answer of OpenCTI about the candidates. */
export type LookUp =
  | { readonly outcome: 'found'; readonly best: Confirmed; readonly otherIds: readonly string[] }
  | { readonly outcome: 'not confirmed'; readonly reason: string }
  | { readonly outcome: 'failed'; readonly error: string }
  /** OpenCTI did not answer shortly before, and was not asked. */
  | { readonly outcome: 'not asked'; readonly error: string };

export interface LookUpOptions {
  readonly settings: IntegrationSettings;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stateFolder: string;
  readonly now: number;
  /** A trial always asks OpenCTI, and keeps nothing for later runs. */
  readonly isTrial: boolean;
  /** A list or a gate raised the alert, so OpenCTI should have the value. */
  readonly isListMatch: boolean;
  /** Notes for the log line; the lookup adds to them. */
  readonly notes: string[];
}

/** The documented text, which dashboards search for; details follow it. */
export const unreachable = 'Connection Error to OpenCTI API';

/** Looks up the candidates, in the cache or with one request. @param candidates the nearest first, at least one. */
export async function lookUp(candidates: readonly Candidate[], options: LookUpOptions): Promise<LookUp> {
  const { settings, stateFolder, now, isTrial } = options;
  const cache = openCache(stateFolder, isTrial ? null : settings.cache, now);
  const key = toKey(candidates, settings);
  const known = readKept(cache.read(key), candidates);
  if (known) return known;
  const value = toValue(candidates);
  const opened = isTrial ? null : readBreaker(stateFolder, value, now);
  if (opened) return { outcome: 'not asked', error: opened.reason };
  const asked = process.uptime();
  try {
    const answer = await askForObject(candidates, options);
    if (!isTrial) noteAnswer(stateFolder, value, now);
    keepAnswer(cache, key, answer);
    return answer;
  } catch (error) {
    return toFailed(error, value, (process.uptime() - asked) * 1000, options);
  }
}

/** Returns the value under which a match is remembered: that of the nearest candidate. */
const toValue = ([nearest]: readonly Candidate[]) => `${nearest?.kind} ${nearest?.value}`;

/**
 * Asks with one request, for the object that a list names and for the usual spellings. Before the result is that no
 * object has a matched value, OpenCTI is asked for all objects that may have it, in every spelling and inside longer
 * patterns, as `explain` asks: for that OpenCTI reads every indicator, which must not happen for each match.
 */
async function askForObject(candidates: readonly Candidate[], options: LookUpOptions): Promise<LookUp> {
  const { settings, environment, now } = options;
  const { grace, indicators, trust, timeout } = settings;
  const rules = { now, grace, indicators, trust };
  const connection = toConnection(settings, environment);
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(toTimeout(connection)), timeout);
  const shape = recallShape(options.stateFolder, connection.endpoint.href);
  const run = { connection, signal: controller.signal, rules, options, shape };
  try {
    const first = await confirmFirst(candidates, run);
    if (isConclusive(first) || !isMatch(candidates, options)) return toLookUp(first);
    return toLookUp(await confirmHidden(candidates, run).catch((error) => noteHidden(error, options)));
  } finally {
    clearTimeout(timer);
  }
}

interface Run {
  readonly connection: Connection;
  readonly signal: AbortSignal;
  readonly rules: LifeRules;
  readonly options: LookUpOptions;
  /** The shape of the platform's schema at the last run, or as an answer has shown it. */
  shape: Shape;
}

const nothing: Confirmation = { best: null, death: null };

const isConclusive = ({ best, ...rest }: Confirmation) =>
  best !== null || ('death' in rest && rest.death !== null);

/** Returns whether the value is a match. OpenCTI normally has no object for a value that is in no list and no gate. */
function isMatch(candidates: readonly Candidate[], { isListMatch }: LookUpOptions): boolean {
  return isListMatch || candidates.some(({ listId }) => listId !== null);
}

function toLookUp(confirmation: Confirmation): LookUp {
  if (confirmation.best !== null) return { outcome: 'found', ...confirmation };
  const reason = confirmation.death ?? 'no object of OpenCTI that the token may see has the value';
  return { outcome: 'not confirmed', reason };
}

/**
 * Asks in the shape that the platform's schema had at the last run. A platform that was upgraded since refuses that
 * document; then the other shape is tried once and remembered, so that every run except one makes a single request.
 * @throws OpenCtiError of kind `timeout` when the time is over, or of another kind.
 */
async function confirmFirst(candidates: readonly Candidate[], run: Run): Promise<Confirmation> {
  const { connection, signal, rules, options } = run;
  const ask = (asked: Shape) =>
    askQuestion(connection, toQuestion(candidates, asked, rules.trust.length > 0), signal);
  const asking = ask(run.shape).catch(async (error: unknown): Promise<JsonObject> => {
    if (!isRefusedQuery(error)) throw error;
    const other = run.shape === 'lists' ? 'edges' : 'lists';
    const second = await ask(other).catch((again: unknown) => {
      // When neither shape fits, the refusal of the usual one is more helpful.
      throw isRefusedQuery(again) ? error : again;
    });
    run.shape = other;
    if (!options.isTrial) rememberShape(options.stateFolder, connection.endpoint.href, other);
    return second;
  });
  // The module that judges an answer is loaded while the platform prepares it: a run that ends before does not need
  // the time for it.
  const [data, { confirmAnswer }] = await Promise.all([asking, import('./confirm.ts')]);
  return confirmAnswer(data, candidates, rules);
}

/**
 * Finds the objects that the first question cannot find. The object that decides is then asked for as if a list had
 * named it.
 */
async function confirmHidden(candidates: readonly Candidate[], run: Run): Promise<Confirmation> {
  const { connection, signal, rules, options } = run;
  const ask: Ask = (document, variables) => askQuestion(connection, { document, variables }, signal);
  // A network or a domain that contains the value and is in no list is only a guess.
  const sure = candidates.filter(({ distance, listId }) => distance === 0 || listId !== null);
  const [{ readObjectsOf }, { findDecider }] = await Promise.all([
    import('../opencti/objects-of.ts'),
    import('./life.ts'),
  ]);
  const records = await readObjectsOf(ask, run.shape, {
    observables: sure.map(toObservable),
    otherHashes: [],
    ids: [],
    timeLimit: options.settings.timeout,
  });
  const decider = await findDecider(records, sure, rules);
  if (decider === null) return nothing;
  const named = candidates.map((candidate) => ({ ...candidate, listId: decider }));
  const confirmation = await confirmFirst(named, run);
  if (confirmation.best === null) return confirmation;
  const { best } = confirmation;
  const candidate = candidates.find(
    ({ kind, value }) => kind === best.candidate.kind && value === best.candidate.value,
  );
  return { ...confirmation, best: { ...best, candidate: candidate ?? best.candidate } };
}

/**
 * Notes the failure and keeps the answer to the first question, that nothing was found. A platform that is slow in a
 * search is not unreachable.
 */
function noteHidden(error: unknown, { notes }: LookUpOptions): Confirmation {
  if (!(error instanceof OpenCtiError)) throw error;
  notes.push(`the search for other spellings failed: ${error.message}`);
  return nothing;
}

function isRefusedQuery(error: unknown): boolean {
  return error instanceof OpenCtiError && error.failure === 'query';
}

function toTimeout({ endpoint, settings }: Connection): OpenCtiError {
  return new OpenCtiError(
    'timeout',
    `no answer of OpenCTI at ${endpoint.href} within ${settings.timeout / 1000} s (integration.timeout)`,
  );
}

/** Failures of the connection to OpenCTI. */
const wayFailures: ReadonlySet<OpenCtiFailure> = new Set([
  'network',
  'unknown-host',
  'timeout',
  'tls',
  'proxy-refusal',
  'busy',
  'asked-to-wait',
]);

/**
 * Failures after which the next runs do not ask, for any value: OpenCTI has requested to wait, or its host cannot be
 * found.
 */
const commonFailures: ReadonlySet<OpenCtiFailure> = new Set(['unknown-host', 'asked-to-wait']);

/**
 * Failures after which the next runs do not ask for the same value, and after several such values for none: each of
 * them can delay a run for long.
 */
const holdingFailures: ReadonlySet<OpenCtiFailure> = new Set(['network', 'timeout', ...commonFailures]);

/** A failure of any kind that took this part of the timeout counts as a timeout does for the next runs. */
const longPart = 0.5;

/** @param took milliseconds until it failed. */
function toFailed(error: unknown, value: string, took: number, options: LookUpOptions): LookUp {
  if (!(error instanceof OpenCtiError)) throw error;
  const { settings, isTrial } = options;
  const text = wayFailures.has(error.failure) ? `${unreachable}: ${error.message}` : error.message;
  const isHolding = holdingFailures.has(error.failure) || took >= settings.timeout * longPart;
  if (isHolding && !isTrial) keep(text, commonFailures.has(error.failure) ? null : value, options);
  return { outcome: 'failed', error: text };
}

function keep(reason: string, value: string | null, { stateFolder, notes }: LookUpOptions): void {
  const problem = noteFailure(stateFolder, { value, reason }, Date.now());
  if (problem !== null) noteFolder('the next run will try it again', stateFolder, problem, notes);
}

/**
 * Returns a question by the id that a list has for the nearest candidate, and by value in the same request: the list
 * names the object that decided, often an indicator, and the alert shows its observable. Indicators are asked for by
 * value even with an id: feeds delete and revoke the indicator that a list names and create another one with the same
 * pattern.
 * @param withTrust whether to ask also for the fields that trust needs.
 */
export function toQuestion(candidates: readonly Candidate[], shape: Shape, withTrust = false): Question {
  const id = candidates.find(({ listId }) => listId !== null)?.listId;
  const form: DocumentForm = id ? 'by-id' : 'by-value';
  const wanted = { observables: candidates.map(toObservable), otherHashes: [], ids: [] };
  return {
    document: documents[form](shape, withTrust),
    variables: {
      types: allObservableTypes,
      observables: toObservableFilters(wanted, 'usual'),
      indicators: toIndicatorFilters(wanted, 'usual'),
      ...(id && { id }),
    },
  };
}

/**
 * In milliseconds. When nothing was found, OpenCTI is asked again soon, since the object may be created at that moment.
 */
const negativeLife = 60_000;

/** Returns all that an answer depends on, except its time: with another configuration OpenCTI is asked again. */
function toKey(
  candidates: readonly Candidate[],
  { url, grace, indicators, trust }: Pick<IntegrationSettings, 'url' | 'grace' | 'indicators' | 'trust'>,
): string {
  return JSON.stringify([
    5,
    url,
    grace,
    indicators,
    trust,
    ...candidates.map(({ kind, value, listId }) => [kind, value, listId]),
  ]);
}

/** Keeps an answer without the sighting: the next run has its own. */
function keepAnswer(cache: Cache, key: string, answer: LookUp): void {
  if (answer.outcome === 'not confirmed') cache.write(key, answer, negativeLife);
  if (answer.outcome !== 'found') return;
  const { kind, value } = answer.best.candidate;
  const kept = { ...answer, best: { ...answer.best, candidate: { kind, value } } };
  cache.write(key, kept, Number.POSITIVE_INFINITY);
}

/** Returns a kept answer; null: there is none, or it is damaged. */
function readKept(answer: unknown, candidates: readonly Candidate[]): LookUp | null {
  if (!isJsonObject(answer)) return null;
  const { outcome, reason, best, otherIds } = answer;
  if (outcome === 'not confirmed') return typeof reason === 'string' ? { outcome, reason } : null;
  if (outcome !== 'found' || !isKept(best) || !isTexts(otherIds)) return null;
  const { kind, value } = best.candidate;
  const candidate = candidates.find((each) => each.kind === kind && each.value === value);
  return candidate ? { outcome, best: { ...best, candidate }, otherIds } : null;
}

function isKept(best: unknown): best is Omit<Confirmed, 'candidate'> & { readonly candidate: JsonObject } {
  return (
    isJsonObject(best) &&
    typeof best.id === 'string' &&
    (best.type === 'observable' || best.type === 'indicator') &&
    isJsonObject(best.node) &&
    isJsonObject(best.candidate)
  );
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');
