import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventFields } from '../fields.ts';

export interface DeletedLists {
  readonly copies: number;
  readonly bytes: number;
}

/** `7f..-7f.. r--s 00000000 08:01 1234   /var/ossec/etc/lists/opencti-fim-md5.cdb (deleted)`. */
const mapping = /^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ (\S+ \d+) +(\/.*)\.cdb \(deleted\)$/;

/**
 * Databases of ours that the engine has replaced and still holds: each hot reload leaves one a list, with its
 * memory and its place on the disk, until the engine is restarted (Wazuh 4.14.7).
 * @returns null: it cannot be told, since the engine does not run or this user may not look at it.
 */
export function findDeletedLists(home: string): DeletedLists | null {
  const seen = new Map<string, number>();
  let hasLooked = false;
  for (const id of findEngines(home)) {
    const maps = readMaps(id);
    if (maps === null) continue;
    hasLooked = true;
    for (const line of maps.split('\n')) {
      const [, from = '', to = '', file = '', path = ''] = mapping.exec(line) ?? [];
      if (!eventFields.some(({ list }) => path.endsWith(`/etc/lists/${list}`))) continue;
      const bytes = Number.parseInt(to, 16) - Number.parseInt(from, 16);
      seen.set(file, Math.max(seen.get(file) ?? 0, bytes));
    }
  }
  if (!hasLooked) return null;
  return { copies: seen.size, bytes: [...seen.values()].reduce((sum, bytes) => sum + bytes, 0) };
}

/** The engine writes its process id into the name of a file. */
function findEngines(home: string): string[] {
  try {
    return readdirSync(join(home, 'var/run'))
      .map((name) => /^wazuh-analysisd-(\d{1,10})\.pid$/.exec(name)?.[1])
      .filter((id) => id !== undefined);
  } catch {
    return [];
  }
}

function readMaps(id: string): string | null {
  try {
    return readFileSync(`/proc/${id}/maps`, 'utf8');
  } catch {
    return null;
  }
}
