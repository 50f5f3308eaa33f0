import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type FakeManager,
  type FakeManagerOptions,
  startFakeManager,
} from '../../fake-manager/fake-manager.ts';
import { setOwner, wazuhId } from '../../fake-manager/home.ts';
import type { DemoDataOptions } from '../../platform/data/demo-data.ts';
import { demoToken, type OpenCtiServer, type OpenCtiServerOptions } from '../../platform/server.ts';
import { type CliResult, cliPath, runCli, waitFor } from '../../support/cli.ts';
import { openOpenCti } from '../../support/opencti.ts';

export interface SetUpOptions {
  readonly manager?: FakeManagerOptions;
  readonly data?: DemoDataOptions;
  readonly server?: Omit<OpenCtiServerOptions, 'data'>;
  /** YAML, behind what every test has. */
  readonly config?: string;
}

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** As the user that owns what the engine reads; only root can start it so. */
  readonly asWazuh?: boolean;
  /** What stands before the command, `faketime` say. */
  readonly before?: readonly string[];
}

export interface SetUp {
  readonly manager: FakeManager;
  readonly server: OpenCtiServer;
  /** Writes the configuration anew. */
  configure(config: string): void;
  start(args: readonly string[], options?: RunOptions): ChildProcess;
  run(args: readonly string[], options?: RunOptions): Promise<CliResult>;
  /** A refresh that has to go well. */
  refresh(...args: readonly string[]): Promise<string>;
}

/** An OpenCTI and a manager; a reload may follow another one at once. */
export async function setUp(options: SetUpOptions = {}): Promise<SetUp> {
  const manager = await startFakeManager(options.manager);
  const server = await openOpenCti(options.data ?? { observables: 300, indicators: 100 }, options.server);
  const file = join(manager.home, 'etc/opencti-wazuh.yml');
  // As an installation leaves it: `var` is root's, and a refresh runs as the manager's user.
  mkdirSync(join(manager.home, 'var/opencti-wazuh'));
  setOwner(join(manager.home, 'var/opencti-wazuh'), 'wazuh', 0o750);
  const configure = (config: string) => {
    writeFileSync(file, config);
    setOwner(file, 'root', 0o640);
  };
  configure(`${quick}${options.config ?? ''}`);
  const access = { WAZUH_HOME: manager.home, OPENCTI_URL: server.url, OPENCTI_TOKEN: demoToken };
  const start = (
    args: readonly string[],
    { environment = {}, asWazuh = false, before = [] }: RunOptions = {},
  ) => {
    const [program = '', ...rest] = [...before, process.execPath, cliPath, ...args];
    return spawn(program, rest, {
      env: {
        PATH: process.env.PATH ?? '',
        HOME: '/nonexistent',
        ...access,
        ...environment,
      },
      ...(asWazuh && { uid: wazuhId, gid: wazuhId }),
    });
  };
  const run = (args: readonly string[], options: RunOptions = {}) => {
    const { environment = {}, asWazuh = false, before = [] } = options;
    return asWazuh || before.length > 0
      ? waitFor(start(args, options))
      : runCli(args, { ...access, ...environment });
  };
  async function refresh(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await run(['refresh', ...args]);
    if (code !== 0) throw new Error(`exit code ${code}:\n${stderr}`);
    return stdout;
  }
  return { manager, server, configure, start, run, refresh };
}

export const quick = 'opencti: { timeout: 1m, retry_for: 300ms }\nguards: { min_reload_interval: 0s }\n';
