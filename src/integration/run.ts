import { statSync } from 'node:fs';
import { codeOf, KnownError } from '../errors.ts';
import { readText } from '../read-text.ts';
import { type Alert, parseAlert } from './alert.ts';
import { lookUp } from './ask.ts';
import { type Candidate, compareCandidates } from './candidate.ts';
import { describeDefect } from './defect.ts';
import { createDelivery, createPrinter } from './delivery.ts';
import { toSource } from './event.ts';
import { createLookup, findListed } from './list-lookup.ts';
import { findHome, loadSettings } from './load-settings.ts';
import { type RunOptions, type RunReport, type RunState, toReport } from './run-state.ts';
import type { IntegrationSettings } from './settings.ts';
import { findSightings, type Sighting } from './sighting.ts';
import { describeFolder, findStateProblem, toStateFolder } from './state/folder.ts';
import { openSuppression } from './state/suppression.ts';
import { noteFlushed, tell, tellCanary, tellError } from './tell.ts';

type Sightings = readonly [Sighting, ...Sighting[]];

const visibleKey =
  'the API key is an argument, which every local user can read: take <api_key> out of the integration block, ' +
  '"opencti-wazuh install" keeps the token in a file';

/** One alert: what it carries, what OpenCTI knows of it, and the event that says so. */
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
  // A run that sends nothing of its own takes along what earlier ones had to keep.
  noteFlushed(await delivery.flush(), notes);
  return report;
}

/** Without its memory a run does what it can, and its line says so. */
function noteState({ call }: RunOptions, stateFolder: string): string[] {
  const problem = call.isTrial ? null : findStateProblem(stateFolder);
  return problem === null ? [] : [describeFolder(stateFolder, problem)];
}

async function processAlert(run: RunState): Promise<RunReport> {
  if (run.alert.isOurMessage) return toReport(run, '', 'nothing to do: an event of this project');
  const [first, ...others] = findSightings(run.alert);
  if (!first) return toReport(run, '', 'nothing to do: the alert has no looked-up field');
  try {
    return await processSightings([first, ...others], run);
  } catch (error) {
    // The fact of a match must not be lost for a defect; one that hits this event too is told by the caller.
    return tellError(describeDefect(error), toSource(run.alert, first), run);
  }
}

/** Bytes. The engine writes no alert of more than 64 KiB. */
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

async function processSightings(sightings: Sightings, run: RunState): Promise<RunReport> {
  const { alert, options, stateFolder, notes } = run;
  const { isTrial, debug } = options.call;
  const settings = readSettings(run);
  if (settings instanceof KnownError) return tellError(settings.message, toSource(alert, sightings[0]), run);
  if (alert.isSelftest) return tellCanary(toSource(alert, sightings[0]), run);
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
  // What OpenCTI did not confirm stands for itself alone: the object may come a moment later.
  const resultKey = result.outcome === 'not confirmed' ? `${key} not confirmed` : key;
  if (told.isTold(resultKey)) return toReport(run, nearest.value, suppressed);
  const report = await tell(result, nearest, run);
  const isAnswer = result.outcome === 'found' || result.outcome === 'not confirmed';
  if (isAnswer && report.isTold) told.markTold(resultKey);
  return report;
}

const suppressed = 'suppressed: told before (integration.suppress)';

function readSettings({ options }: RunState): IntegrationSettings | KnownError {
  try {
    return loadSettings({ ...options, ...options.call });
  } catch (error) {
    if (error instanceof KnownError) return error;
    throw error;
  }
}

/** The nearest first. What no list has takes modules that a match with a list does not need. */
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
