import * as v from 'valibot';
import type { Plan } from '../../compile/plan.ts';
import { messageOf } from '../../errors.ts';
import { type HeldFolder, type Owner, readHeldText } from '../../files/held.ts';
import { replaceText } from '../../files/write.ts';
import type { Fetched } from '../../sync/fetch-selection.ts';
import type { Applied } from '../../wazuh/engine/ask.ts';
import { isRestartedSince } from '../../wazuh/engine/programs.ts';
import { toRuleField } from '../../wazuh/fields.ts';
import { holdState } from '../../wazuh/home.ts';

/** The steps of a refresh, in their order; an alert names the one at which a run failed. */
export const steps = [
  'config',
  'lock',
  'recover',
  'manager',
  'read',
  'compile',
  'compare',
  'guards',
  'stage',
  'publish',
  'judge',
  'reload',
  'prove',
  'record',
] as const;

export type Step = (typeof steps)[number];

/** Tracks the current step of a run. */
export interface StepTracker {
  readonly current: Step;
  step<T>(step: Step, work: () => T | Promise<T>): Promise<T>;
}

export function createStepTracker(onStep: (step: Step) => void): StepTracker {
  let current: Step = steps[0];
  return {
    get current() {
      return current;
    },
    async step(step, work) {
      current = step;
      onStep(step);
      return await work();
    },
  };
}

const fileName = 'refresh.json';
const mostBytes = 1 << 20;
/** More runs would add nothing new. */
const keptRuns = 10;

/** Text of the state is cleaned, since a terminal shows it and `wazuh` can write it. */
const text = v.pipe(
  v.string(),
  v.maxLength(10_000),
  v.transform((value) => value.replace(/(?!\n)\p{Cc}/gu, ' ')),
);
const time = v.pipe(
  v.string(),
  v.check((value) => !Number.isNaN(Date.parse(value))),
  v.transform((value) => new Date(value)),
);
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** A state of the first version may have this step. */
const retiredStep = 'read-back';

const runSchema = v.object({
  started: time,
  finished: time,
  outcome: v.picklist(['changed', 'unchanged', 'held-back', 'failed']),
  /** The step at which a run failed. */
  step: v.nullable(v.picklist([...steps, retiredStep])),
  reason: v.nullable(text),
});

/** The last time that the lists had the data of OpenCTI. */
const confirmedSchema = v.object({
  at: time,
  url: text,
  opencti: text,
  platformId: v.nullable(text),
  values: count,
  skipped: v.record(text, count),
  /** Lines of each list. */
  lists: v.record(text, count),
  /** Values of each list; the first version had a line for each. */
  listValues: v.optional(v.record(text, count)),
  gateRules: count,
  /** Hex digits of a hash that the gates compare. */
  gatePrefix: v.optional(v.nullable(count), null),
  /** Fields without gates since they did not fit, as rules name them. */
  gatesCut: v.optional(v.array(text), []),
});

const stateSchema = v.object({
  /** The newest first. */
  runs: v.pipe(v.array(runSchema), v.maxLength(keptRuns)),
  confirmed: v.nullable(confirmedSchema),
  /** When the engine last loaded a set, by a reload or a restart. */
  appliedAt: v.nullable(time),
  /** When it was last asked to, whatever the result was. */
  askedAt: v.optional(v.nullable(time), null),
  /** The time of the installation, before the first refresh. */
  installedAt: v.optional(v.nullable(time), null),
  /** Since when an engine without hot reload needs a restart. */
  restartNeededSince: v.nullable(time),
});

/**
 * Returns whether the engine has loaded the set that was published last. An engine without hot reload loads it when it
 * starts.
 */
export function isLoaded(
  { confirmed, restartNeededSince }: Pick<RefreshState, 'confirmed' | 'restartNeededSince'>,
  home: string,
): boolean {
  if (confirmed === null) return false;
  return restartNeededSince === null || isRestartedSince(home, restartNeededSince);
}

export type RunRecord = v.InferOutput<typeof runSchema>;
/** The data that earlier runs have left for the next run and for `status`. */
export type RefreshState = v.InferOutput<typeof stateSchema>;

const emptyState: RefreshState = {
  runs: [],
  confirmed: null,
  appliedAt: null,
  askedAt: null,
  installedAt: null,
  restartNeededSince: null,
};

/**
 * Returns the state. A state that cannot be read counts as empty: it is only for guards and for people, and the next
 * run writes it again.
 * @param folder null: no run has created one yet.
 */
export function readState(folder: HeldFolder | null): RefreshState {
  const written = folder && readHeldText(folder, fileName, mostBytes);
  const result = v.safeParse(v.pipe(v.string(), v.parseJson(), stateSchema), written);
  return result.success ? result.output : emptyState;
}

