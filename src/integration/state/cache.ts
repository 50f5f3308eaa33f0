import { join } from 'node:path';
import { isJsonObject } from '../json.ts';
import { toFileName } from './file-name.ts';
import { readState, tryState, writeState } from './folder.ts';
import { prune } from './prune.ts';

const bounds = { files: 500, bytes: 20_000_000 };
/** A larger answer is asked for again: a few of them would fill the folder before anybody looks through it. */
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
      if (now % pruneEvery === 0) prune(folder, { ...bounds, age: longestLife }, now);
    },
  };
}
