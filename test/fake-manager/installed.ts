import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { demoToken } from '../../src/demo/server.ts';
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
  startIntegratord(manager.home);
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

/** A process that does nothing, with the user and the group that integratord has, and the file that it makes. */
export function startIntegratord(home: string): void {
  const user = isRoot ? { uid: wazuhId, gid: wazuhId } : {};
  const child = spawn('sleep', ['1000'], { stdio: 'ignore', ...user });
  onTestFinished(() => void child.kill());
  writeFileSync(join(home, `var/run/wazuh-integratord-${child.pid}.pid`), `${child.pid}\n`);
}
