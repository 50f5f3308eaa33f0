import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The engine makes a file with its process id when it starts. False also when there is none. */
export function isRestartedSince(home: string, time: Date): boolean {
  const folder = join(home, 'var/run');
  try {
    return readdirSync(folder)
      .filter((name) => /^wazuh-analysisd-\d+\.pid$/.test(name))
      .some((name) => statSync(join(folder, name)).mtime > time);
  } catch {
    return false;
  }
}
