import { appendFileSync, renameSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject } from '../json.ts';
import { readState, toUniqueName, tryState, writeState } from './folder.ts';

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

export function openBreaker(folder: string, reason: string, now: number): void {
  tryState(() =>
    writeState(toFile(folder), JSON.stringify({ until: now + openFor, reason } satisfies Opened)),
  );
}

export function closeBreaker(folder: string): void {
  tryState(() => unlinkSync(toFile(folder)));
}

/** Notes a match that got no context and made no event of its own: a byte each, since several runs may write. */
export function countSkipped(folder: string): void {
  tryState(() => appendFileSync(toCounter(folder), '.', { mode: 0o600 }));
}

/** How many such matches there were since the last call; each is told once. */
export function takeSkipped(folder: string): number {
  const taken = join(folder, `.${toUniqueName()}.skipped`);
  const count = tryState(() => {
    renameSync(toCounter(folder), taken);
    return statSync(taken).size;
  });
  if (count !== null) tryState(() => unlinkSync(taken));
  return count ?? 0;
}

const toFile = (folder: string) => join(folder, 'unreachable.json');
const toCounter = (folder: string) => join(folder, 'unreachable.skipped');
