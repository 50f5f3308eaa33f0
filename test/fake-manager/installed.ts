import { type SpawnOptions, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { demoToken } from '../platform/server.ts';
import { type CliResult, runCli } from '../support/cli.ts';
import { openOpenCti } from '../support/opencti.ts';
import { startAlerting, type WrittenAlert } from './alerting.ts';
import { type FakeManager, startFakeManager } from './fake-manager.ts';
import { isRoot, wazuhId } from './home.ts';

export interface InstalledManager extends FakeManager {
  /** The folder of `cron.d`. */
  readonly etc: string;
  readonly alerts: readonly WrittenAlert[];
  run(...args: string[]): Promise<CliResult>;
  /** As a person restarts it. */
  restart(): void;
}

/** A manager with the tool installed and one refresh behind it, as the README says it. */
export async function startInstalledManager(): Promise<InstalledManager> {
  const manager = await startFakeManager({ isDeclared: false });
  const { url } = await openOpenCti({ observables: 60, indicators: 20 });
  const etc = mkdtempSync(join(tmpdir(), 'etc-'));
  onTestFinished(() => rmSync(etc, { recursive: true, force: true }));
  for (const name of ['cron.d', 'logrotate.d']) mkdirSync(join(etc, name));
  const access = { OPENCTI_URL: url, OPENCTI_TOKEN: demoToken };
  const install = await runCli(['install', '--restart', '--etc', etc], {
    WAZUH_HOME: manager.home,
    ...access,
  });
  expect(install).toMatchObject({ code: 0, stderr: '' });
  const run = (...args: string[]) => runCli(args, { WAZUH_HOME: manager.home });
  const refresh = await run('refresh');
  expect(refresh.code, refresh.stderr).toBe(0);
  const { alerts, restart } = startAlerting(manager);
  startDaemons(manager);
  return {
    ...manager,
    etc,
    alerts,
    run,
    restart() {
      manager.engine.load();
      restart();
    },
  };
}

/** What runs on a manager that is up, in the place of the test's own process. */
export function startDaemons({ home, environment }: Pick<FakeManager, 'home' | 'environment'>): void {
  rmSync(join(home, `var/run/wazuh-analysisd-${process.pid}.pid`), { force: true });
  const env = { ...environment };
  startDaemon(home, 'wazuh-analysisd', { ...managerUser, env });
  startDaemon(home, 'wazuh-integratord', { ...managerUser, env });
}

const managerUser: SpawnOptions = isRoot ? { uid: wazuhId, gid: wazuhId } : {};

/**
 * A process that does nothing, with the name, the user and the group of a daemon, and the file that it makes.
 * @returns what ends it.
 */
export function startDaemon(home: string, name: string, user: SpawnOptions = managerUser): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'daemon-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  chmodSync(folder, 0o755);
  const program = join(folder, name);
  copyFileSync('/bin/sleep', program);
  const child = spawn(program, ['1000'], { ...user, stdio: 'ignore' });
  onTestFinished(() => void child.kill());
  const file = join(home, `var/run/${name}-${child.pid}.pid`);
  writeFileSync(file, `${child.pid}\n`);
  return () => {
    child.kill();
    rmSync(file);
  };
}
