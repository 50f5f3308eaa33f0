import { readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Sent } from '../../wazuh/queue/datagrams.ts';
import { longestMessage } from '../../wazuh/queue/message.ts';
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

/** Keeps a message for the next run. @throws the system's error when it cannot. */
export function spoolMessage(stateFolder: string, message: string, now: number): void {
  const folder = toFolder(stateFolder);
  writeState(join(folder, `${toUniqueName()}${waiting}`), message);
  prune(folder, bounds, now);
}

/** Is there a message of an earlier run? */
export function hasSpooled(stateFolder: string, now: number): boolean {
  return listWaiting(toFolder(stateFolder), now).length > 0;
}

/**
 * Sends what earlier runs could not, oldest first. A message is claimed by its name, so that it is sent once. One that no
 * engine would take is taken away: all behind it would wait for its day to be over.
 * @returns how many were sent.
 */
export function flushSpool(
  stateFolder: string,
  now: number,
  send: (messages: readonly string[]) => Sent,
): number {
  const folder = toFolder(stateFolder);
  const names = listWaiting(folder, now).sort(byTime).slice(0, mostAtOnce);
  const claims = names.flatMap((name) => claim(join(folder, name), now));
  if (claims.length === 0) return 0;
  const { sent } = send(claims.map(({ message }) => message));
  for (const [index, { file, claimedFile }] of claims.entries()) {
    if (index < sent) tryState(() => rmSync(claimedFile, { force: true }));
    else tryState(() => renameSync(claimedFile, file));
  }
  return sent;
}

function listWaiting(folder: string, now: number): string[] {
  const names = tryState(() => readdirSync(folder)) ?? [];
  for (const name of names.filter((each) => each.endsWith(claimed))) release(join(folder, name), now);
  return names.filter((name) => name.endsWith(waiting));
}

interface Claim {
  readonly file: string;
  readonly claimedFile: string;
  readonly message: string;
}

/** None: it is too old or too long, or another run was faster. */
function claim(file: string, now: number): Claim[] {
  if (isTooOld(file, now) || isTooLong(file)) {
    tryState(() => rmSync(file, { force: true }));
    return [];
  }
  const claimedFile = file.slice(0, -waiting.length) + claimed;
  const message = tryState(() => {
    renameSync(file, claimedFile);
    return readFileSync(claimedFile, 'utf8');
  });
  return message === null ? [] : [{ file, claimedFile, message }];
}

function release(claimedFile: string, now: number): void {
  tryState(() => {
    if (now - statSync(claimedFile).ctimeMs > claimAge) {
      renameSync(claimedFile, claimedFile.slice(0, -claimed.length) + waiting);
    }
  });
}

const isTooLong = (file: string) => (tryState(() => statSync(file).size) ?? 0) > longestMessage;

const isTooOld = (file: string, now: number) =>
  now - (tryState(() => statSync(file).mtimeMs) ?? now) > bounds.age;

/** The names begin with the time in milliseconds, which has 13 digits until the year 2286. */
const byTime = (a: string, b: string) => Number(a > b) - Number(a < b);

const toFolder = (stateFolder: string) => join(stateFolder, 'spool');
