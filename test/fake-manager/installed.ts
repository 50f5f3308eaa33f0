import { execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { demoToken } from '../platform/server.ts';
import { type CliResult, runCli } from '../support/cli.ts';
import { openOpenCti } from '../support/opencti.ts';
import { startAlerting, type WrittenAlert } from './alerting.ts';
import { type FakeManager, type StandingHome, startFakeManager } from './fake-manager.ts';
import { isRoot, wazuhId } from './home.ts';

export interface InstalledManager extends FakeManager {
  /** The folder of `cron.d`. */
  readonly etc: string;
  readonly alerts: readonly WrittenAlert[];
  run(...args: string[]): Promise<CliResult>;
  /** Restarts the manager as a person does. */
  restart(): void;
}

/** Starts a manager with the tool installed and refreshed once, as the README describes. */
export async function startInstalledManager(): Promise<InstalledManager> {
  const { manager, etc } = (await castManager()) ?? (await installManager());
  const run = (...args: string[]) => runCli(args, { WAZUH_HOME: manager.home });
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

interface Installed {
  readonly manager: FakeManager;
  readonly etc: string;
}

const data = { observables: 60, indicators: 20 };

async function installManager(): Promise<Installed> {
  const manager = await startFakeManager({ isDeclared: false });
  const { url, port } = await openOpenCti(data);
  const etc = mkdtempSync(join(tmpdir(), 'etc-'));
  onTestFinished(() => rmSync(etc, { recursive: true, force: true }));
  for (const name of ['cron.d', 'logrotate.d']) mkdirSync(join(etc, name));
  const access = { OPENCTI_URL: url, OPENCTI_TOKEN: demoToken };
  const install = await runCli(['install', '--restart', '--etc', etc], {
    WAZUH_HOME: manager.home,
    ...access,
  });
  expect(install).toMatchObject({ code: 0, stderr: '' });
  const refresh = await runCli(['refresh'], { WAZUH_HOME: manager.home });
  expect(refresh.code, refresh.stderr).toBe(0);
  mould = makeMould(manager, etc, port);
  return { manager, etc };
}

/**
 * A manager that was installed once in this process. Its files have the paths of its home and the port of its OpenCTI in
 * them, so each copy of it is at the same place, and there is one at a time.
 */
interface Mould extends StandingHome {
  readonly etc: string;
  readonly port: number;
  /** Copies of `home` and `etc`. */
  readonly kept: string;
  readonly madeAt: number;
}

let mould: Mould | null = null;

/** In milliseconds: less than the ten minutes in which a refresh delays a second reload. */
const longest = 240_000;

function makeMould({ home, laidOut, environment }: FakeManager, etc: string, port: number): Mould {
  const kept = mkdtempSync(join(tmpdir(), 'mould-'));
  copyAll(home, join(kept, 'home'));
  copyAll(etc, join(kept, 'etc'));
  execFileSync('find', [kept, '-type', 's', '-delete']);
  return { home, laidOut, environment, etc, port, kept, madeAt: Date.now() };
}

/** With owners, modes and times. */
function copyAll(from: string, to: string): void {
  execFileSync('cp', ['-a', '--', from, to]);
}

/** Null: there is no mould yet, or its place or its port is taken. */
async function castManager(): Promise<Installed | null> {
  if (mould === null || Date.now() - mould.madeAt > longest || existsSync(mould.home)) return null;
  const { home, etc, kept, port } = mould;
  const server = await openOpenCti(data, { port }).catch(() => null);
  if (server === null) return null;
  onTestFinished(() => rmSync(etc, { recursive: true, force: true }));
  copyAll(join(kept, 'home'), home);
  copyAll(join(kept, 'etc'), etc);
  return { manager: await startFakeManager({ there: mould }), etc };
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
