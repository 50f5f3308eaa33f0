import { readFileSync } from 'node:fs';
import { KnownError } from '../errors.ts';
import { formatQueueMessage, longestMessage } from '../wazuh/queue/message.ts';
import { type Alert, parseAlert } from './alert.ts';
import type { Call } from './arguments.ts';
import { type Candidate, compareCandidates } from './candidate.ts';
import { createDelivery, createPrinter, type Delivery } from './delivery.ts';
import { type Content, type Source, toSource } from './event.ts';
import { renderEvent } from './fit.ts';
import { createLookup, findListed } from './list-lookup.ts';
import { findHome, loadSettings } from './load-settings.ts';
import { type LookUp, lookUp, unreachable } from './look-up.ts';
import type { IntegrationSettings } from './settings.ts';
import { toContext } from './shape.ts';
import { findSightings, type Sighting } from './sighting.ts';
import { countSkipped, takeSkipped } from './state/breaker.ts';
import { toStateFolder } from './state/folder.ts';
import { openSuppression } from './state/suppression.ts';

export interface RunOptions {
  readonly call: Call;
  /** The folder of the bundle. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly now: number;
}

/** What a run came to: for the log line and the exit status. */
export interface RunReport {
  readonly home: string;
  readonly value: string;
  readonly outcome: string;
  readonly notes: readonly string[];
  /** The fact of a match was lost, or the alert could not be read. */
  readonly isFailure: boolean;
}

/** What the steps of one run share. */
interface RunState {
  readonly alert: Alert;
  readonly home: string;
  readonly stateFolder: string;
  readonly delivery: Delivery;
  readonly options: RunOptions;
  readonly notes: string[];
}

/** One alert: what it carries, what OpenCTI knows of it, and the event that says so. */
export async function runIntegration(options: RunOptions): Promise<RunReport> {
  const { call, now } = options;
  const home = findHome(options);
  const notes = call.apiKey === null ? [] : [visibleKey];
  const ended = (outcome: string) => ({ home, value: '', outcome, notes, isFailure: false });
  const alert = readAlert(call.alertFile);
  if (alert instanceof KnownError) return { ...ended(alert.message), isFailure: true };
  if (alert.isOurMessage) return ended('nothing to do: an event of this project');
  const sightings = findSightings(alert);
  const [first] = sightings;
  if (!first) return ended('nothing to do: the alert has no looked-up field');
  const stateFolder = toStateFolder(home);
  const delivery = call.isTrial ? createPrinter() : createDelivery(home, stateFolder, now);
  return processSightings([first, ...sightings.slice(1)], {
    alert,
    home,
    stateFolder,
    delivery,
    options,
    notes,
  });
}

const visibleKey =
  'the API key is an argument, which every local user can read: take <api_key> out of the integration block, "opencti-wazuh install" keeps the token in a file';

function readAlert(file: string): Alert | KnownError {
  try {
    return parseAlert(readFileSync(file, 'utf8'), file);
  } catch (error) {
    if (error instanceof KnownError) return error;
    return new KnownError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

type Sightings = readonly [Sighting, ...Sighting[]];

async function processSightings(sightings: Sightings, run: RunState): Promise<RunReport> {
  const { alert, options, stateFolder, notes } = run;
  const settings = readSettings(run);
  if (settings instanceof KnownError) {
    const { message } = settings;
    const source = toSource(alert, sightings[0]);
    return deliver(run, { outcome: `failed: ${message}`, content: { error: message }, source });
  }
  const candidates = await findCandidates(sightings, run);
  const [nearest] = candidates;
  if (!nearest) return toReport(run, sightings[0].text, 'nothing to do: the value can be in no list');
  const told = openSuppression(stateFolder, options.call.isTrial ? null : settings.suppress, options.now);
  const key = `${alert.agent.id} ${nearest.value}`;
  if (told.isTold(key)) return toReport(run, nearest.value, 'suppressed: told before (integration.suppress)');
  if (options.call.debug) notes.push(describe(candidates));
  const result = await lookUp(candidates, {
    ...options,
    settings,
    stateFolder,
    isTrial: options.call.isTrial,
  });
  if (result.outcome === 'found' || result.outcome === 'not confirmed') told.markTold(key);
  return tell(result, nearest, run);
}

function readSettings({ options }: RunState): IntegrationSettings | KnownError {
  try {
    return loadSettings({ ...options, ...options.call });
  } catch (error) {
    if (error instanceof KnownError) return error;
    throw error;
  }
}

/** The nearest first. Addresses and names that no list has take modules that a match with a list does not need. */
async function findCandidates(
  sightings: Sightings,
  { home, notes }: RunState,
): Promise<readonly Candidate[]> {
  const lookup = createLookup(home);
  const listed = findListed(sightings, lookup);
  if (listed.length > 0) return listed.sort(compareCandidates);
  const { deriveCandidates } = await import('./derive.ts');
  const { candidates, skipped } = deriveCandidates(sightings, lookup);
  if (skipped.length > 0) notes.push([...new Set(skipped)].join(', '));
  return [...candidates].sort(compareCandidates);
}

function describe(candidates: readonly Candidate[]): string {
  const texts = candidates.map(({ value, listId }) =>
    listId === null ? value : `${value} (listed as ${listId})`,
  );
  return `asked for ${texts.join(', ')}`;
}

/** Says what the look-up found; of a value that no list has, and OpenCTI does not know, there is nothing to say. */
async function tell(result: LookUp, nearest: Candidate, run: RunState): Promise<RunReport> {
  const { alert, stateFolder } = run;
  const source = toCandidateSource(alert, nearest);
  switch (result.outcome) {
    case 'found': {
      const { best, otherIds } = result;
      const others = otherIds.length > 0 ? { other_ids: otherIds } : {};
      const found = { ...toCandidateSource(alert, best.candidate), ...others };
      return deliver(run, { outcome: `found ${best.id}`, content: toContext(best), source: found });
    }
    case 'not confirmed':
      if (!alert.isListMatch && nearest.listId === null)
        return toReport(run, nearest.value, 'not known to OpenCTI');
      return deliver(run, {
        outcome: 'not confirmed',
        content: { event: 'not_confirmed', reason: result.reason },
        source: withoutMatch(source),
      });
    case 'failed':
      return deliver(run, {
        outcome: `failed: ${result.error}`,
        content: { error: result.error },
        source: withoutMatch(source),
      });
    case 'not asked':
      countSkipped(stateFolder);
      return toReport(run, nearest.value, `not asked: ${result.error}`);
  }
}

function toCandidateSource(alert: Alert, { sighting, listId, matchedBy }: Candidate): Source {
  return toSource(alert, sighting, {
    ...(listId !== null && { list: sighting.field.list }),
    matched_by: matchedBy,
  });
}

/** Nothing matched, or nobody knows by what. */
function withoutMatch({ matched_by, ...source }: Source): Source {
  return source;
}

interface Told {
  readonly outcome: string;
  readonly content: Content;
  readonly source: Source;
}

async function deliver(run: RunState, { outcome, content, source }: Told): Promise<RunReport> {
  const { alert, delivery, notes } = run;
  const events = withSkipped(content, source, run);
  const delivered = await delivery.deliver(events.map((event) => toMessage(alert, event, source)));
  if (delivered.how === 'sent' && delivered.fromSpool > 0)
    notes.push(`${delivered.fromSpool} from the spool sent before`);
  if (delivered.how !== 'sent') notes.push(delivered.why);
  return {
    ...toReport(run, source.value, `${outcome}, ${delivered.how}`),
    isFailure: delivered.how === 'lost',
  };
}

/** The matches that got no context are told once: with the next error, or when OpenCTI answers again. */
function withSkipped(content: Content, { alert_id }: Source, { options, stateFolder }: RunState): Content[] {
  const skipped = options.call.isTrial ? 0 : takeSkipped(stateFolder);
  if (skipped === 0) return [content];
  if ('error' in content) return [{ ...content, not_enriched: skipped }];
  const matches = skipped === 1 ? '1 match' : `${skipped} matches`;
  const error = `${unreachable}: it answers again; ${matches} before alert ${alert_id} got no context`;
  return [content, { error, not_enriched: skipped }];
}

function toMessage(alert: Alert, content: Content, source: Source): string {
  const header = formatQueueMessage(alert.agent, '');
  const json = renderEvent(content, source, longestMessage - Buffer.byteLength(header));
  return header + json;
}

function toReport({ home, notes }: RunState, value: string, outcome: string): RunReport {
  return { home, value, outcome, notes, isFailure: false };
}
