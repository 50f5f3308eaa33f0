import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CheckLine } from '../../src/commands/check/site.ts';
import { isRoot, setOwner, wazuhId } from '../fake-manager/home.ts';
import { type InstalledManager, startDaemon, startInstalledManager } from '../fake-manager/installed.ts';
import { cliPath, waitFor } from '../support/cli.ts';

/** What `check` says of the environment of the daemons. */
async function look({ home, etc }: InstalledManager, user: object = {}): Promise<CheckLine | undefined> {
  const child = spawn(process.execPath, [cliPath, 'check', '--json', '--etc', etc], {
    env: { PATH: process.env.PATH, WAZUH_HOME: home },
    ...user,
  });
  const { stdout } = await waitFor(child);
  return (JSON.parse(stdout) as CheckLine[]).find(({ subject }) => subject === 'environment');
}

test('a manager that install restarted has nothing of the shell that ran it', async () => {
  const manager = await startInstalledManager();
  expect(Object.keys(manager.environment)).toContain('PATH');
  expect(JSON.stringify(manager.environment)).not.toMatch(/OPENCTI|WAZUH_HOME/);
  expect(await look(manager)).toEqual({
    state: 'ok',
    subject: 'environment',
    text: 'no daemon was started with a variable of this tool',
    next: null,
  });
});

test('variables of ours in a running daemon are named, never with their values', async () => {
  const manager = await startInstalledManager();
  const { home } = manager;
  const env = { PATH: '/usr/bin:/bin', OPENCTI_URL: 'https://cti.example', WAZUH_HOME: home };
  const stop = startDaemon(home, 'wazuh-logcollector', { env });
  expect(await look(manager)).toEqual({
    state: 'warning',
    subject: 'environment',
    text: 'OPENCTI_URL: in the environment of wazuh-logcollector, and of each script that they start',
    next: `restart the manager without: env -u OPENCTI_URL ${home}/bin/wazuh-control restart`,
  });
  stop();
  const secret = { ...env, OPENCTI_TOKEN: 'a-secret', WAZUH_HOME: '/srv/another' };
  startDaemon(home, 'wazuh-logcollector', { env: secret });
  const line = await look(manager);
  expect(line?.state).toBe('problem');
  expect(line?.text).toMatch(/^OPENCTI_TOKEN, OPENCTI_URL, WAZUH_HOME: in the environment of /);
  expect(JSON.stringify(line)).not.toContain('a-secret');
});

test.runIf(isRoot)('who may not look says so', async () => {
  const manager = await startInstalledManager();
  const { home } = manager;
  // The real daemons have changed their user, and are closed to it from then on; here they belong to another one.
  for (const name of ['wazuh-analysisd', 'wazuh-integratord']) startDaemon(home, name, {});
  const config = join(home, 'etc/opencti-wazuh.yml');
  writeFileSync(config, `wazuh: { user: ${wazuhId} }\nopencti: { url: 'http://127.0.0.1:9', token: x }\n`);
  setOwner(config, 'root', 0o640);
  const daemons = await look(manager, { uid: wazuhId, gid: wazuhId });
  expect(daemons).toEqual({
    state: 'not-looked',
    subject: 'environment',
    text: 'the environment of wazuh-analysisd, wazuh-integratord is closed to this user',
    next: 'run opencti-wazuh check as root',
  });
});
