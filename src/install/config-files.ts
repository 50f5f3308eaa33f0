import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { renderTemplate } from '../wazuh/render.ts';
import type { Change } from './change.ts';
import { readEntry } from './entry.ts';
import type { Machine } from './place.ts';
import { findVersionWithoutReload } from './schedule.ts';

export function toConfigPath({ home }: Pick<Machine, 'home'>): string {
  return join(home, 'etc/opencti-wazuh.yml');
}

export function toTokenPath({ home }: Pick<Machine, 'home'>): string {
  return join(home, 'etc/opencti-token');
}

/**
 * The configuration, with comments, where there is none yet, and the token in a file of its own: cron has no
 * environment, and an argument or a log would show it.
 */
export function toConfigChanges(machine: Machine, { opencti }: Config): Change[] {
  const { home, readable } = machine;
  const [path, tokenPath] = [toConfigPath(machine), toTokenPath(machine)];
  const { url, token, caFile } = opencti;
  if (readEntry(machine, path).kind !== 'absent') return [];
  const hasToken = readEntry(machine, tokenPath).kind !== 'absent';
  const tokenFile = hasToken || token !== null ? tokenPath : null;
  const text = renderTemplate('opencti-wazuh.yml', {
    home,
    url,
    tokenFile,
    caFile,
    versionWithoutReload: findVersionWithoutReload(home),
  });
  const file = (at: string, content: string, why: string): Change => {
    return { path: at, to: { kind: 'file', bytes: Buffer.from(content), mode: 0o640, owner: readable }, why };
  };
  return [
    ...(hasToken || token === null
      ? []
      : [file(tokenPath, `${token}\n`, 'the API token of the environment')]),
    file(path, text, 'the configuration'),
  ];
}
