import { join } from 'node:path';
import { isJsonObject } from '../json.ts';
import { toFileName } from './file-name.ts';
import { readState, tryState, writeState } from './folder.ts';
import { prune } from './prune.ts';

/** Nothing found is asked again soon: the object may just be on its way. Milliseconds. */
const negativeLife = 60_000;
const bounds = { files: 500, bytes: 20_000_000 };
/** Looking through the folder costs more than writing one file: only every so often. */
const pruneEvery = 50;

interface Entry {
  readonly key: string;
  readonly written: number;
  readonly answer: unknown;
}

function isEntry(value: unknown): value is Entry {
  return isJsonObject(value) && typeof value['key'] === 'string' && typeof value['written'] === 'number' && 'answer' in value;
}

export interface Cache {
  /** Undefined: not known, or too old. */
  read(key: string): unknown;
  write(key: string, answer: unknown): void;
}

/** @param life milliseconds that an answer may be used again; null: no cache. An answer of null lives shorter. */
export function openCache(stateFolder: string, life: number | null, now: number): Cache {
  const folder = join(stateFolder, 'cache');
  const toFile = (key: string) => join(folder, toFileName(key));
  return {
    read(key) {
      if (life === null) return undefined;
      const entry = readState(toFile(key), isEntry);
      if (entry?.key !== key) return undefined;
      const age = now - entry.written;
      const mostAge = entry.answer === null ? Math.min(life, negativeLife) : life;
      return age >= 0 && age < mostAge ? entry.answer : undefined;
    },
    write(key, answer) {
      if (life === null) return;
      tryState(() => writeState(toFile(key), JSON.stringify({ key, written: now, answer } satisfies Entry)));
      if (now % pruneEvery === 0) prune(folder, { ...bounds, age: life }, now);
    },
  };
}
