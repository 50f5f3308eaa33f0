import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type CliResult, cliPath, runCli, waitFor } from '../support/cli.ts';
import { sites } from '../support/sites/index.ts';
import { layOutManager } from './laid-out-manager.ts';

test('lists that nobody could have refreshed yet raise no alert for two hours, and then they do', async () => {
  const { home, etc } = layOutManager(sites['as the packages of 4.14 write it'] ?? '');
  const environment = { WAZUH_HOME: home, OPENCTI_URL: 'https://opencti.example', OPENCTI_TOKEN: 'a-token' };
  const ask = (later: string): Promise<CliResult> =>
    waitFor(
      spawn('faketime', ['-f', later, process.execPath, cliPath, 'status', '--line'], {
        env: { PATH: process.env.PATH ?? '', ...environment },
      }),
    );
  expect((await ask('+0m')).stdout).toMatch(/^stale: the lists were never confirmed/);
  expect((await runCli(['install', '--no-probe', '--etc', etc], environment)).code).toBe(0);
  const waiting = 'not refreshed yet: run opencti-wazuh refresh, or wait for the schedule';
  for (const later of ['+0m', '+119m'])
    expect((await ask(later)).stdout, later).toBe(`waiting: ${waiting}\n`);
  for (const later of ['+121m', '-3h'])
    expect((await ask(later)).stdout, later).toMatch(/^stale: the lists were never confirmed/);
  const status = await runCli(['status'], environment);
  expect(status.code).toBe(1);
  expect(status.stdout.split('\n')[0]).toBe(`Waiting: ${waiting}`);
  const state = () => readFileSync(join(home, 'var/opencti-wazuh/state/refresh.json'), 'utf8');
  const first = state();
  await runCli(['install', '--no-probe', '--etc', etc, '--schedule', 'none'], environment);
  expect(state()).toBe(first);
});
