import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { tryState } from './folder.ts';

export interface Bounds {
  readonly files: number;
  readonly bytes: number;
  /** Milliseconds since a file was written. */
  readonly age: number;
}

interface Entry {
  readonly file: string;
  readonly size: number;
  readonly written: number;
}

/** Takes away what is too old, then the oldest until the rest is within the bounds. @returns how many were. */
export function prune(folder: string, bounds: Bounds, now: number): number {
  const entries = listEntries(folder).sort((a, b) => b.written - a.written);
  let bytes = 0;
  const surplus = entries.filter(({ size, written }, index) => {
    bytes += size;
    return index >= bounds.files || bytes > bounds.bytes || now - written > bounds.age;
  });
  for (const { file } of surplus) tryState(() => rmSync(file, { force: true }));
  return surplus.length;
}

function listEntries(folder: string): Entry[] {
  const names = tryState(() => readdirSync(folder)) ?? [];
  return names.flatMap((name) => {
    const file = join(folder, name);
    const stat = tryState(() => statSync(file));
    return stat?.isFile() ? [{ file, size: stat.size, written: stat.mtimeMs }] : [];
  });
}
