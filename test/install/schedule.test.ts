import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type FakeManager, type FakeManagerOptions, startFakeManager } from '../fake-manager/fake-manager.ts';
import { isRoot, wazuhId } from '../fake-manager/home.ts';
import { demoToken, type OpenCtiServer } from '../platform/server.ts';
import { type CliResult, runCli, waitFor } from '../support/cli.ts';
import { openOpenCti } from '../support/opencti.ts';
import { layOutManager } from './laid-out-manager.ts';

interface Scheduled {
  readonly manager: FakeManager;
  readonly etc: string;
  readonly server: OpenCtiServer;
  install(...args: string[]): Promise<CliResult>;
  /** As cron does it: the user and the command of the line, and none of the environment of a person. */
  runCron(): Promise<CliResult>;
}

async function startScheduled(options: FakeManagerOptions): Promise<Scheduled> {
  const manager = await startFakeManager({ isDeclared: false, ...options });
  const server = await openOpenCti({ observables: 60, indicators: 20 });
  const { etc } = layOutManager('');
  const access = { OPENCTI_URL: server.url, OPENCTI_TOKEN: demoToken };
  return {
    manager,
    etc,
    server,
    install: (...args) =>
      runCli(['install', '--no-probe', '--etc', etc, ...args], { WAZUH_HOME: manager.home, ...access }),
    runCron: () => runCronFile(readFileSync(join(etc, 'cron.d/opencti-wazuh'), 'utf8')),
  };
}

/** Names of the users that a schedule may have; the manager's own has no name on the machine of the tests. */
const users: Readonly<Record<string, number>> = { root: 0, wazuh: wazuhId };

function runCronFile(text: string): Promise<CliResult> {
  const [, user = '', command = ''] = /^\d+ \* \* \* \* (\S+) (.*)$/m.exec(text) ?? [];
  const uid = users[user];
  if (uid === undefined) throw new Error(`no line of cron with a known user: ${text}`);
  const variables = [...text.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]);
  const env = { PATH: '/usr/bin:/bin', HOME: '/nonexistent', ...Object.fromEntries(variables) };
  return waitFor(spawn('/bin/sh', ['-c', command], { env, uid, gid: uid }));
}

describe.runIf(isRoot)('what cron runs', () => {
  test('is the refresh of the manager’s own user on an engine with hot reload', async () => {
    const { manager, etc, install, runCron } = await startScheduled({});
    const { stdout } = await install();
    expect(stdout).not.toContain('hot reload');
    expect(readFileSync(join(etc, 'cron.d/opencti-wazuh'), 'utf8')).toMatch(/^\d+ \* \* \* \* wazuh /m);
    manager.engine.load();
    expect(await runCron()).toMatchObject({ code: 0, stdout: '', stderr: expect.not.stringMatching(/rror/) });
    expect(manager.asked).toEqual(['check', 'reload']);
  });

  test.each(['4.12.0', '4.9.2', '4.2.0'])(
    'is one of root on %s, which root alone may check and restart',
    async (version) => {
      const { manager, install, runCron } = await startScheduled({ hasHotReload: false, version });
      const { stdout } = await install('--dry-run');
      expect(stdout).toContain(`as root: Wazuh ${version} has no hot reload`);
      expect((await install()).code).toBe(0);
      const config = join(manager.home, 'etc/opencti-wazuh.yml');
      expect(readFileSync(config, 'utf8')).toMatch(/^# wazuh:\n# {3}restart: on$/m);
      writeFileSync(config, `${readFileSync(config, 'utf8')}wazuh: { restart: on }\n`);
      const run = await runCron();
      expect(run, run.stderr).toMatchObject({ code: 0 });
      expect(manager.asked).toEqual(['check', 'unknown reload', 'check', 'restart']);
      expect(manager.engine.loaded?.lists.get('etc/lists/opencti-win-hashes')?.size).toBeGreaterThan(0);
    },
  );

  test('leaves the restart to a person unless the configuration allows it, and install says so', async () => {
    const { manager, install, runCron } = await startScheduled({ hasHotReload: false });
    const { stdout } = await install();
    expect(stdout).toMatch(
      /\d\. decide who restarts this manager after a change: Wazuh 4\.12\.0 has no hot reload\n {5}wazuh\.restart: on in \S+\/etc\/opencti-wazuh\.yml lets refresh do it, at most once in guards\.min_reload_interval\n {5}else the lists wait until you run \S+\/bin\/wazuh-control restart\n/,
    );
    expect((await runCron()).code).toBe(0);
    expect(manager.asked).toEqual(['check', 'unknown reload', 'check']);
    writeFileSync(join(manager.home, 'etc/opencti-wazuh.yml'), 'wazuh: { restart: on }\n');
    expect((await install()).stdout).not.toContain('decide who restarts');
  });

  test('becomes one of the manager’s user with the install behind an upgrade', async () => {
    const { manager, etc, install } = await startScheduled({ hasHotReload: false });
    await install();
    writeFileSync(join(manager.home, 'VERSION.json'), '{"version": "4.13.1"}\n');
    expect((await install()).stdout).toMatch(/change {2}\S+\/cron\.d\/opencti-wazuh/);
    expect(readFileSync(join(etc, 'cron.d/opencti-wazuh'), 'utf8')).toMatch(/^\d+ \* \* \* \* wazuh /m);
  });

  test('by systemd has the same user', async () => {
    const { etc, install } = await startScheduled({ hasHotReload: false });
    await install('--schedule', 'systemd');
    const service = () => readFileSync(join(etc, 'systemd/system/opencti-wazuh.service'), 'utf8');
    expect(service()).toMatch(/^User=root$/m);
    const newer = await startScheduled({});
    await newer.install('--schedule', 'systemd');
    expect(readFileSync(join(newer.etc, 'systemd/system/opencti-wazuh.service'), 'utf8')).toMatch(
      /^User=wazuh$/m,
    );
  });
});

test('a manager whose version is nowhere counts as a new one', async () => {
  const { manager, etc, install } = await startScheduled({ hasHotReload: false });
  rmSync(join(manager.home, 'VERSION.json'));
  rmSync(join(manager.home, 'bin/wazuh-control'));
  expect((await install()).code).toBe(0);
  expect(readFileSync(join(etc, 'cron.d/opencti-wazuh'), 'utf8')).not.toMatch(/\* root /);
});
