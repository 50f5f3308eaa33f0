import * as v from 'valibot';
import { type HeldFolder, type Owner, readHeldText } from '../files/held.ts';
import { replaceText } from '../files/write.ts';
import { isRestartedSince } from '../wazuh/manager/engine-start.ts';
import { steps } from './steps.ts';

const fileName = 'refresh.json';
const mostBytes = 1 << 20;
/** More say nothing new. */
export const keptRuns = 10;

/** A terminal reads this, and `wazuh` can write it. */
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

/** A state of the first version may name it. */
const retiredStep = 'read-back';

const runSchema = v.object({
  started: time,
  finished: time,
  outcome: v.picklist(['changed', 'unchanged', 'held-back', 'failed']),
  /** Of a failed run. */
  step: v.nullable(v.picklist([...steps, retiredStep])),
  reason: v.nullable(text),
});

/** The last time that the lists were what OpenCTI has. */
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
  /** Fields that have no gates for want of room, as rules name them. */
  gatesCut: v.optional(v.array(text), []),
});

const stateSchema = v.object({
  /** The newest first. */
  runs: v.pipe(v.array(runSchema), v.maxLength(keptRuns)),
  confirmed: v.nullable(confirmedSchema),
  /** The engine took a set by a reload or a restart. */
  appliedAt: v.nullable(time),
  /** It was last asked to, whatever came of it. */
  askedAt: v.optional(v.nullable(time), null),
  /** Nothing was refreshed then yet. */
  installedAt: v.optional(v.nullable(time), null),
  /** An engine without hot reload has not been restarted since. */
  restartNeededSince: v.nullable(time),
});

/** Does the engine have the set that was published last? One without hot reload takes it when it starts. */
export function isLoaded(
  { confirmed, restartNeededSince }: Pick<RefreshState, 'confirmed' | 'restartNeededSince'>,
  home: string,
): boolean {
  if (confirmed === null) return false;
  return restartNeededSince === null || isRestartedSince(home, restartNeededSince);
}

export type RunRecord = v.InferOutput<typeof runSchema>;
/** What the runs before have left for the next one and for `status`. */
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
 * What is not readable counts as nothing: it is for guards and for people, and the next run writes it anew.
 * @param folder null: no run has made one yet.
 */
export function readState(folder: HeldFolder | null): RefreshState {
  const written = folder && readHeldText(folder, fileName, mostBytes);
  const result = v.safeParse(v.pipe(v.string(), v.parseJson(), stateSchema), written);
  return result.success ? result.output : emptyState;
}

export function writeState(folder: HeldFolder, state: RefreshState, owner: Owner): void {
  replaceText(folder, fileName, `${JSON.stringify(state, null, 2)}\n`, owner);
}
