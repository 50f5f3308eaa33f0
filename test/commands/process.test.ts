import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { addFirewallDecoders } from '../fake-manager/decoders.ts';
import { type InstalledManager, startInstalledManager } from '../fake-manager/installed.ts';
import { demoToken, type OpenCtiServer } from '../platform/server.ts';
import { setUp } from '../refresh/support/set-up.ts';
import { runCli, startCli, waitFor } from '../support/cli.ts';
import { makeFolder, readTree } from '../support/folder.ts';
import { openOpenCti } from '../support/opencti.ts';

/** The tests run commands as functions of one process; here each is run once as users run it. */
describe('each command in a process of its own, through bin and bundle', () => {
  test('does its work, and says what it says as a function', async () => {
    const manager = await startInstalledManager();
    addFirewallDecoders(manager.home);
    manager.restart();
    const inProcess = (...args: string[]) => waitFor(startCli(args, { WAZUH_HOME: manager.home, TZ: 'UTC' }));
    const value = firstKey(manager);
    const { etc } = manager;
    const calls = [
      ['status'],
      ['status', '--line'],
      ['lookup', value],
      ['explain', value],
      ['explain', '--offline', value],
      ['report'],
      ['check', '--etc', etc],
      ['refresh', '--dry-run', join(makeFolder(), 'dry-run')],
      ['export', '--json', makeFolder()],
      ['refresh'],
      ['install', '--dry-run', '--etc', etc],
      ['install', '--etc', etc],
      ['selftest'],
      ['demo', '--rows', '20', join(makeFolder(), 'demo')],
      ['uninstall', '--dry-run', '--etc', etc],
    ];
    for (const call of calls) {
      const run = await inProcess(...call);
      expect(run, call.join(' ')).toMatchObject({ code: 0 });
      expect(run.stdout, call.join(' ')).not.toBe('');
    }
    for (const call of [
      ['lookup', value],
      ['explain', value],
      ['report', '--json'],
      ['lookup', 'no value'],
    ])
      expect(await manager.run(...call), call.join(' ')).toEqual(await inProcess(...call));
    const uninstall = await inProcess('uninstall', '--etc', etc);
    expect(uninstall).toMatchObject({ code: 0, stderr: '' });
    expect(new Set([...calls, ['uninstall']].map(([name]) => name))).toEqual(new Set(await listCommands()));
  });

  test('help, the version and a wrong call are those of the function', async () => {
    for (const call of [['--version'], ['--help'], ['refresh', '--help'], ['refres'], ['export'], []]) {
      const run = await waitFor(startCli(call));
      expect(await runCli(call), call.join(' ')).toEqual(run);
    }
  });
});

async function listCommands(): Promise<string[]> {
  const { stdout } = await runCli(['--help']);
  const names = stdout.split('\nCommands:\n')[1]?.matchAll(/^ {2}(\w+)/gm) ?? [];
  return [...names].map(([, name = '']) => name).filter((name) => name !== 'help');
}

function firstKey({ home }: InstalledManager): string {
  const list = readFileSync(join(home, 'etc/lists/opencti-win-destination-ip'), 'utf8');
  return /^(\d[\d.]+):/m.exec(list)?.[1] ?? '';
}

describe('commands at once in one process', () => {
  test('two refreshes, of two managers from two platforms, are as one after the other', async () => {
    const data = [
      { seed: 1, observables: 200, indicators: 50 },
      { seed: 2, observables: 150, indicators: 70 },
    ];
    const atOnce = await Promise.all(data.map((each) => setUp({ data: each })));
    const runs = await Promise.all(atOnce.map(({ run }) => run(['refresh'])));
    for (const run of runs) expect(run).toMatchObject({ code: 0, stderr: '' });
    for (const [index, each] of data.entries()) {
      const alone = await setUp({ data: each });
      await alone.refresh();
      expect(atOnce[index]?.manager.readFiles()).toEqual(alone.manager.readFiles());
    }
    expect(atOnce[0]?.manager.readFiles()).not.toEqual(atOnce[1]?.manager.readFiles());
  });

  test('two refreshes of one manager: the second is told of the first, as that of another process', async () => {
    const { run } = await setUp();
    const runs = await Promise.all([run(['refresh']), run(['refresh'])]);
    const codes = runs.map(({ code }) => code).sort();
    expect(codes).toEqual([0, 1]);
    expect(runs.find(({ code }) => code === 1)?.stderr).toContain(`process ${process.pid} is at work`);
  });

  test('exports into two folders, each with the environment and the output of its caller', async () => {
    const platforms = await Promise.all([1, 2].map((seed) => openOpenCti({ seed, observables: 100 })));
    const folders = platforms.map(() => makeFolder());
    const exportFrom = ({ url }: OpenCtiServer, folder = '') =>
      runCli(['export', folder, '--json'], { OPENCTI_URL: url, OPENCTI_TOKEN: demoToken });
    const runs = await Promise.all(platforms.map((platform, index) => exportFrom(platform, folders[index])));
    for (const [index, platform] of platforms.entries()) {
      expect(runs[index]).toMatchObject({ code: 0 });
      expect(runs[index]?.stdout).toContain(platform.url);
      const folder = makeFolder();
      await exportFrom(platform, folder);
      expect(readLists(folders[index])).toEqual(readLists(folder));
    }
    expect(readLists(folders[0])).not.toEqual(readLists(folders[1]));
  });
});

function readLists(folder = ''): Record<string, string> {
  return readTree(join(folder, 'lists'));
}
