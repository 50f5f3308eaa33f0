import { appendFileSync, mkdirSync, renameSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject } from './json.ts';
import { problemOf, readState, toFileName, toUniqueName, tryState, writeState } from './state.ts';

/**
 * An OpenCTI that does not answer is not asked again for so long: each try would hold every other integration of
 * the manager for the whole time-out, since integratord runs one script at a time.
 */
const openFor = 60_000;

/** One value may be slow alone, a name with a hundred thousand relations say: so many of them are the platform's fault. */
const valuesThatOpen = 2;
const mostKept = 8;

/** A look-up that failed in a way that holds the next runs. */
interface Failure {
  /** The value that was asked for, by its short name; null: whatever is asked, it would be the same. */
  readonly value: string | null;
  readonly until: number;
  readonly reason: string;
  /** Another value was answered since: the fault is of this one. */
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

/** Why OpenCTI is not to be asked for a value at this time, or null. */
export function readBreaker(folder: string, value: string, now: number): Failure | null {
  const failures = readFailures(folder, now);
  const name = toFileName(value);
  const own = failures.find((failure) => failure.value === null || failure.value === name);
  if (own !== undefined) return own;
  const shared = failures.filter(({ isOwn }) => !isOwn);
  return shared.length >= valuesThatOpen ? (shared.at(-1) ?? null) : null;
}

/** A value has one at most. A clock that was set back must not keep one for longer. */
function readFailures(folder: string, now: number): readonly Failure[] {
  const failures = readState(toFile(folder), isState)?.failures ?? [];
  return failures.filter(({ until }) => now < until && until - now <= openFor);
}

/**
 * @param value null: the failure has nothing to do with what was asked.
 * @param now when the failure was found, not when the run began: a time-out may lie between.
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

/** OpenCTI answered for a value: what failed before failed by itself. */
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
 * Notes a match that got no context and made no event of its own: a byte each, since several runs may write.
 * @returns why it could not be noted, or null.
 */
export function countSkipped(folder: string, matches = 1): string | null {
  return problemOf(() => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    appendFileSync(toCounter(folder), '.'.repeat(matches), { mode: 0o600 });
  });
}

/** Such matches, which an event is about to report. */
export interface Skipped {
  readonly count: number;
  /** An event has reported them, once. */
  settle(): void;
  /** It has not: the next event reports them. */
  giveBack(): void;
}

export const nothingSkipped: Skipped = { count: 0, settle() {}, giveBack() {} };

/** Those since the last call, for this run alone. */
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
