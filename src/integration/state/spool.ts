import { readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { toUniqueName, tryState, writeState } from './folder.ts';
import { prune } from './prune.ts';

/** Messages that the engine's queue did not take; older ones would tell an analyst about yesterday. */
const bounds = { files: 500, bytes: 10_000_000, age: 86_400_000 };
/** One run sends at most so many, so that a long list never holds the queue of integratord. */
const mostAtOnce = 100;
/** A run that ended in the middle leaves its claim; after a minute another run takes it over. */
const claimAge = 60_000;

const waiting = '.message';
const claimed = '.sending';

export interface Flush {
  readonly sent: number;
  /** Why the rest stays, or null: nothing is left of what this run took. */
  readonly problem: string | null;
}

/** Keeps a message for the next run. @throws the system's error when it cannot. */
export function spoolMessage(stateFolder: string, message: string, now: number): void {
  const folder = toFolder(stateFolder);
  writeState(join(folder, `${toUniqueName()}${waiting}`), message);
  prune(folder, bounds, now);
}

/** Sends what earlier runs could not, oldest first. A message is claimed by its name, so that it is sent once. */
export function flushSpool(
  stateFolder: string,
  now: number,
  send: (message: string) => string | null,
): Flush {
  const folder = toFolder(stateFolder);
  const names = tryState(() => readdirSync(folder)) ?? [];
  for (const name of names.filter((each) => each.endsWith(claimed))) release(join(folder, name), now);
  let sent = 0;
  for (const name of names
    .filter((each) => each.endsWith(waiting))
    .sort(byTime)
    .slice(0, mostAtOnce)) {
    const file = join(folder, name);
    if (isTooOld(file, now)) {
      tryState(() => rmSync(file, { force: true }));
      continue;
    }
    const problem = sendClaimed(file, send);
    if (problem !== null) return { sent, problem };
    sent += 1;
  }
  return { sent, problem: null };
}

function sendClaimed(file: string, send: (message: string) => string | null): string | null {
  const claim = file.slice(0, -waiting.length) + claimed;
  const message = tryState(() => {
    renameSync(file, claim);
    return readFileSync(claim, 'utf8');
  });
  // Another run was faster.
  if (message === null) return null;
  const problem = send(message);
  if (problem === null) tryState(() => rmSync(claim, { force: true }));
  else tryState(() => renameSync(claim, file));
  return problem;
}

function release(claim: string, now: number): void {
  tryState(() => {
    if (now - statSync(claim).ctimeMs > claimAge) {
      renameSync(claim, claim.slice(0, -claimed.length) + waiting);
    }
  });
}

const isTooOld = (file: string, now: number) =>
  now - (tryState(() => statSync(file).mtimeMs) ?? now) > bounds.age;

/** The names begin with the time in milliseconds, which has 13 digits until the year 2286. */
const byTime = (a: string, b: string) => Number(a > b) - Number(a < b);

const toFolder = (stateFolder: string) => join(stateFolder, 'spool');
