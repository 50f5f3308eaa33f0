import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startFakeManager } from '../fake-manager/fake-manager.ts';
import { demoToken } from '../platform/server.ts';
import { type CliResult, makeFolder, runCli } from '../support/cli.ts';
import { openOpenCti } from '../support/opencti.ts';
import { oldSites, sites } from '../support/sites/index.ts';
import { type LaidOutManager, layOutManager, localRules, snapshot } from './laid-out-manager.ts';
import { documentedRules, putOldIntegration } from './old-site.ts';

const preload = join(import.meta.dirname, '../refresh/support/fs-faults.js');
const access = { OPENCTI_URL: 'https://opencti.example', OPENCTI_TOKEN: 'a-token-of-the-tests' };
/** Between two of these calls only the mode and the owner of a staged file change. */
const calls = 'writeFileSync,renameSync,mkdirSync,symlinkSync,unlinkSync,rmdirSync';

interface Fault {
  readonly FS_FAULT_AT?: string;
  readonly FS_FAULT_LOG?: string;
  readonly FS_FAULT_CODE?: string;
  readonly FS_FAULT_CALLS?: string;
}

function run(
  { home, etc }: Pick<LaidOutManager, 'home' | 'etc'>,
  args: readonly string[],
  fault: Fault | null = null,
): Promise<CliResult> {
  const environment = fault && { NODE_OPTIONS: `--import=${preload}`, FS_FAULT_CALLS: calls, ...fault };
  const unasked = args[0] === 'install' ? ['--no-probe'] : [];
  return runCli([...args, ...unasked, '--etc', etc], { WAZUH_HOME: home, ...access, ...environment });
}

const all = (manager: LaidOutManager): Record<string, string> => ({
  ...snapshot(manager.home),
  etc: JSON.stringify(snapshot(manager.etc)),
});

async function expectDone(manager: LaidOutManager, args: readonly string[], where: string): Promise<void> {
  const { code, stderr } = await run(manager, args);
  expect(code, `${where}, then ${args.join(' ')}: ${stderr}`).toBe(0);
}

/** A step, which is odd so that each kind of call is met: all of them, a hundred, have passed and take minutes. */
const cases = {
  'a new site, by cron': {
    make: () => layOutManager(sites['as the packages of 4.14 write it'] ?? ''),
    args: ['install'],
    step: 3,
  },
  'a new site, by systemd': {
    make: () => layOutManager(sites['as the packages of 4.14 write it'] ?? ''),
    args: ['install', '--schedule', 'systemd'],
    step: 9,
  },
  'a site with the documented integration': {
    make: () =>
      putOldIntegration(layOutManager(oldSites['as documented'] ?? ''), localRules + documentedRules),
    args: ['install', '--adopt'],
    step: 7,
  },
} as const;

describe.each(Object.entries(cases))('%s', (_, { make, args, step }) => {
  test('an installation that is killed is completed by the next one, and taken out by uninstall', {
    timeout: 900_000,
  }, async () => {
    const manager = make();
    const before = all(manager);
    const log = join(makeFolder(), 'calls');
    await run(manager, args, { FS_FAULT_LOG: log });
    const complete = all(manager);
    const made = readFileSync(log, 'utf8').trim().split('\n');
    expect(made.length).toBeGreaterThan(50);
    await expectDone(manager, ['uninstall'], 'nothing killed');
    expect(all(manager)).toEqual(before);
    for (let at = 1; at <= made.length; at += step) {
      const where = `killed at call ${made[at - 1]}`;
      expect((await run(manager, args, { FS_FAULT_AT: String(at) })).code, where).toBeNull();
      if (at % 2 === 0) {
        await expectDone(manager, args, where);
        expect(withoutTimes(all(manager)), where).toEqual(withoutTimes(complete));
      }
      await expectDone(manager, ['uninstall'], where);
      expect(all(manager), where).toEqual(before);
    }
  });

  test('a removal that is killed is completed by the next one', { timeout: 900_000 }, async () => {
    const manager = make();
    const before = all(manager);
    await expectDone(manager, args, 'at first');
    const log = join(makeFolder(), 'calls');
    await run(manager, ['uninstall'], { FS_FAULT_LOG: log });
    const made = readFileSync(log, 'utf8').trim().split('\n');
    for (let at = 1; at <= made.length; at += 2 * step) {
      const where = `killed at call ${made[at - 1]}`;
      await expectDone(manager, args, where);
      expect((await run(manager, ['uninstall'], { FS_FAULT_AT: String(at) })).code, where).toBeNull();
      await expectDone(manager, ['uninstall'], where);
      expect(all(manager), where).toEqual(before);
    }
  });
});

