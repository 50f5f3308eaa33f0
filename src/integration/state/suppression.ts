import { mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { toFileName } from './file-name.ts';
import { tryState } from './folder.ts';
import { prune } from './prune.ts';

const bounds = { files: 2_000, bytes: 1_000_000 };

/**
 * Whether this key made an event within the last so many milliseconds. If not, the time begins now, for one of
 * several runs that ask at once: the others see it as told.
 */
export function isSuppressed(stateFolder: string, key: string, period: number | null, now: number): boolean {
  if (period === null) return false;
  const file = join(stateFolder, 'told', toFileName(key));
  return tryState(() => isFresh(file, period, now)) ?? begin(file, period, now);
}

function isFresh(file: string, period: number, now: number): boolean {
  const age = now - statSync(file).mtimeMs;
  if (age >= 0 && age < period) return true;
  utimesSync(file, now / 1000, now / 1000);
  return false;
}

function begin(file: string, period: number, now: number): boolean {
  tryState(() => mkdirSync(dirname(file), { recursive: true, mode: 0o700 }));
  prune(dirname(file), { ...bounds, age: period }, now);
  try {
    writeFileSync(file, '', { flag: 'wx', mode: 0o600 });
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST';
  }
}
