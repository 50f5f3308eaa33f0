import { toRuleField } from '../wazuh/fields.ts';
import type { Applied } from '../wazuh/manager/apply.ts';
import type { Prepared } from './prepare.ts';
import { keptRuns, type RefreshState, type RunRecord } from './state.ts';
import type { Step } from './steps.ts';

/** A message has no use for more, and a state file no room. */
const longestReason = 2_000;

/** @param applied null: nothing had changed, and the engine was left alone. */
export function afterSuccess(
  before: RefreshState,
  { fetched, plan }: Prepared,
  applied: Applied | null,
  started: Date,
): RefreshState {
  const run = toRun(applied === null ? 'unchanged' : 'changed', started);
  const { url, platform, selection } = fetched;
  const confirmed = {
    at: run.finished,
    url,
    opencti: platform.version,
    // A platform that does not tell its id this time is still held against the one that did.
    platformId: platform.platformId ?? before.confirmed?.platformId ?? null,
    values: selection.values.length,
    skipped: selection.skipped,
    lists: Object.fromEntries(plan.lists.map(({ name, entries }) => [name, entries])),
    listValues: Object.fromEntries(plan.lists.map(({ name, values }) => [name, values])),
    gateRules: plan.gates.rules,
    gatePrefix: plan.gates.prefix,
    gatesCut: plan.gates.cutFields.map((key) => toRuleField(key)),
  };
  const state = { ...withRun(before, run), confirmed };
  if (applied === null) return state;
  const restartNeededSince = applied.how === 'restart-needed' ? run.finished : null;
  return { ...state, appliedAt: run.finished, restartNeededSince };
}

export function afterHoldingBack(before: RefreshState, started: Date): RefreshState {
  return withRun(before, toRun('held-back', started));
}

export function afterFailure(before: RefreshState, step: Step, error: unknown, started: Date): RefreshState {
  return withRun(before, { ...toRun('failed', started), step, reason: toReason(error) });
}

export function toReason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, longestReason);
}

function toRun(outcome: RunRecord['outcome'], started: Date): RunRecord {
  return { started, finished: new Date(), outcome, step: null, reason: null };
}

function withRun(state: RefreshState, run: RunRecord): RefreshState {
  return { ...state, runs: [run, ...state.runs].slice(0, keptRuns) };
}
