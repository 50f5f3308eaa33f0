import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setOwner } from '../../fake-manager/home.ts';

const folders = ['lists', 'rules', 'decoders'] as const;

/** A list that only the first version used. */
export const retiredList = 'opencti-linux-hashes';

/** Replaces our files by those that the first version had written, and declares its lists. */
export function putFirstVersion(home: string): void {
  for (const folder of folders) {
    const path = join(home, 'etc', folder);
    for (const name of readdirSync(path).filter((file) => /opencti/.test(file))) rmSync(join(path, name));
    for (const name of readdirSync(join(import.meta.dirname, folder))) {
      cpSync(join(import.meta.dirname, folder, name), join(path, name));
      setOwner(join(path, name), 'wazuh', 0o660);
    }
  }
  const state = join(home, 'var/opencti-wazuh');
  rmSync(state, { recursive: true, force: true });
  for (const path of [state, join(state, 'state')]) {
    mkdirSync(path);
    setOwner(path, 'wazuh', 0o750);
  }
  cpSync(join(import.meta.dirname, 'refresh.json'), join(state, 'state/refresh.json'));
  setOwner(join(state, 'state/refresh.json'), 'wazuh', 0o640);
  declare(home);
}

function declare(home: string): void {
  const file = join(home, 'etc/ossec.conf');
  const line = `    <list>etc/lists/${retiredList}</list>\n`;
  const text = readFileSync(file, 'utf8');
  if (!text.includes(line))
    writeFileSync(file, text.replace('    <list>etc/lists/opencti-', `${line}    <list>etc/lists/opencti-`));
}
