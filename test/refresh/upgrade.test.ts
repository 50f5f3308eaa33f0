import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ManagerFault } from '../fake-manager/faults.ts';
import { makeFolder } from '../support/cli.ts';
import { dirtyIndicators, dirtyObservables } from '../support/dirty-platform.ts';
import { putFirstVersion, retiredList } from '../support/first-version/put.ts';
import { readMessages } from '../support/sample-events.ts';
import { type SetUp, type SetUpOptions, setUp } from './support/set-up.ts';
import { findRefusals, takeSnapshots } from './support/starts.ts';

const data = { documented: false, written: { observables: dirtyObservables, indicators: dirtyIndicators } };
/** As the state of the first version has it. */
const server = { platformId: '9f3d3f7a-6f31-4a0b-9d24-0d9f5c2f7c11' };

const filesOf = (manager: SetUp['manager'], folder: string) =>
  Object.keys(manager.readFiles()).filter((path) => path.startsWith(`${folder}/`));

const oldFiles = [
  'decoders/zz-opencti-decoder.xml',
  'rules/zz-opencti-1-gates.xml',
  'rules/zz-opencti-2-rules.xml',
];
const newFiles = [
  'decoders/zzzz-opencti-decoder.xml',
  'rules/0011-opencti-gates.xml',
  'rules/zzzz-opencti-rules.xml',
];

/** The engine starts, and says nothing but that a stock list is not on this manager. */
function expectLoads({ engine }: SetUp['manager']): void {
  const { isTaken, messages } = engine.load();
  expect(messages.filter((message) => !message.includes('malicious-ioc'))).toEqual([]);
  expect(isTaken).toBe(true);
}

/** A manager whose engine runs what the first version wrote. */
async function setUpFirstVersion(options: SetUpOptions = {}): Promise<SetUp> {
  const set = await setUp({ data, server, ...options });
  putFirstVersion(set.manager.home);
  expectLoads(set.manager);
  return set;
}

function sample(name: string): string {
  const message = readMessages().get(name);
  if (message === undefined) throw new Error(`no sample ${name}`);
  return message;
}

/** Events whose values the lists and gates of both versions have, with the alert rule of each. */
const listed: readonly (readonly [id: number, message: string])[] = [
  [100_640, sample('sysmon1-composite')],
  [100_642, sample('sysmon7-composite')],
  [100_647, sample('sysmon15-composite')],
  [100_648, sample('sysmon3-ipv4')],
  [100_649, sample('sysmon22-answer').replace(/(Name='QueryName'>)[^<]*</, '$1sazoya.com<')],
  [100_649, sample('sysmon22-answer').replace(/(Name='QueryName'>)[^<]*</, '$1www.sazoya.com<')],
  [100_650, sample('linux-sysmon3')],
  [100_654, sample('syscheck-deleted')],
  [100_655, sample('syscheck-added')],
];

function expectAlerts({ engine }: SetUp['manager']): void {
  expect(listed.map(([, message]) => engine.fire(message)?.id)).toEqual(listed.map(([id]) => id));
}

test('one refresh brings the new set, the alerts keep their ids, and nothing of the first version is left', async () => {
  const { manager, refresh, run } = await setUpFirstVersion();
  expectAlerts(manager);
  const before = manager.readFiles();
  const { stdout } = await run(['refresh']);
  expect(stdout).toContain('Refreshed: the engine has the new set');
  expect(manager.asked).toEqual(['reload']);
  expectAlerts(manager);
  expect([...filesOf(manager, 'decoders'), ...filesOf(manager, 'rules')].sort()).toEqual(newFiles);
  expect(manager.readFiles()[`lists/${retiredList}`]).toMatch(/^SHA256=[0-9A-F]{64}:opencti-wazuh-canary\n$/);
  const previous = join(manager.home, 'var/opencti-wazuh/previous');
  for (const path of [...oldFiles, `lists/${retiredList}`])
    expect(readFileSync(join(previous, path), 'utf8'), path).toBe(before[path]);
  expect(await refresh()).toContain('Nothing changed');
});

test('install takes the retired list out of ossec.conf, and the next refresh takes the list away', async () => {
  const { manager, refresh, run } = await setUpFirstVersion();
  const install = () =>
    run(['install', '--replace', '--schedule', 'none', '--etc', join(manager.home, 'var')]);
  // Before the refresh the rules of the first version still read the list.
  expect(await install()).toMatchObject({ code: 0 });
  expect(filesOf(manager, 'rules').sort()).toEqual(oldFiles.slice(1));
  expect(readConf(manager)).toContain(retiredList);
  expectLoads(manager);
  expectAlerts(manager);
  await refresh();
  expect(readConf(manager)).toContain(retiredList);
  expect(await install()).toMatchObject({ code: 0 });
  expect(readConf(manager)).not.toContain(retiredList);
  expectLoads(manager);
  await refresh();
  expect(filesOf(manager, 'lists')).not.toContain(`lists/${retiredList}`);
  expect(existsSync(join(manager.home, `etc/lists/${retiredList}.cdb`))).toBe(false);
  expectLoads(manager);
  expectAlerts(manager);
  expect(await refresh()).toContain('Nothing changed');
});

