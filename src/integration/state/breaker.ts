import { appendFileSync, mkdirSync, renameSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject } from '../json.ts';
import { problemOf, readState, toUniqueName, tryState, writeState } from './folder.ts';

/**
 * An OpenCTI that does not answer is not asked again for so long: each try would hold every other integration of
 * the manager for the whole time-out, since integratord runs one script at a time.
 */
const openFor = 60_000;

interface Opened {
  readonly until: number;
  readonly reason: string;
}

function isOpened(value: unknown): value is Opened {
  return isJsonObject(value) && typeof value.until === 'number' && typeof value.reason === 'string';
}

/** Why OpenCTI is not to be asked at this time, or null. */
export function readBreaker(folder: string, now: number): Opened | null {
  const opened = readState(toFile(folder), isOpened);
  // A clock that was set back must not keep it open for longer.
  return opened && now < opened.until && opened.until - now <= openFor ? opened : null;
}

/**
 * @param now when the failure was found, not when the run began: a time-out may lie between.
 * @returns why it could not be opened, or null.
 */
export function openBreaker(folder: string, reason: string, now: number): string | null {
  return problemOf(() =>
    writeState(toFile(folder), JSON.stringify({ until: now + openFor, reason } satisfies Opened)),
  );
}

export function closeBreaker(folder: string): void {
  tryState(() => unlinkSync(toFile(folder)));
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

/** Such matches, which an event is about to tell. */
export interface Skipped {
  readonly count: number;
  /** They are told, once. */
  settle(): void;
  /** They are not: the next event tells them. */
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
