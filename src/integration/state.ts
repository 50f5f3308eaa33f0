import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { codeOf } from '../errors.ts';
import type { Shape } from '../opencti/platform.ts';
import { isJsonObject } from './json.ts';

/**
 * Returns the folder of the data that the integration keeps for the next run. Only the user `wazuh` reads and writes
 * it.
 */
export function toStateFolder(home: string): string {
  return join(home, 'var/opencti-wazuh/run');
}

const { W_OK, X_OK } = constants;

/**
 * Returns why nothing can be kept for the next run: no recent answer, no event that could not be sent, no note that
 * OpenCTI is unreachable. Null: everything can be kept.
 */
export function findStateProblem(folder: string): string | null {
  return problemOf(() => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of ['', 'cache', 'spool', 'told']) {
      const path = join(folder, name);
      if (name === '' || existsSync(path)) accessSync(path, W_OK | X_OK);
    }
  });
}

let written = 0;

/** Returns a name that no other run uses, so that runs at the same time never share a temporary file. */
export function toUniqueName(): string {
  written += 1;
  return `${Date.now()}-${process.pid}-${written}`;
}

/**
 * Writes a whole file or nothing: readers see the old or the new text. It does not sync, since the loss of a file of
 * this folder does no harm.
 * @throws the system's error
 */
export function writeState(file: string, text: string): void {
  const temporary = join(dirname(file), `.${toUniqueName()}.new`);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(temporary, text, { flag: 'wx', mode: 0o600 });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Returns the JSON of a state file; null: there is none, or another version wrote it. */
export function readState<T>(file: string, isValid: (value: unknown) => value is T): T | null {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isValid(value) ? value : null;
  } catch {
    return null;
  }
}

/**
 * Returns the result of the work, or null when it fails. The state only helps the next run; a run never fails because
 * of it.
 */
export function tryState<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}

/**
 * Does the same as `tryState`, for problems that a person has to know. @returns null, or the system's name of the
 * error.
 */
export function problemOf(work: () => void): string | null {
  try {
    work();
    return null;
  } catch (error) {
    return codeOf(error) ?? String(error);
  }
}

/** Notes the effect of a folder that cannot be written; the reason is noted once. */
export function noteFolder(effect: string, folder: string, problem: string, notes: string[]): void {
  const why = describeFolder(folder, problem);
  notes.push(notes.includes(why) ? effect : `${effect}: ${why}`);
}

export function describeFolder(folder: string, problem: string): string {
  return `${folder} cannot be written (${problem}); it must belong to the user of integratord, mode 0700`;
}

/**
 * Returns a short file name for any text (FNV-1a, twice with different start values). Two texts with the same name are
 * distinguished by the content of the file; `node:crypto` would add 4 ms to the start.
 */
export function toFileName(text: string): string {
  return [0x811c9dc5, 0x01000193].map((start) => hash(text, start).toString(16).padStart(8, '0')).join('');
}

function hash(text: string, start: number): number {
  let value = start;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}

export interface Bounds {
  readonly files: number;
  readonly bytes: number;
  /** Milliseconds since a file was written. */
  readonly age: number;
}

interface Kept {
  readonly file: string;
  readonly size: number;
  readonly written: number;
}

/**
 * Removes files that are too old, then the oldest ones until the rest is within the bounds. @returns how many were
 * removed.
 */
export function prune(folder: string, bounds: Bounds, now: number): number {
  const entries = listKept(folder).sort((a, b) => b.written - a.written);
  let bytes = 0;
  const surplus = entries.filter(({ size, written }, index) => {
    bytes += size;
    return index >= bounds.files || bytes > bounds.bytes || now - written > bounds.age;
  });
  for (const { file } of surplus) tryState(() => rmSync(file, { force: true }));
  return surplus.length;
}