const readConf = ({ home }: SetUp['manager']) => readFileSync(join(home, 'etc/ossec.conf'), 'utf8');

// Without a decoder of Sysmon for Linux in the new set, a rule of the first version names one that goes with its file.
const noDecoder = 'rules: { linux_decoder: off }\n';

test.each<[string, string, ManagerFault | null, number]>([
  ['is published', '', null, 0],
  ['with no decoder of its own is published', noDecoder, null, 0],
  ['with no decoder of its own is taken back', noDecoder, { kind: 'loads-nothing' }, 1],
])(
  'from every state between two operations the engine starts, while the new set %s',
  async (_, config, fault, code) => {
    const set = await setUpFirstVersion({ config });
    const { home, faults } = set.manager;
    if (fault !== null) faults.add(fault);
    const snapshots = takeSnapshots(home);
    const result = await set.run(['refresh'], { environment: snapshots.environment });
    expect(result.code, result.stderr).toBe(code);
    const states = snapshots.read();
    for (const { files, refusals } of states) expect(refusals, files.join()).toEqual([]);
    const seen = new Set(states.map(({ files }) => files.join()));
    // Three files come and three go, one after the other, and when they are taken back the same again.
    expect(seen.size).toBe(7);
    if (code === 1) {
      expectLoads(set.manager);
      expect([...filesOf(set.manager, 'decoders'), ...filesOf(set.manager, 'rules')].sort()).toEqual(
        oldFiles,
      );
      expectAlerts(set.manager);
    }
  },
);

test('a pattern of ossec.conf that takes the old names alone stops the upgrade before the engine is told', async () => {
  const set = await setUpFirstVersion();
  const { manager } = set;
  const conf = join(manager.home, 'etc/ossec.conf');
  const before = readConf(manager);
  writeFileSync(conf, before.replace('<rule_dir>etc/rules<', '<rule_dir pattern="/zz-">etc/rules<'));
  expectLoads(manager);
  expectAlerts(manager);
  const files = manager.readFiles();
  const { code, stderr } = await set.run(['refresh']);
  expect(stderr).toMatch(
    /the engine would not load a file of this set:\n {2}etc\/rules\/0011-opencti-gates\.xml: line \d+ takes only what "\/zz-" matches from etc\/rules; widen that pattern/,
  );
  expect(code).toBe(1);
  expect(manager.asked).toEqual([]);
  expect(manager.takeAlerts().map(({ fired }) => fired?.description)).toEqual([
    expect.stringContaining('failed at judge: '),
  ]);
  expect(manager.readFiles()).toEqual(files);
  expectAlerts(manager);
  writeFileSync(conf, before);
  await set.refresh();
  expectAlerts(manager);
});

const killPreload = join(import.meta.dirname, 'support/fs-faults.js');

test('killed at any rename or removal, the next run leaves the new set whole', {
  timeout: 600_000,
}, async () => {
  const set = await setUpFirstVersion();
  const { manager, run, refresh } = set;
  const environment = (more: Readonly<Record<string, string>>) => ({
    NODE_OPTIONS: `--import=${killPreload}`,
    FS_FAULT_CALLS: 'renameSync,unlinkSync',
    ...more,
  });
  const log = join(makeFolder(), 'calls');
  expect(await run(['refresh'], { environment: environment({ FS_FAULT_LOG: log }) })).toMatchObject({
    code: 0,
  });
  const calls = readFileSync(log, 'utf8').trim().split('\n');
  const wanted = manager.readFiles();
  for (let at = 1; at <= calls.length; at += 1) {
    putFirstVersion(manager.home);
    expect(manager.engine.load().isTaken).toBe(true);
    const where = `killed at ${calls[at - 1]}`;
    const killed = await run(['refresh'], { environment: environment({ FS_FAULT_AT: String(at) }) });
    expect(killed.code, `${where}: ${killed.stderr}`).toBeNull();
    expect(findRefusals(manager.home), where).toEqual([]);
    await refresh();
    expect(manager.readFiles(), where).toEqual(wanted);
    expectAlerts(manager);
  }
});
