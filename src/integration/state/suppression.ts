import { mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { toFileName } from './file-name.ts';
import { tryState } from './folder.ts';
import { prune } from './prune.ts';

const bounds = { files: 2_000, bytes: 1_000_000 };

/** Remembers what made an event a short time ago: one value on one agent. */
export interface Suppression {
  isTold(key: string): boolean;
  markTold(key: string): void;
}

/** @param period milliseconds that one event stands for all with its key; null: each makes its own. */
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
      prune(dirname(file), { ...bounds, age: period }, now);
      tryState(() => writeFileSync(file, '', { mode: 0o600 }));
      tryState(() => utimesSync(file, now / 1000, now / 1000));
    },
  };
}
