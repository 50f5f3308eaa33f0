import { chmodSync, chownSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CheckLine } from '../../src/commands/check/site.ts';
import { isRoot, wazuhId } from '../fake-manager/home.ts';
import { type InstalledManager, startDaemon, startInstalledManager } from '../fake-manager/installed.ts';
import { runCli } from '../support/cli.ts';
import { makeFolder } from '../support/folder.ts';

const furtherGroup = 42_999;

async function findFaults({ home, etc }: InstalledManager, path = ''): Promise<CheckLine[]> {
  const PATH = `${path}:${process.env.PATH}`;
  const { stdout } = await runCli(['check', '--json', '--etc', etc], { WAZUH_HOME: home, PATH });
  return (JSON.parse(stdout) as CheckLine[]).filter(({ state }) => state !== 'ok');
}

/** What `id` says of the manager's user, as if the machine had that user in these groups. */
function putGroups(...groups: readonly number[]): string {
  const folder = makeFolder();
  const text = `#!/bin/sh\n[ "$*" = "-G -- wazuh" ] && echo "${groups.join(' ')}"\n`;
  writeFileSync(join(folder, 'id'), text, { mode: 0o755 });
  return folder;
}

test.runIf(isRoot)('a token for a further group of the manager is one that cron can read', async () => {
  const manager = await startInstalledManager();
  chownSync(join(manager.home, 'etc/opencti-token'), 0, furtherGroup);
  expect(await findFaults(manager, putGroups(wazuhId, furtherGroup))).toEqual([]);
  const without = await findFaults(manager, putGroups(wazuhId));
  expect(without.map(({ subject, text }) => `${subject} ${text}`)).toEqual([
    expect.stringMatching(/^token \S+opencti-token cannot be read by the manager's user: its mode is 640$/),
    expect.stringMatching(/^schedule \S+ cannot run the tool as wazuh: .*opencti-token/),
  ]);
});

test.runIf(isRoot)('a daemon has no further group, whatever its user is in', async () => {
  const manager = await startInstalledManager();
  const settings = join(manager.home, 'integrations/custom-opencti.json');
  chownSync(settings, 0, furtherGroup);
  const faults = await findFaults(manager, putGroups(wazuhId, furtherGroup));
  expect(faults.map(({ subject, text }) => `${subject} ${text}`)).toContain(
    "script integrations/custom-opencti.json cannot be read by the manager's user: its mode is 640",
  );
});

/** As a site has it whose manager runs as root. */
function giveAllToRoot({ home }: InstalledManager): void {
  for (const path of ['.', ...readdirSync(home, { recursive: true, encoding: 'utf8' })])
    chownSync(join(home, path), 0, 0);
}

test.runIf(isRoot)('of a manager that runs as root, what root owns is as it should be', async () => {
  const manager = await startInstalledManager();
  const { home, etc } = manager;
  for (const name of readdirSync(join(home, 'var/run')).filter((each) => each.endsWith('.pid')))
    rmSync(join(home, 'var/run', name));
  giveAllToRoot(manager);
  for (const name of ['wazuh-analysisd', 'wazuh-integratord']) startDaemon(home, name, {});
  expect((await manager.run('install', '--etc', etc)).code).toBe(0);
  expect(readFileSync(join(etc, 'cron.d/opencti-wazuh'), 'utf8')).toMatch(/^\d+ \* \* \* \* root \//m);
  expect(await findFaults(manager)).toEqual([]);
  chmodSync(join(home, 'integrations/custom-opencti'), 0o770);
  expect((await findFaults(manager)).map(({ text, next }) => [text, next])).toEqual([
    [
      'integrations/custom-opencti can be written by others than root (mode 770)',
      `chown root:root ${home}/integrations/custom-opencti; chmod 750 ${home}/integrations/custom-opencti`,
    ],
  ]);
});
