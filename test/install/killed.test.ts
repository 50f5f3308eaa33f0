import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { installAlone, removeAlone } from '../../src/commands/install/apply.ts';
import { findMachine, findWhatIsLeft } from '../../src/commands/install/machine.ts';
import { planInstall } from '../../src/commands/install/plan.ts';
import type { Schedule } from '../../src/commands/install/schedule.ts';
import type { SeenSources } from '../../src/commands/install/switch-on.ts';
import { planUninstall } from '../../src/commands/install/uninstall.ts';
import { loadConfig } from '../../src/config/load.ts';
import { KnownError, reportSystemErrors } from '../../src/errors.ts';
import { applyChanges } from '../../src/files/transaction.ts';
import { sourceNames } from '../../src/wazuh/fields.ts';
import { startFakeManager } from '../fake-manager/fake-manager.ts';
import { demoToken } from '../platform/server.ts';
import { killAt } from '../refresh/support/kill-at.ts';
import { runCli } from '../support/cli.ts';
import { findMoves, onFrozenDisk, withFailingCall } from '../support/frozen-disk.ts';
import { openOpenCti } from '../support/opencti.ts';
import { oldSites, sites } from '../support/sites/index.ts';
import { type LaidOutManager, layOutManager, localRules, snapshot } from './laid-out-manager.ts';
import { documentedRules, putOldIntegration } from './old-site.ts';

/** Of the machine that is loaded most; alone it is seconds. Milliseconds. */
const timeout = 600_000;
const access = { OPENCTI_URL: 'https://opencti.example', OPENCTI_TOKEN: 'a-token-of-the-tests' };

const all = (manager: LaidOutManager): Record<string, string> => ({
  ...snapshot(manager.home),
  etc: JSON.stringify(snapshot(manager.etc)),
});

interface How {
  readonly adopt: boolean;
  readonly schedule: Schedule;
  /** Default: the logs are empty. */
  readonly seen?: SeenSources;
}

/** The lists of Sysmon and FIM are enough: each further one has the same calls, and each call an installation. */
const sources = Object.fromEntries(
  sourceNames
    .filter((name) => !['sysmon', 'sysmon_linux', 'fim', 'suricata'].includes(name))
    .map((name) => [name, { enabled: 'off', rows: {}, level: null, context: null } as const]),
);

/** As the command does, without the engine, which these managers have not. */
function install({ home, etc }: LaidOutManager, how: How): Promise<void> {
  const machine = findMachine(home, etc, null);
  const environment = { ...access, WAZUH_HOME: home };
  const written = loadConfig({ environment });
  // What is switched on is written into the configuration, so that case goes by its file.
  const config = how.seen === undefined ? { ...written, sources } : written;
  return installAlone(machine, async () => {
    const { changes } = planInstall(machine, {
      config,
      environment,
      configFile: undefined,
      decision: null,
      seen: new Map(),
      ...how,
    });
    applyChanges(machine, changes);
  });
}

function uninstall({ home, etc }: LaidOutManager): Promise<void> {
  const machine = findWhatIsLeft(home, etc);
  return removeAlone(machine, async () => {
    applyChanges(machine, planUninstall(machine, false).changes);
  });
}

const cases = {
  'a new site, by cron': {
    make: () => layOutManager(sites['as the packages of 4.14 write it'] ?? ''),
    how: { adopt: false, schedule: 'cron' },
  },
  'a new site, by systemd': {
    make: () => layOutManager(sites['as the packages of 4.14 write it'] ?? ''),
    how: { adopt: false, schedule: 'systemd' },
    own: /systemd/,
  },
  'a site with the documented integration': {
    make: () =>
      putOldIntegration(layOutManager(oldSites['as documented'] ?? ''), localRules + documentedRules),
    how: { adopt: true, schedule: 'cron' },
  },
  'a site with a configuration, to which a source is added': {
    make: () => {
      const manager = layOutManager(sites['as the packages of 4.14 write it'] ?? '');
      const opencti = `{ url: ${access.OPENCTI_URL}, token: ${access.OPENCTI_TOKEN} }`;
      writeFileSync(join(manager.home, 'etc/opencti-wazuh.yml'), `opencti: ${opencti} # ours\n`);
      return manager;
    },
    how: { adopt: false, schedule: 'cron', seen: new Map([['suricata', 'alerts']]) },
    own: /opencti-wazuh\.yml|install\.json|ossec\.conf/,
  },
} as const satisfies Record<string, Case>;