/** Returns the state of the manager at a home; null: no run has created the folder yet. @throws KnownError */
export function readStateOf(home: string): RefreshState | null {
  const folder = holdState(home);
  if (folder === null) return null;
  try {
    return readState(folder);
  } finally {
    folder.close();
  }
}

/** Writes the state of a manager. @returns it. */
export function saveState(
  { state: folder, owner }: { readonly state: HeldFolder; readonly owner: Owner },
  state: RefreshState,
): RefreshState {
  writeState(folder, state, owner);
  return state;
}

export function writeState(folder: HeldFolder, state: RefreshState, owner: Owner): void {
  replaceText(folder, fileName, `${JSON.stringify(state, null, 2)}\n`, owner);
}

/** The most characters of a reason: more would help neither a message nor the state file. */
const longestReason = 2_000;

/** The data of a successful run. */
export interface Published {
  readonly fetched: Fetched;
  readonly plan: Plan;
}

/**
 * Returns the state after a successful run. @param applied null: nothing had changed, and the engine was not reloaded.
 */
export function afterSuccess(
  before: RefreshState,
  { fetched, plan }: Published,
  applied: Applied | null,
  started: Date,
): RefreshState {
  const run = toRun(applied === null ? 'unchanged' : 'changed', started);
  const { url, platform, selection } = fetched;
  const confirmed = {
    at: run.finished,
    url,
    opencti: platform.version,
    // A platform that does not send its id this time is still compared with the last known id.
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

/** Returns why a run failed, for its state and its alert. */
export function toReason(error: unknown): string {
  return messageOf(error).slice(0, longestReason);
}

function toRun(outcome: RunRecord['outcome'], started: Date): RunRecord {
  return { started, finished: new Date(), outcome, step: null, reason: null };
}

function withRun(state: RefreshState, run: RunRecord): RefreshState {
  return { ...state, runs: [run, ...state.runs].slice(0, keptRuns) };
}

export interface Freshness {
  /** `waiting`: there was no refresh since the installation, and the time is still too short for a fault. */
  readonly state: 'fresh' | 'waiting' | 'stale';
  /** One line, without the state before it. */
  readonly reason: string;
}

/** The most milliseconds in the future: otherwise a clock that was set back would keep old lists fresh. */
const mostAhead = 3_600_000;

/** Two runs of an hourly schedule. */
const firstRunWithin = 2 * 3_600_000;

/** Judges whether the lists have the data that OpenCTI had at most `maxAge` milliseconds ago. */
export function judgeFreshness(state: RefreshState, maxAge: number, now: Date): Freshness {
  const { confirmed, runs } = state;
  const failure = runs[0]?.outcome === 'failed' ? `; the last refresh failed at step ${runs[0].step}` : '';
  if (confirmed === null) {
    if (isNewInstallation(state, maxAge, now))
      return { state: 'waiting', reason: `not refreshed yet: ${firstStep}${failure}` };
    return { state: 'stale', reason: `the lists were never confirmed against OpenCTI${failure}` };
  }
  const age = now.getTime() - confirmed.at.getTime();
  const when = `${confirmed.at.toISOString()} (${formatAge(age)})`;
  if (age < -mostAhead)
    return {
      state: 'stale',
      reason: `the lists were confirmed in the future, ${when}: look at the clock${failure}`,
    };
  const limit = age > maxAge ? `, longer than guards.max_age ${formatSpan(maxAge)}` : '';
  const reason = `the lists were last confirmed ${when}${limit}${failure}`;
  return { state: age > maxAge ? 'stale' : 'fresh', reason };
}

/** The step that fills the lists after an installation. */
export const firstStep = 'run opencti-wazuh refresh, or wait for the schedule';

function isNewInstallation({ installedAt }: RefreshState, maxAge: number, now: Date): boolean {
  if (installedAt === null) return false;
  const age = now.getTime() - installedAt.getTime();
  return age > -mostAhead && age < Math.min(firstRunWithin, maxAge);
}

export function formatAge(milliseconds: number): string {
  return milliseconds < 0 ? `in ${formatSpan(-milliseconds)}` : `${formatSpan(milliseconds)} ago`;
}

/** Returns a time in the largest unit of which it has at least two, rounded down: `95 min`, `26 h`, `3 d`. */
function formatSpan(milliseconds: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
  ] as const;
  for (const [unit, length] of units)
    if (milliseconds >= 2 * length) return `${Math.floor(milliseconds / length)} ${unit}`;
  return `${Math.floor(milliseconds / 1_000)} s`;
}
