import { OpenCtiError, type OpenCtiFailure } from '../opencti/errors.ts';
import { keepAnswer, readKept, toKey } from './answer-cache.ts';
import { askOpenCti, type ShapeMemory } from './ask.ts';
import type { Candidate } from './candidate.ts';
import { chooseBest } from './choose.ts';
import { type Confirmed, confirmAnswer, type DeadIndicator } from './confirm.ts';
import { toConnection } from './connection.ts';
import type { IntegrationSettings } from './settings.ts';
import { noteAnswer, noteFailure, readBreaker } from './state/breaker.ts';
import { openCache } from './state/cache.ts';
import { noteFolder } from './state/folder.ts';
import { recallShape, rememberShape } from './state/shape-memory.ts';

/** What OpenCTI says of the candidates. */
export type LookUp =
  | { readonly outcome: 'found'; readonly best: Confirmed; readonly otherIds: readonly string[] }
  | { readonly outcome: 'not confirmed'; readonly reason: string }
  | { readonly outcome: 'failed'; readonly error: string }
  /** OpenCTI did not answer a moment ago, and was not asked. */
  | { readonly outcome: 'not asked'; readonly error: string };

export interface LookUpOptions {
  readonly settings: IntegrationSettings;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stateFolder: string;
  readonly now: number;
  /** A trial asks always, and leaves nothing behind. */
  readonly isTrial: boolean;
  /** For the log line; grows. */
  readonly notes: string[];
}

/** The documented text, which dashboards look for; more follows it. */
export const unreachable = 'Connection Error to OpenCTI API';

/** Failures of the way to OpenCTI. */
const wayFailures: ReadonlySet<OpenCtiFailure> = new Set([
  'network',
  'unknown-host',
  'timeout',
  'tls',
  'proxy-refusal',
  'busy',
  'asked-to-wait',
]);

/** Those after which the next runs do not try, whatever they would ask: it asks not to be asked, or cannot be found. */
const commonFailures: ReadonlySet<OpenCtiFailure> = new Set(['unknown-host', 'asked-to-wait']);

/** Those after which it is not tried for the same value, and for none after those of several: each can hold a run for long. */
const holdingFailures: ReadonlySet<OpenCtiFailure> = new Set(['network', 'timeout', ...commonFailures]);

/** What took this part of the time-out, of whatever kind, holds the next runs as a time-out would. */
const longPart = 0.5;

/** Looks the candidates up, in the cache or with one request. @param candidates the nearest first, at least one. */
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
    const answer = await ask(candidates, options);
    if (!isTrial) noteAnswer(stateFolder, value, now);
    keepAnswer(cache, key, answer);
    return answer;
  } catch (error) {
    return toFailed(error, value, (process.uptime() - asked) * 1000, options);
  }
}

/** What stands for all candidates of a match: the nearest. */
const toValue = ([nearest]: readonly Candidate[]) => `${nearest?.kind} ${nearest?.value}`;

async function ask(candidates: readonly Candidate[], options: LookUpOptions): Promise<LookUp> {
  const connection = toConnection(options.settings, options.environment);
  const data = await askOpenCti(connection, candidates, openShapeMemory(options));
  const { grace, indicators, trust } = options.settings;
  const rules = { now: options.now, grace, indicators, trust };
  const { confirmed, dead } = await confirmAnswer(data, candidates, rules);
  const choice = chooseBest(confirmed);
  if (choice) return { outcome: 'found', ...choice };
  return { outcome: 'not confirmed', reason: explain(dead) };
}

function openShapeMemory({ stateFolder, isTrial }: LookUpOptions): ShapeMemory {
  return {
    recall: (url) => recallShape(stateFolder, url),
    remember(url, shape) {
      if (!isTrial) rememberShape(stateFolder, url, shape);
    },
  };
}

function explain([first]: readonly DeadIndicator[]): string {
  if (first === undefined) return 'no object of OpenCTI that the token may see has the value';
  const rest =
    first.survivor === null ? '' : `, and no other one is alive; observable ${first.survivor} is left`;
  return `indicator ${first.id} ${first.why}${rest}`;
}

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