interface Case {
  make(): LaidOutManager;
  readonly how: How;
  /** The calls that no other case has: it is killed at these. Default: at every call. */
  readonly own?: RegExp;
}

/** The numbers of the calls that a case is killed at. */
function findKills(calls: readonly string[], own: RegExp = /^/): number[] {
  const kills = findMoves(calls).filter((count) => own.test(calls[count] ?? ''));
  expect(kills.length).toBeGreaterThan(2);
  return kills;
}

describe.each<[string, Case]>(Object.entries(cases))('%s', (_, { make, how, own }) => {
  test('an installation that is killed is completed by the next one, and taken out by uninstall', {
    timeout,
  }, async () => {
    const manager = make();
    const before = all(manager);
    const made = await onFrozenDisk(Number.POSITIVE_INFINITY, () => install(manager, how));
    expect(made.error).toBeNull();
    const complete = all(manager);
    await uninstall(manager);
    expect(all(manager)).toEqual(before);
    expect(findMoves(made.calls).length).toBeGreaterThan(50);
    for (const [index, count] of findKills(made.calls, own).entries()) {
      const where = `killed at ${made.calls[count]}`;
      expect((await onFrozenDisk(count, () => install(manager, how))).error, where).not.toBeNull();
      if (index % 2 === 0) {
        await install(manager, how);
        expect(withoutTimes(all(manager)), where).toEqual(withoutTimes(complete));
      }
      await uninstall(manager);
      expect(all(manager), where).toEqual(before);
    }
  });

  test('a removal that is killed is completed by the next one', { timeout }, async () => {
    const manager = make();
    const before = all(manager);
    await install(manager, how);
    const { calls } = await onFrozenDisk(Number.POSITIVE_INFINITY, () => uninstall(manager));
    expect(all(manager)).toEqual(before);
    await install(manager, how);
    for (const count of findKills(calls, own)) {
      const where = `killed at ${calls[count]}`;
      expect((await onFrozenDisk(count, () => uninstall(manager))).error, where).not.toBeNull();
      await uninstall(manager);
      expect(all(manager), where).toEqual(before);
      await install(manager, how);
    }
  });
});

test.each([
  ['ENOSPC', ['writeFileSync', 'mkdirSync']],
  ['EROFS', ['renameSync', 'mkdirSync']],
])(
  'a call that fails by %s changes nothing, and the message names the place',
  { timeout },
  async (code, names) => {
    const manager = layOutManager(sites['as the packages of 4.14 write it'] ?? '');
    const before = all(manager);
    const work = () => reportSystemErrors(() => install(manager, { adopt: false, schedule: 'cron' }));
    const { calls } = await onFrozenDisk(Number.POSITIVE_INFINITY, work);
    await uninstall(manager);
    const made = calls.filter((call) => names.some((name) => call.startsWith(`${name} `)));
    for (let at = 1; at <= made.length; at += 1) {
      const where = `${code} at ${made[at - 1]}`;
      const { error } = await withFailingCall(at, code, names, work);
      expect(error, where).toBeInstanceOf(KnownError);
      expect(String(error), where).toContain(code);
      expect(String(error), where).not.toContain('/proc/self');
      expect(all(manager), where).toEqual(before);
    }
  },
);

describe('killed for real', () => {
  const run = ({ home, etc }: LaidOutManager, args: readonly string[], more: Record<string, string> = {}) =>
    runCli([...args, '--etc', etc], { WAZUH_HOME: home, ...access, ...more });
  const kill = killAt('renameSync', '/ossec.conf');

  test('while it installs, and while it removes: the next run completes it', async () => {
    const manager = layOutManager(sites['as the packages of 4.14 write it'] ?? '');
    const before = all(manager);
    const args = ['install', '--no-probe'];
    // The copy in the backup is the first file of that name.
    expect((await run(manager, args, kill)).code).toBeNull();
    expect(Object.keys(all(manager)).filter((path) => path.endsWith('.opencti-wazuh~'))).not.toEqual([]);
    expect(await run(manager, args)).toMatchObject({ code: 0, stderr: '' });
    const complete = all(manager);
    expect((await run(manager, ['uninstall'], kill)).code).toBeNull();
    expect(all(manager)).not.toEqual(complete);
    expect(await run(manager, ['uninstall'])).toMatchObject({ code: 0, stderr: '' });
    expect(all(manager)).toEqual(before);
  });
});

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
    const killed = await run(['refresh'], killAt('renameSync', '/zzzz-opencti-decoder.xml'));
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
