import { lstatSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

/** What is the tool's own, and changes with each run. */
const own = /^(?:var\/opencti-wazuh(?:\/|$)|logs$|logs\/opencti-wazuh\.log$)/;

/** Each file and folder of a manager with all that a write or a rename would change, to the nanosecond. */
export function fingerprint(home: string): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (folder: string) => {
    for (const name of readdirSync(folder).sort()) {
      const path = join(folder, name);
      const place = relative(home, path);
      if (own.test(place) || place === 'var') continue;
      const { ino, mtimeNs, ctimeNs, mode, uid, gid, size } = lstatSync(path, { bigint: true });
      found[place] = [ino, mtimeNs, ctimeNs, mode, uid, gid, size].join(' ');
      if (lstatSync(path).isDirectory()) visit(path);
    }
  };
  visit(home);
  return found;
}