test.each([
  ['ENOSPC', 'writeFileSync,mkdirSync'],
  ['EROFS', 'renameSync,mkdirSync'],
])(
  'a call that fails by %s changes nothing, and the message names the place',
  { timeout: 300_000 },
  async (code, failing) => {
    const manager = layOutManager(sites['as the packages of 4.14 write it'] ?? '');
    const before = all(manager);
    const log = join(makeFolder(), 'calls');
    const environment = { FS_FAULT_CALLS: failing, FS_FAULT_CODE: code };
    await run(manager, ['install'], { ...environment, FS_FAULT_LOG: log });
    const made = readFileSync(log, 'utf8').trim().split('\n');
    await expectDone(manager, ['uninstall'], 'nothing failed');
    for (let at = 1; at <= made.length; at += 6) {
      const where = `${code} at call ${made[at - 1]}`;
      const { code: exit, stderr } = await run(manager, ['install'], {
        ...environment,
        FS_FAULT_AT: String(at),
      });
      expect(exit, `${where}: ${stderr}`).toBeGreaterThan(0);
      expect(stderr, where).toContain(code);
      expect(stderr, where).not.toMatch(/\/proc\/self|defect/);
      expect(all(manager), where).toEqual(before);
    }
  },
);

/** The order in the journal and the time of the installation say nothing. */
function withoutTimes(files: Record<string, string>): Record<string, string> {
  const {
    'backup/opencti-wazuh/install.json': _,
    'var/opencti-wazuh/state/refresh.json': __,
    ...rest
  } = files;
  return rest;
}

describe('a refresh that was killed while it published', () => {
  async function startKilled() {
    const manager = await startFakeManager({ isDeclared: false });
    const { etc } = layOutManager('');
    const { url } = await openOpenCti({ observables: 40 });
    const site = { home: manager.home, etc, conf: join(manager.home, 'etc/ossec.conf') };
    const run = (args: readonly string[], more: Record<string, string> = {}) =>
      runCli([...args, ...(args[0] === 'refresh' ? [] : ['--etc', etc])], {
        WAZUH_HOME: manager.home,
        OPENCTI_URL: url,
        OPENCTI_TOKEN: demoToken,
        ...more,
      });
    const before = all(site);
    expect((await run(['install'])).code).toBe(0);
    // The engine compiles the lists in its check.
    const installed = manager.readFiles();
    manager.engine.load();
    manager.faults.add({ kind: 'no-answer' });
    const killed = await run(['refresh'], {
      NODE_OPTIONS: `--import=${preload}`,
      FS_FAULT_CALLS: 'renameSync',
      FS_FAULT_AT: '9',
    });
    expect(killed.code).toBeNull();
    expect(existsSync(join(manager.home, 'var/opencti-wazuh/state/journal.json'))).toBe(true);
    expect(Object.keys(manager.readFiles()).filter((name) => /~$/.test(name))).not.toEqual([]);
    return { manager, site, before, installed, run };
  }

  test('leaves nothing behind for uninstall', async () => {
    const { site, before, run } = await startKilled();
    expect(await run(['uninstall'])).toMatchObject({ code: 0, stderr: '' });
    expect(all(site)).toEqual(before);
  });

  test('is taken back by an installation, and ended by the next refresh', async () => {
    const { manager, site, installed, run } = await startKilled();
    writeFileSync(join(site.etc, 'cron.d/opencti-wazuh'), '# gone\n');
    expect(await run(['install'])).toMatchObject({ code: 0, stderr: '' });
    expect(manager.readFiles()).toEqual(installed);
    manager.faults.clear();
    expect((await run(['refresh'])).code).toBe(0);
    expect(Object.keys(manager.readFiles()).filter((name) => /~$/.test(name))).toEqual([]);
    expect(manager.engine.loaded?.lists.get('etc/lists/opencti-win-hashes')?.size).toBeGreaterThan(0);
  });
});
