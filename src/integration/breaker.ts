import { appendFileSync, mkdirSync, renameSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject } from './json.ts';
import { problemOf, readState, toFileName, toUniqueName, tryState, writeState } from './state.ts';

/**
 * Milliseconds for which an OpenCTI that does not answer is not asked again: each try would delay every other
 * integration of the manager for the whole timeout, since integratord runs one script at a time.
 */
const openFor = 60_000;

/**
 * A single value may be slow by itself, such as a name with a hundred thousand relations: only so many values are taken
 * as a fault of the platform.
 */
const valuesThatOpen = 2;
const mostKept = 8;

/** A lookup that failed in a way that would delay the next runs. */
interface Failure {
  /** The value that was asked for, by its short name; null: the failure would be the same for every value. */
  readonly value: string | null;
  readonly until: number;
  readonly reason: string;
  /** Another value was answered since, so only this value has the fault. */
  readonly isOwn: boolean;
}

function isState(value: unknown): value is { readonly failures: readonly Failure[] } {
  return isJsonObject(value) && Array.isArray(value.failures) && value.failures.every(isFailure);
}

function isFailure(value: unknown): value is Failure {
  return (
    isJsonObject(value) &&
    (value.value === null || typeof value.value === 'string') &&
    typeof value.until === 'number' &&
    typeof value.reason === 'string' &&
    typeof value.isOwn === 'boolean'
  );
}

/** Returns why OpenCTI is not to be asked for a value at this time, or null. */
export function readBreaker(folder: string, value: string, now: number): Failure | null {
  const failures = readFailures(folder, now);
  const name = toFileName(value);
  const own = failures.find((failure) => failure.value === null || failure.value === name);
  if (own !== undefined) return own;
  const shared = failures.filter(({ isOwn }) => !isOwn);
  return shared.length >= valuesThatOpen ? (shared.at(-1) ?? null) : null;
}

/**
 * Returns the failures that are still in force, at most one for each value. A clock that was set back must not keep a
 * failure for longer.
 */
function readFailures(folder: string, now: number): readonly Failure[] {
  const failures = readState(toFile(folder), isState)?.failures ?? [];
  return failures.filter(({ until }) => now < until && until - now <= openFor);
}

/**
 * Notes a failure for the next runs.
 * @param value null: the failure does not depend on the value.
 * @param now when the failure was found, not when the run began: a timeout may be in between.
 * @returns why it could not be noted, or null.
 */
export function noteFailure(
  folder: string,
  { value, reason }: { readonly value: string | null; readonly reason: string },
  now: number,
): string | null {
  const name = value === null ? null : toFileName(value);
  const others = readFailures(folder, now).filter((failure) => failure.value !== name);
  const failure: Failure = { value: name, until: now + openFor, reason, isOwn: false };
  return problemOf(() => writeFailures(folder, [...others, failure].slice(-mostKept)));
}

/** Notes that OpenCTI answered for a value: the values that failed before then have faults of their own. */
export function noteAnswer(folder: string, value: string, now: number): void {
  const name = toFileName(value);
  const failures = readFailures(folder, now);
  const left = failures.filter((failure) => failure.value !== null && failure.value !== name);
  tryState(() => {
    if (left.length === 0) unlinkSync(toFile(folder));
    else if (left.length < failures.length || left.some(({ isOwn }) => !isOwn))
      writeFailures(
        folder,
        left.map((failure) => ({ ...failure, isOwn: true })),
      );
  });
}

function writeFailures(folder: string, failures: readonly Failure[]): void {
  writeState(toFile(folder), JSON.stringify({ failures }));
}

/**
 * Counts a match that got no context and made no event of its own: one byte each, since several runs may write at a
 * time.
 * @returns why it could not be counted, or null.
 */
export function countSkipped(folder: string, matches = 1): string | null {
  return problemOf(() => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    appendFileSync(toCounter(folder), '.'.repeat(matches), { mode: 0o600 });
  });
}

/** The matches without context that an event is about to report. */
export interface Skipped {
  readonly count: number;
  /** Is called when an event has reported them. */
  settle(): void;
  /** Is called when the event was lost: the next event reports them. */
  giveBack(): void;
}

export const nothingSkipped: Skipped = { count: 0, settle() {}, giveBack() {} };

/** Returns the matches since the last call, for this run only. */
export function claimSkipped(folder: string): Skipped {
  const claimed = join(folder, `.${toUniqueName()}.skipped`);
  const count = tryState(() => {
    renameSync(toCounter(folder), claimed);
    return statSync(claimed).size;
  });
  if (count === null) return nothingSkipped;
  const settle = () => void tryState(() => unlinkSync(claimed));
  return {
    count,
    settle,
    giveBack() {
      if (countSkipped(folder, count) === null) settle();
    },
  };
}

const toFile = (folder: string) => join(folder, 'unreachable.json');
const toCounter = (folder: string) => join(folder, 'unreachable.skipped');
