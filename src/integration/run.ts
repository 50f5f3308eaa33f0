import { statSync } from 'node:fs';
import { codeOf, KnownError } from '../errors.ts';
import { readText } from '../files/read-text.ts';
import { type Alert, findSightings, parseAlert, type Sighting } from '../wazuh/alert.ts';
import { canaryId } from '../wazuh/canaries.ts';
import { formatQueueMessage, longestMessage } from '../wazuh/engine/queue.ts';
import { allFields, type EventField, toCustomFields } from '../wazuh/fields.ts';
import { type LookUp, lookUp, unreachable } from './ask.ts';
import { claimSkipped, countSkipped, nothingSkipped } from './breaker.ts';
import { type Candidate, compareCandidates, createLookup, findListed } from './candidates.ts';
import { createDelivery, createPrinter, type Delivery, describeDefect } from './deliver.ts';
import { renderEvent } from './fit.ts';
import { type Call, findHome, type IntegrationSettings, loadSettings } from './settings.ts';
import { type Content, type Source, toContext, toSource } from './shape.ts';
import { describeFolder, findStateProblem, noteFolder, openSuppression, toStateFolder } from './state.ts';

export interface RunOptions {
  readonly call: Call;
  /** The folder of the bundle. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly now: number;
}

/** The data that the steps of one run share. */
export interface RunState {
  readonly alert: Alert;
  readonly home: string;
  readonly stateFolder: string;
  readonly delivery: Delivery;
  readonly options: RunOptions;
  /** Notes for the log line; the steps add to them. */
  readonly notes: string[];
}

/** The result of a run, for the log line and the exit status. */
export interface RunReport {
  readonly home: string;
  readonly value: string;
  readonly outcome: string;
  readonly notes: readonly string[];
  /** A match could not be reported, or the alert could not be read. */
  readonly isFailure: boolean;
  /** An event reports the result: the engine has it, or the spool. */
  readonly isTold: boolean;
}

type Sightings = readonly [Sighting, ...Sighting[]];

const visibleKey =
  'the API key is an argument, which every local user can read: take <api_key> out of the integration block, ' +
  '"opencti-wazuh install" keeps the token in a file';

/** Processes one alert: reads its values, asks OpenCTI for them, and sends an event with the result. */
export async function runIntegration(options: RunOptions): Promise<RunReport> {
  const { call, now } = options;
  const home = findHome(options);
  const stateFolder = toStateFolder(home);
  const delivery = call.isTrial ? createPrinter() : createDelivery(home, stateFolder, now);
  const notes = [...(call.apiKey === null ? [] : [visibleKey]), ...noteState(options, stateFolder)];
  const alert = readAlert(call.alertFile);
  if (alert instanceof KnownError)
    return { ...toReport({ home, notes }, '', alert.message), isFailure: true };
  const report = await processAlert({ alert, home, stateFolder, delivery, options, notes });
  // A run that has no message of its own sends the messages that earlier runs had to keep.
  noteFlushed(await delivery.flush(), notes);
  return report;
}

/**
 * Returns a note when the state cannot be used: the run then does what it can without it, and its log line reports the
 * problem.
 */
function noteState({ call }: RunOptions, stateFolder: string): string[] {
  const problem = call.isTrial ? null : findStateProblem(stateFolder);
  return problem === null ? [] : [describeFolder(stateFolder, problem)];
}

/** In bytes. The engine writes no alert of more than 64 KiB. */
const largestAlert = 2 ** 20;

function readAlert(file: string): Alert | KnownError {
  try {
    if (statSync(file).size > largestAlert) throw new KnownError(`${file} is larger than any alert (1 MB)`);
    return parseAlert(readText(file), file);
  } catch (error) {
    if (error instanceof KnownError) return error;
    return new KnownError(`${file} cannot be read (${codeOf(error)})`);
  }
}

async function processAlert(run: RunState): Promise<RunReport> {
  if (run.alert.isOurMessage) return toReport(run, '', 'nothing to do: an event of this project');
  const settings = readSettings(run);
  const [first, ...others] = findSightings(run.alert, toFields(settings));
  if (!first) return toReport(run, '', 'nothing to do: the alert has no looked-up field');
  try {
    return await processSightings([first, ...others], settings, run);
  } catch (error) {
    // A defect must not lose a match; when the defect also prevents this event, the caller reports it.
    return deliverError(describeDefect(error), toSource(run.alert, first), run);
  }
}

/** Those of the table, and those of the site. */
function toFields(settings: IntegrationSettings | KnownError): readonly EventField[] {
  if (settings instanceof KnownError || settings.customFields.length === 0) return allFields;
  return [...allFields, ...toCustomFields(settings.customFields)];
}

async function processSightings(
  sightings: Sightings,
  settings: IntegrationSettings | KnownError,
  run: RunState,
): Promise<RunReport> {
  const { alert, options, stateFolder, notes } = run;
  const { isTrial, debug } = options.call;
  if (settings instanceof KnownError)
    return deliverError(settings.message, toSource(alert, sightings[0]), run);
  if (alert.isSelftest) return deliverCanary(toSource(alert, sightings[0]), run);
  const candidates = await findCandidates(sightings, run);
  const [nearest] = candidates;
  if (!nearest) return toReport(run, sightings[0].text, 'nothing to do: the value can be in no list');
  const told = openSuppression(stateFolder, isTrial ? null : settings.suppress, options.now);
  const key = `${alert.agent.id} ${nearest.value}`;
  if (told.isTold(key)) return toReport(run, nearest.value, suppressed);
  if (debug) notes.push(describe(candidates));
  const result = await lookUp(candidates, {
    ...options,
    settings,
    stateFolder,
    isTrial,
    isListMatch: alert.isListMatch,
    notes,
  });
  // A result "not confirmed" suppresses no later context: the object may be created shortly after.
  const resultKey = result.outcome === 'not confirmed' ? `${key} not confirmed` : key;
  if (told.isTold(resultKey)) return toReport(run, nearest.value, suppressed);
  const report = await deliverResult(result, nearest, run);
  const isAnswer = result.outcome === 'found' || result.outcome === 'not confirmed';
  if (isAnswer && report.isTold) told.markTold(resultKey);
  return report;
}

const suppressed = 'suppressed: reported before (integration.suppress)';

function readSettings({ options }: RunState): IntegrationSettings | KnownError {
  try {
    return loadSettings({ ...options, ...options.call });
  } catch (error) {
    if (error instanceof KnownError) return error;
    throw error;
  }
}

/**
 * The nearest first. What no list has takes modules that a match with a list does not need. An event has several fields
 * that are looked up, such as both ends of a connection: where a list or a network has the value of one, the others are not
 * asked for.
 */
async function findCandidates(
  sightings: Sightings,
  { home, notes }: RunState,
): Promise<readonly Candidate[]> {
  const lookup = createLookup(home);
  const listed = findListed(sightings, lookup);
  if (listed.length > 0) return listed.sort(compareCandidates);
  const { deriveCandidates } = await import('./derive.ts');
  const { candidates, skipped } = deriveCandidates(sightings, lookup);
  const matched = candidates.filter(({ listId }) => listId !== null).map(({ sighting }) => sighting);
  if (matched.length > 0)
    return candidates.filter(({ sighting }) => matched.includes(sighting)).sort(compareCandidates);
  if (skipped.length > 0) notes.push([...new Set(skipped)].join(', '));
  return [...candidates].sort(compareCandidates);
}

function describe(candidates: readonly Candidate[]): string {
  const texts = candidates.map(({ value, listId }) =>
    listId === null ? value : `${value} (listed as ${listId})`,
  );
  return `asked for ${texts.join(', ')}`;
}

/**
 * Sends the result of the lookup. For a value that is in no list and unknown to OpenCTI there is no event.
 * @param nearest the candidate for the event when nothing was found.
 */
function deliverResult(result: LookUp, nearest: Candidate, run: RunState): Promise<RunReport> | RunReport {
  const { alert } = run;
  switch (result.outcome) {
    case 'found': {
      const { best, otherIds } = result;
      const others = otherIds.length > 0 ? { other_ids: otherIds } : {};
      const source = { ...toCandidateSource(alert, best.candidate), ...others };
      return deliver(run, { outcome: `found ${best.id}`, content: toContext(best), source });
    }
    case 'not confirmed': {
      run.notes.push(result.reason);
      const isListed = alert.isListMatch || nearest.listId !== null;
      if (!isListed) return toReport(run, nearest.value, 'no event: not confirmed, and in no list');
      const content = { event: 'not_confirmed', reason: result.reason } as const;
      return deliver(run, { outcome: 'not confirmed', content, source: toUnmatchedSource(alert, nearest) });
    }
    case 'failed':
      return deliverError(result.error, toUnmatchedSource(alert, nearest), run);
    case 'not asked':
      return countForLater(result.error, nearest, run);
  }
}

/** Counts the match; the next event reports the number. */
function countForLater(error: string, nearest: Candidate, run: RunState): RunReport {
  const problem = countSkipped(run.stateFolder);
  if (problem !== null) noteFolder('this match is counted nowhere', run.stateFolder, problem, run.notes);
  return toReport(run, nearest.value, `not asked: ${error}`);
}

function deliverError(error: string, source: Source, run: RunState): Promise<RunReport> {
  return deliver(run, { outcome: `failed: ${error}`, content: { error }, source });
}

/**
 * Sends the event for a value of the selftest, which no OpenCTI has: the selftest only tests the way to the integration
 * and back.
 */
function deliverCanary(source: Source, run: RunState): Promise<RunReport> {
  const content = { id: canaryId, value: source.value };
  return deliver(run, { outcome: 'a canary of the selftest', content, source: { ...source, canary: true } });
}

/** Returns a source without `matched_by`: nothing matched, or it is not known how. */
function toUnmatchedSource(alert: Alert, { kind, sighting, listId }: Candidate): Source {
  // The id of a network comes from the map beside the lists.
  const { list } = sighting.field;
  const isInList = list !== null && listId !== null && !kind.endsWith('-network');
  return toSource(alert, sighting, isInList ? { list } : {});
}

function toCandidateSource(alert: Alert, candidate: Candidate): Source {
  return { ...toUnmatchedSource(alert, candidate), matched_by: candidate.matchedBy };
}

interface Told {
  readonly outcome: string;
  readonly content: Content;
  readonly source: Source;
}

async function deliver(run: RunState, { outcome, content, source }: Told): Promise<RunReport> {
  const { alert, notes, stateFolder, options } = run;
  const skipped = options.call.isTrial ? nothingSkipped : claimSkipped(stateFolder);
  let isTold = false;
  try {
    const contents = withSkipped(content, source, skipped.count);
    const messages = contents.map((each) => toMessage(alert, each, source));
    const { how, why, fromSpool } = await run.delivery.deliver(messages);
    isTold = how === 'sent' || how === 'spooled';
    noteFlushed(fromSpool, notes);
    if (why !== null) notes.push(why);
    return { ...toReport(run, source.value, `${outcome}, ${how}`), isFailure: how === 'lost', isTold };
  } finally {
    if (isTold) skipped.settle();
    else skipped.giveBack();
  }
}

function noteFlushed(fromSpool: number, notes: string[]): void {
  if (fromSpool > 0) notes.push(`${fromSpool} from the spool sent before`);
}

/**
 * Adds the matches that got no context, which are reported once: with the next error, or after the next other event.
 */
function withSkipped(content: Content, { alert_id }: Source, skipped: number): Content[] {
  if (skipped === 0) return [content];
  if ('error' in content) return [{ ...content, not_enriched: skipped }];
  const matches = skipped === 1 ? '1 match' : `${skipped} matches`;
  const error = `${unreachable}: it did not answer for a while; ${matches} before alert ${alert_id} got no context`;
  return [content, { error, not_enriched: skipped }];
}

function toMessage(alert: Alert, content: Content, source: Source): string {
  const header = formatQueueMessage(alert.agent, '');
  return header + renderEvent(content, source, longestMessage - Buffer.byteLength(header));
}

export function toReport(
  { home, notes }: Pick<RunState, 'home' | 'notes'>,
  value: string,
  outcome: string,
): RunReport {
  return { home, value, outcome, notes, isFailure: false, isTold: false };
}
