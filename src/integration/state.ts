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

/** Where the integration keeps what the next run needs. Only the user `wazuh` reads and writes it. */
export function toStateFolder(home: string): string {
  return join(home, 'var/opencti-wazuh/run');
}

const { W_OK, X_OK } = constants;

/**
 * Why nothing can be kept for the next run: no answer of a moment ago, no event that could not be sent, no memory of an
 * OpenCTI that is away. Null: all can.
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

/** A name that no other run uses, so that runs at the same time never share a temporary file. */
export function toUniqueName(): string {
  written += 1;
  return `${Date.now()}-${process.pid}-${written}`;
}

/**
 * Writes a whole file or nothing: readers see the old or the new text. Without a sync, since a lost file of this
 * folder is no harm.
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

/** The JSON of a state file; null: there is none, or another version wrote it. */
export function readState<T>(file: string, isValid: (value: unknown) => value is T): T | null {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isValid(value) ? value : null;
  } catch {
    return null;
  }
}

/** State makes the next run better; a run never fails for it. */
export function tryState<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}

/** As `tryState`, for what a person has to know. @returns null, or the system's name of the error. */
export function problemOf(work: () => void): string | null {
  try {
    work();
    return null;
  } catch (error) {
    return codeOf(error) ?? String(error);
  }
}

/** What follows from a folder that cannot be written; why it cannot is said once. */
export function noteFolder(effect: string, folder: string, problem: string, notes: string[]): void {
  const why = describeFolder(folder, problem);
  notes.push(notes.includes(why) ? effect : `${effect}: ${why}`);
}

export function describeFolder(folder: string, problem: string): string {
  return `${folder} cannot be written (${problem}); it must belong to the user of integratord, mode 0700`;
}

/**
 * A short file name for any text (FNV-1a, twice with other starts). Two texts with the same name differ by
 * what the file holds; `node:crypto` would cost 4 ms of start-up.
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

/** Takes away what is too old, then the oldest until the rest is within the bounds. @returns how many were. */
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
/** A larger answer is asked for again: a few of them would fill the folder before it is pruned. */
const mostCharacters = 500_000;
/** Looking through the folder costs more than writing one file: only every so often. */
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
  /** Undefined: not known, or too old. */
  read(key: string): unknown;
  write(key: string, answer: unknown, life: number): void;
}

/** @param longestLife also of what was written under another setting; null: no cache. */
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

/** Remembers what made an event a short time ago: one value on one agent. */
export interface Suppression {
  isTold(key: string): boolean;
  markTold(key: string): void;
}

/** @param period milliseconds in which one event is enough for all with its key; null: each match makes its own. */
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

/** The shape that the platform's schema had at the last run; of one not seen before, that of today's releases. */
export function recallShape(folder: string, url: string): Shape {
  const remembered = readState(join(folder, 'platform.json'), isRemembered);
  return remembered?.url === url ? remembered.shape : 'lists';
}

export function rememberShape(folder: string, url: string, shape: Shape): void {
  tryState(() =>
    writeState(join(folder, 'platform.json'), JSON.stringify({ url, shape } satisfies Remembered)),
  );
}
