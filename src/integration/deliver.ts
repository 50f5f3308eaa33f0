import { appendFileSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../errors.ts';
import { toExcerpt } from '../text.ts';
import { longestMessage, openQueue, type Sent } from '../wazuh/engine/queue.ts';
import { prune, toUniqueName, tryState, writeState } from './state.ts';

export interface Delivered {
  readonly how: 'sent' | 'printed' | 'spooled' | 'lost';
  /** Why the engine did not take the messages; null: it did. */
  readonly why: string | null;
  /** The number of messages of earlier runs that were sent before. */
  readonly fromSpool: number;
}

/** Delivers messages; the queue is opened for the first one. */
export interface Delivery {
  deliver(messages: readonly string[]): Promise<Delivered>;
  /**
   * Sends the messages that earlier runs had to keep, for a run without a message of its own; at most once a run.
   * @returns how many of them were sent.
   */
  flush(): Promise<number>;
}

/**
 * Returns a delivery to the engine's queue, messages of earlier runs first; messages that the queue does not take are
 * kept for the next run.
 */
export function createDelivery(home: string, stateFolder: string, now: number): Delivery {
  let isFlushed = false;
  async function openFlushed() {
    const queue = openQueue(home);
    const fromSpool = isFlushed ? 0 : flushSpool(stateFolder, now, queue.send);
    isFlushed = true;
    return { queue, fromSpool };
  }
  return {
    async deliver(messages) {
      const { queue, fromSpool } = await openFlushed();
      let why: string | null = null;
      for (const message of messages) {
        why = why ?? (await queue.sendPatiently(message));
        if (why === null) continue;
        const problem = keep(message);
        if (problem !== null) return { how: 'lost', why: `${why}; ${problem}`, fromSpool };
      }
      return { how: why === null ? 'sent' : 'spooled', why, fromSpool };
    },
    async flush() {
      // Opening the queue loads a library, so the queue is not opened for an empty spool.
      if (isFlushed || !hasSpooled(stateFolder, now)) return 0;
      return (await openFlushed()).fromSpool;
    },
  };

  function keep(message: string): string | null {
    try {
      spoolMessage(stateFolder, message, now);
      return null;
    } catch (error) {
      return `and ${stateFolder}/spool cannot be written (${codeOf(error)})`;
    }
  }
}

/** Returns a delivery that prints the messages instead of sending them. */
export function createPrinter(): Delivery {
  return {
    async deliver(messages) {
      for (const message of messages) process.stdout.write(`${message}\n`);
      return { how: 'printed', why: null, fromSpool: 0 };
    },
    flush: async () => 0,
  };
}

/**
 * The bounds of the spool of messages that the engine's queue did not take; older messages would be about the day
 * before.
 */
const bounds = { files: 500, bytes: 10_000_000, age: 86_400_000 };
/** A run sends at most so many messages, so that many kept messages never block the queue of integratord. */
const mostAtOnce = 100;
/** A run that was interrupted leaves its claim; after a minute another run takes it over. */
const claimAge = 60_000;

const waiting = '.message';
const claimed = '.sending';

/** Keeps a message for the next run. @throws the system's error when it cannot. */
export function spoolMessage(stateFolder: string, message: string, now: number): void {
  const folder = toFolder(stateFolder);
  writeState(join(folder, `${toUniqueName()}${waiting}`), message);
  prune(folder, bounds, now);
}

/** Returns whether there is a message of an earlier run. */
function hasSpooled(stateFolder: string, now: number): boolean {
  return listWaiting(toFolder(stateFolder), now).length > 0;
}

/**
 * Sends the messages that earlier runs could not send, oldest first. A message is claimed by renaming its file, so that
 * it is sent once. A message that no engine would take is removed: otherwise all messages after it would wait until it
 * is a day old.
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

/** Claims a message. Returns nothing when the message is too old or too long, or another run was faster. */
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

export interface LogLine {
  /** The observed value, or empty. */
  readonly value: string;
  readonly outcome: string;
  readonly ms: number;
  /** Further notes, as sentences. */
  readonly notes: readonly string[];
}

/** `2026-11-24T03:04:35.112Z custom-opencti value="sazoya.com" outcome="found, sent" ms=132`. */
export function formatLogLine({ value, outcome, ms, notes }: LogLine, now: Date): string {
  const parts = [
    now.toISOString(),
    'custom-opencti',
    `value=${quote(value)}`,
    `outcome=${quote(outcome)}`,
    `ms=${Math.round(ms)}`,
    ...(notes.length > 0 ? [`note=${JSON.stringify(notes.map((note) => toExcerpt(note)).join('; '))}`] : []),
  ];
  return `${parts.join(' ')}\n`;
}

/**
 * Quotes a text. Event fields and answers are foreign texts: they are shown in one line and without control characters.
 * Each note has its own limit.
 */
function quote(text: string): string {
  return JSON.stringify(toExcerpt(text));
}

/**
 * Appends a line to the project's log, in one write, since several runs may write at a time; when it cannot, it writes
 * to stderr.
 */
export function writeLog(home: string, line: string): void {
  try {
    appendFileSync(join(home, 'logs/opencti-wazuh.log'), line, { mode: 0o660 });
  } catch {
    process.stderr.write(line);
  }
}

/**
 * Returns the description of an unexpected error for a report by a person. The error's own message is left out, since
 * it may quote any text.
 */
export function describeDefect(error: unknown): string {
  const name = error instanceof Error ? error.name : typeof error;
  return `a defect of custom-opencti: ${name}${error instanceof Error ? placeOf(error) : ''}; please report it`;
}

/** Returns the place of an error in the code, such as ` at custom-opencti.cjs:3221:45`. */
function placeOf({ stack = '' }: Error): string {
  const place = /^\s+at .*?([^/(\s]+:\d+:\d+)\)?$/m.exec(stack)?.[1];
  return place === undefined ? '' : ` at ${place}`;
}
