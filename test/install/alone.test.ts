import { execFileSync, spawn } from 'node:child_process';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type CliResult, runCli } from '../support/cli.ts';
import { makeFolder } from '../support/folder.ts';
import { sites } from '../support/sites/index.ts';
import { type LaidOutManager, layOutManager, snapshot } from './laid-out-manager.ts';

const conf = sites['as the packages of 4.14 write it'] ?? '';
const access = { OPENCTI_URL: 'https://opencti.example', OPENCTI_TOKEN: 'a-token-of-the-tests' };

function run(
  { home, etc }: LaidOutManager,
  args: string[],
  more: Record<string, string> = {},
): Promise<CliResult> {
  const unasked = args[0] === 'install' ? ['--no-probe'] : [];
  return runCli([...args, ...unasked, '--etc', etc], { WAZUH_HOME: home, ...access, ...more });
}

const all = (manager: LaidOutManager): Record<string, string> => ({
  ...snapshot(manager.home),
  etc: JSON.stringify(snapshot(manager.etc)),
});

describe('while another run holds the lock of the manager', () => {
  /** The kernel's lock by another program, until the test ends. */
  async function holdLock({ home }: LaidOutManager): Promise<number | undefined> {
    const state = join(home, 'var/opencti-wazuh/state');
    mkdirSync(state, { recursive: true });
    const holder = spawn('flock', ['-n', join(state, 'lock'), 'sh', '-c', 'echo held; exec sleep 1000'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    onTestFinished(() => void (holder.pid && process.kill(-holder.pid)));
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    return holder.pid;
  }

  test.each([['install'], ['uninstall']])(
    '%s leaves all as it is, and says who holds it',
    async (command) => {
      const manager = layOutManager(conf);
      await run(manager, ['install']);
      rmSync(join(manager.etc, 'cron.d/opencti-wazuh'));
      const pid = await holdLock(manager);
      const before = all(manager);
      const { code, stderr } = await run(manager, [command]);
      expect(code).toBe(1);
      expect(stderr).toContain(`process ${pid} is at work on this manager`);
      expect(all(manager)).toEqual(before);
      expect((await run(manager, [command, '--dry-run'])).code).toBe(0);
    },
  );
});

test.each([['install'], ['uninstall'], ['refresh']])(
  '%s without koffi says what is missing',
  async (command) => {
    const manager = layOutManager(conf);
    if (command !== 'install') await run(manager, ['install']);
    const before = all(manager);
    const hook = join(makeFolder(), 'no-koffi.mjs');
    const resolve = `export function resolve(name, context, next) {
    if (name === 'koffi') throw Object.assign(new Error('Cannot find package koffi'), { code: 'ERR_MODULE_NOT_FOUND' });
    return next(name, context);
  }`;
    writeFileSync(
      hook,
      `import { register } from 'node:module'; register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(resolve)}));`,
    );
    const environment = { NODE_OPTIONS: `--import=${hook}` };
    const { code, stderr } =
      command === 'refresh'
        ? await runCli(['refresh'], { WAZUH_HOME: manager.home, ...environment })
        : await run(manager, [command], environment);
    expect(code).toBe(2);
    expect(stderr).toContain('cannot be kept apart without the package koffi');
    expect(stderr).not.toContain('defect');
    if (command !== 'refresh') expect(all(manager)).toEqual(before);
  },
);

test('an installation that is refused leaves nothing of the lock', async () => {
  const manager = layOutManager('<ossec_config></ossec_config>\n');
  const before = all(manager);
  const { code, stderr } = await run(manager, ['install']);
  expect(code).toBe(2);
  expect(stderr).toContain('has no <ruleset> block with an end tag');
  expect(all(manager)).toEqual(before);
});

describe('what the user of the manager plants below var/opencti-wazuh', () => {
  function plant(manager: LaidOutManager) {
    const run = join(manager.home, 'var/opencti-wazuh/run');
    const outside = join(manager.home, '../outside');
    mkdirSync(join(outside, 'inner'), { recursive: true });
    writeFileSync(join(outside, 'inner/passwd'), 'root');
    mkdirSync(run, { recursive: true });
    return { run, outside };
  }

  test('is taken away as the names that it is: links, loops, pipes', async () => {
    const manager = layOutManager(conf);
    const before = all(manager);
    await run(manager, ['install']);
    const { run: folder, outside } = plant(manager);
    symlinkSync('.', join(folder, 'loop'));
    symlinkSync(folder, join(folder, 'again'));
    symlinkSync(outside, join(folder, 'etc'));
    symlinkSync(join(outside, 'inner/passwd'), join(folder, 'passwd'));
    symlinkSync('/nowhere', join(folder, 'dangling'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    writeFileSync(join(folder, '.new~.opencti-wazuh~'), '');
    const { code, stdout, stderr } = await run(manager, ['uninstall']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toContain('inner');
    expect(all(manager)).toEqual(before);
    expect(snapshot(outside)).toMatchObject({ 'inner/passwd': expect.stringContaining('root') });
  });

  test.each([['state'], ['.']])('is a link itself, in the place of its %s', async (name) => {
    const manager = layOutManager(conf);
    const before = all(manager);
    await run(manager, ['install']);
    const { outside } = plant(manager);
    const path = join(manager.home, 'var/opencti-wazuh', name);
    rmSync(path, { recursive: true });
    symlinkSync(outside, path);
    expect((await run(manager, ['uninstall'])).code).toBe(0);
    expect(all(manager)).toEqual(before);
    expect(readFileSync(join(outside, 'inner/passwd'), 'utf8')).toBe('root');
  });

  test('is a tree without end: what lies too deep stays, and the rest goes', async () => {
    const manager = layOutManager(conf);
    await run(manager, ['install']);
    const { run: folder } = plant(manager);
    let at = folder;
    for (let depth = 0; depth < 300; depth += 1) {
      at = join(at, 'd');
      mkdirSync(at);
    }
    expect((await run(manager, ['uninstall'])).code).toBe(0);
    expect(readdirSync(join(manager.home, 'var/opencti-wazuh'))).toEqual(['run']);
    renameSync(join(folder, 'd'), join(manager.home, '../deep'));
    expect((await run(manager, ['uninstall'])).code).toBe(0);
    expect(readdirSync(join(manager.home, 'var'))).not.toContain('opencti-wazuh');
  });
});
