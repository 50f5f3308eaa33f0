import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Where a manager has its version: a file that the user `wazuh` can read, since 4.12, and the script that
 * `wazuh-control info` comes from, which root alone can (Wazuh 4.2.0 to 4.14.7).
 */
const places = [
  ['VERSION.json', /"version"\s*:\s*"v?(\d+)\.(\d+)([\w.-]*)"/],
  ['bin/wazuh-control', /^VERSION="v?(\d+)\.(\d+)([\w.-]*)"/m],
] as const;

export interface EngineVersion {
  /** `4.12.0`. */
  readonly text: string;
  /** It takes a new ruleset while it runs: 4.13 and later. */
  readonly hasHotReload: boolean;
}

/** Null: it is not known, since the files are not there or this user may not read them. */
export function readVersion(home: string): EngineVersion | null {
  for (const [path, pattern] of places) {
    const [, major, minor, rest = ''] = pattern.exec(tryRead(join(home, path))) ?? [];
    if (major === undefined || minor === undefined) continue;
    const hasHotReload = Number(major) > 4 || (Number(major) === 4 && Number(minor) >= 13);
    return { text: `${major}.${minor}${rest}`, hasHotReload };
  }
  return null;
}

function tryRead(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
