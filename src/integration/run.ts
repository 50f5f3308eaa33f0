import { readFileSync } from 'node:fs';
import { KnownError } from '../errors.ts';
import { type Alert, parseAlert } from './alert.ts';
import { type Candidate, compareCandidates } from './candidate.ts';
import { createDelivery, createPrinter } from './delivery.ts';
import { toSource } from './event.ts';
import { createLookup, findListed } from './list-lookup.ts';
import { findHome, loadSettings } from './load-settings.ts';
import { lookUp } from './look-up.ts';
import { type RunOptions, type RunReport, type RunState, toReport } from './run-state.ts';
import type { IntegrationSettings } from './settings.ts';
import { findSightings, type Sighting } from './sighting.ts';
import { toStateFolder } from './state/folder.ts';
import { openSuppression } from './state/suppression.ts';
import { tell, tellCanary, tellError } from './tell.ts';

type Sightings = readonly [Sighting, ...Sighting[]];

const visibleKey =
  'the API key is an argument, which every local user can read: take <api_key> out of the integration block, ' +
  '"opencti-wazuh install" keeps the token in a file';

/** One alert: what it carries, what OpenCTI knows of it, and the event that says so. */
export async function runIntegration(options: RunOptions): Promise<RunReport> {
  const { call, now } = options;
  const home = findHome(options);
  const notes = call.apiKey === null ? [] : [visibleKey];
  const ended = (outcome: string) => ({ home, value: '', outcome, notes, isFailure: false });
  const alert = readAlert(call.alertFile);
  if (alert instanceof KnownError) return { ...ended(alert.message), isFailure: true };
  if (alert.isOurMessage) return ended('nothing to do: an event of this project');
  const [first, ...others] = findSightings(alert);
  if (!first) return ended('nothing to do: the alert has no looked-up field');
  const stateFolder = toStateFolder(home);
  const delivery = call.isTrial ? createPrinter() : createDelivery(home, stateFolder, now);
  return processSightings([first, ...others], { alert, home, stateFolder, delivery, options, notes });
}

function readAlert(file: string): Alert | KnownError {
  try {
    return parseAlert(readFileSync(file, 'utf8'), file);
  } catch (error) {
    if (error instanceof KnownError) return error;
    return new KnownError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
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
  if (told.isTold(key)) return toReport(run, nearest.value, 'suppressed: told before (integration.suppress)');
  if (debug) notes.push(describe(candidates));
  const result = await lookUp(candidates, { ...options, settings, stateFolder, isTrial });
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