function listKept(folder: string): Kept[] {
  const names = tryState(() => readdirSync(folder)) ?? [];
  return names.flatMap((name) => {
    const file = join(folder, name);
    const stat = tryState(() => statSync(file));
    return stat?.isFile() ? [{ file, size: stat.size, written: stat.mtimeMs }] : [];
  });
}

const cacheBounds = { files: 500, bytes: 20_000_000 };
/** A larger answer is not kept: a few of them would fill the folder before it is pruned. */
const mostCharacters = 500_000;
/** Reading the folder costs more than writing one file, so it is pruned only sometimes. */
const pruneEvery = 50;

interface Entry {
  readonly key: string;
  readonly until: number;
  readonly answer: unknown;
}

function isEntry(value: unknown): value is Entry {
  return isJsonObject(value) && typeof value.key === 'string' && typeof value.until === 'number';
}

/** Answers that several runs share; times in milliseconds. */
export interface Cache {
  /** Returns an answer; undefined: there is none, or it is too old. */
  read(key: string): unknown;
  write(key: string, answer: unknown, life: number): void;
}

/**
 * Opens the cache of answers.
 * @param longestLife milliseconds, also for answers that were written with another setting; null: no cache.
 */
export function openCache(stateFolder: string, longestLife: number | null, now: number): Cache {
  if (longestLife === null) return { read: () => undefined, write() {} };
  const folder = join(stateFolder, 'cache');
  const toFile = (key: string) => join(folder, toFileName(key));
  return {
    read(key) {
      const entry = readState(toFile(key), isEntry);
      const isFresh = entry !== null && now < entry.until && entry.until - now <= longestLife;
      return isFresh && entry.key === key ? entry.answer : undefined;
    },
    write(key, answer, life) {
      const until = now + Math.min(life, longestLife);
      const text = JSON.stringify({ key, until, answer } satisfies Entry);
      if (text.length > mostCharacters) return;
      tryState(() => writeState(toFile(key), text));
      if (now % pruneEvery === 0) prune(folder, { ...cacheBounds, age: longestLife }, now);
    },
  };
}

const toldBounds = { files: 2_000, bytes: 1_000_000 };

/** Remembers the values that recently made an event: one value on one agent. */
export interface Suppression {
  isTold(key: string): boolean;
  markTold(key: string): void;
}

/**
 * Opens the memory of events.
 * @param period milliseconds in which one event is sufficient for all matches with its key; null: each match makes an
 * event.
 */
export function openSuppression(stateFolder: string, period: number | null, now: number): Suppression {
  if (period === null) return { isTold: () => false, markTold() {} };
  const toFile = (key: string) => join(stateFolder, 'told', toFileName(key));
  return {
    isTold(key) {
      const age = tryState(() => now - statSync(toFile(key)).mtimeMs);
      return age !== null && age >= 0 && age < period;
    },
    markTold(key) {
      const file = toFile(key);
      tryState(() => mkdirSync(dirname(file), { recursive: true, mode: 0o700 }));
      prune(dirname(file), { ...toldBounds, age: period }, now);
      tryState(() => writeFileSync(file, '', { mode: 0o600 }));
      tryState(() => utimesSync(file, now / 1000, now / 1000));
    },
  };
}

interface Remembered {
  readonly url: string;
  readonly shape: Shape;
}

function isRemembered(value: unknown): value is Remembered {
  return (
    isJsonObject(value) &&
    typeof value.url === 'string' &&
    (value.shape === 'edges' || value.shape === 'lists')
  );
}

/**
 * Returns the shape that the platform's schema had at the last run; for a platform that is not known, the shape of
 * today's releases.
 */
export function recallShape(folder: string, url: string): Shape {
  const remembered = readState(join(folder, 'platform.json'), isRemembered);
  return remembered?.url === url ? remembered.shape : 'lists';
}

export function rememberShape(folder: string, url: string, shape: Shape): void {
  tryState(() =>
    writeState(join(folder, 'platform.json'), JSON.stringify({ url, shape } satisfies Remembered)),
  );
}
