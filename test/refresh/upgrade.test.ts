import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { holdHome } from '../../src/wazuh/home.ts';
import { createLocalTarget, forget, recover } from '../../src/wazuh/own-set.ts';
import { isRoot, setOwner, wazuhId } from '../fake-manager/home.ts';
import { dirtyIndicators, dirtyObservables } from '../support/dirty-platform.ts';
import { putFirstVersion, retiredList } from '../support/first-version/put.ts';
import { onFrozenDisk } from '../support/frozen-disk.ts';
import { readMessages } from '../support/sample-events.ts';
import { killAt } from './support/kill-at.ts';
import { type SetUp, type SetUpOptions, setUp } from './support/set-up.ts';
import { createStartCheck, findRefusals } from './support/starts.ts';

const data = { documented: false, written: { observables: dirtyObservables, indicators: dirtyIndicators } };
/** As the state of the first version has it. */
const server = { platformId: '9f3d3f7a-6f31-4a0b-9d24-0d9f5c2f7c11' };

/** Of the machine that is loaded most; alone it is seconds. Milliseconds. */
const timeout = 300_000;

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

type Files = Readonly<Record<string, string>>;

/** What is ours below `etc`, whole, staged or kept; nothing else changes. */
function readOwn(home: string): Files {
  const folders = ['lists', 'rules', 'decoders'];
  const paths = folders.flatMap((folder) =>
    readdirSync(join(home, 'etc', folder)).map((name) => `${folder}/${name}`),
  );
  const own = paths.filter((path) => /opencti/.test(path) && !path.endsWith('.cdb'));
  return Object.fromEntries(own.map((path) => [path, readFileSync(join(home, 'etc', path), 'utf8')]));
}

/** Brings from one state to another, whatever a command would do. */
function putOwn(home: string, from: Files, to: Files): void {
  for (const path of Object.keys({ ...from, ...to })) {
    const file = join(home, 'etc', path);
    const text = to[path];
    if (text === from[path]) continue;
    rmSync(file, { force: true });
    if (text === undefined) continue;
    writeFileSync(file, text);
    setOwner(file, 'wazuh', 0o660);
  }
}

const owner = isRoot
  ? { uid: wazuhId, gid: wazuhId }
  : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

const toLines = (text: string) => text.split('\n').slice(0, -1);

/** Puts a set of files in the place of another one, as a refresh does, or is refused by the engine and takes it back. */
async function publish(home: string, before: Files, after: Files, isTaken: boolean): Promise<void> {
  const changed = Object.entries(after).filter(([path, text]) => before[path] !== text);
  const held = holdHome(home, () => owner);
  try {
    const planned = changed.map(([path, text]) => ({ path, lines: toLines(text) }));
    const staged = await createLocalTarget(held).stage(planned);
    staged.commit(Object.keys(before).filter((path) => !(path in after)));
    if (!isTaken) staged.undo();
    staged.finish();
  } finally {
    held.close();
  }
}

/** What the next run does first. @returns whether a set was taken back. */
function recoverAll(home: string): boolean {
  const held = holdHome(home, () => owner);
  try {
    const unfinished = recover(held);
    if (unfinished !== null) forget(held);
    return unfinished !== null;
  } finally {
    held.close();
  }
}

test.each([
  ['with a decoder of its own', ''],
  ['with no decoder of its own', noDecoder],
])(
  'killed at each call, the engine starts, and the next run finds one whole set: the new one %s',
  {
    timeout,
  },
  async (_, config) => {
    const { manager, refresh } = await setUpFirstVersion({ config });
    const { home } = manager;
    const before = readOwn(home);
    await refresh();
    const after = readOwn(home);
    const refusalsOf = createStartCheck(home);
    for (const isTaken of [true, false]) {
      const work = () => publish(home, before, after, isTaken);
      const seen = new Set<string>();
      const look = (where: string) => {
        const files = readOwn(home);
        const names = Object.keys(files).sort();
        seen.add(names.filter((path) => /\/[^.][^/]*\.xml$/.test(path)).join());
        expect(refusalsOf(JSON.stringify(files)), where).toEqual([]);
        return files;
      };
      putOwn(home, after, before);
      const { calls, error } = await onFrozenDisk(Number.POSITIVE_INFINITY, work);
      expect(error).toBeNull();
      expect(readOwn(home)).toEqual(isTaken ? after : before);
      putOwn(home, readOwn(home), before);
      for (let count = 0; count < calls.length; count += 1) {
        const where = `killed at ${calls[count]}`;
        await onFrozenDisk(count, work);
        look(where);
        const isTakenBack = recoverAll(home);
        const found = look(where);
        expect(isTakenBack || !isTaken ? [before] : [before, after], where).toContainEqual(found);
        putOwn(home, found, before);
      }
      // Three files come and three go, one after the other, and when they are taken back the same again.
      expect(seen.size).toBe(7);
      expectLoads(manager);
      expectAlerts(manager);
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

test('killed for real in the middle of the upgrade: the engine starts, and the next run leaves the new set whole', async () => {
  const set = await setUpFirstVersion();
  const { manager, run, refresh } = set;
  const killed = await run(['refresh'], { environment: killAt('renameSync', '/0011-opencti-gates.xml') });
  expect(killed.code, killed.stderr).toBeNull();
  expect(filesOf(manager, 'rules')).toContain('rules/zz-opencti-1-gates.xml');
  expect(filesOf(manager, 'decoders')).toContain('decoders/zzzz-opencti-decoder.xml');
  expect(findRefusals(manager.home)).toEqual([]);
  await refresh();
  expect([...filesOf(manager, 'decoders'), ...filesOf(manager, 'rules')].sort()).toEqual(newFiles);
  expectAlerts(manager);
});
