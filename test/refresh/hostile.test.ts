import { execFileSync, spawn } from 'node:child_process';
import {
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { isRoot, wazuhId } from '../fake-manager/home.ts';
import { writeObservable } from '../platform/data/written.ts';
import { makeFolder } from '../support/folder.ts';
import { type SetUp, setUp } from './support/set-up.ts';

/**
 * The user `wazuh` owns most folders of a manager, and a refresh may run as root. Whatever that user puts there, the
 * run changes no file but the tool's own. Run by another user than root the same links are refused, which is
 * checked; that nothing is given away can only be seen by root.
 */
if (!isRoot) console.warn('NOT ROOT: whether a run of root can be led astray is checked in part only');

const secret = 'root:secret\n';
let outside: string;
let set: SetUp;

beforeEach(async () => {
  outside = makeFolder();
  writeFileSync(join(outside, 'shadow'), secret, { mode: 0o600 });
  mkdirSync(join(outside, 'folder'));
  set = await setUp({ data: { observables: 40 } });
  await set.refresh();
  const { observables } = set.server.data;
  observables.add(writeObservable({ entity_type: 'IPv4-Addr', value: '185.220.101.77', id: 'new-address' }));
});

/** Nothing outside was written, given away, renamed or filled. */
function expectUntouched(): void {
  const file = lstatSync(join(outside, 'shadow'));
  expect({ uid: file.uid, mode: file.mode & 0o777 }).toEqual({ uid: process.getuid?.(), mode: 0o600 });
  expect(readFileSync(join(outside, 'shadow'), 'utf8')).toBe(secret);
  const folder = lstatSync(join(outside, 'folder'));
  expect(folder.uid).toBe(process.getuid?.());
  expect(execFileSync('ls', ['-A', outside, join(outside, 'folder')], { encoding: 'utf8' })).toBe(
    `${outside}:\nfolder\nshadow\n\n${outside}/folder:\n`,
  );
}

/** As the user of the engine would. */
function plantLink(target: string, place: string): void {
  const path = join(set.manager.home, place);
  rmSync(path, { recursive: true, force: true });
  symlinkSync(target, path);
  if (isRoot) lchownSync(path, wazuhId, wazuhId);
}

const own = 'etc/lists/opencti-win-destination-ip';

describe('links to a file of root', () => {
  test.each([
    own,
    'etc/rules/0011-opencti-gates.xml',
    'etc/rules/zzzz-opencti-rules.xml',
    'etc/decoders/zzzz-opencti-decoder.xml',
    // Of the first version, which a refresh takes away.
    'etc/rules/zz-opencti-1-gates.xml',
    'etc/decoders/zz-opencti-decoder.xml',
    'var/opencti-wazuh/state/lock',
    'var/opencti-wazuh/state/journal.json',
    'var/opencti-wazuh/state/refresh.json',
    'var/opencti-wazuh/state/platform.record',
  ])('%s: refused', async (place) => {
    plantLink(join(outside, 'shadow'), place);
    const { code, stderr } = await set.run(['refresh']);
    expect(code).toBe(1);
    expect(stderr).toContain(`${place} is a symbolic link, and none is followed`);
    expectUntouched();
    expect(set.manager.takeAlerts().map(({ fired }) => fired?.id)).toEqual([100_627]);
  });

  test.each([
    `${own}.cdb`,
    // What earlier versions left of a read that was cut is taken away.
    'var/opencti-wazuh/state/platform.read',
    'etc/lists/.opencti-win-destination-ip.new~',
    'etc/lists/.opencti-win-destination-ip.old~',
    'var/opencti-wazuh/state/.refresh.json.new~',
    'var/opencti-wazuh/state/.journal.json.new~',
    'var/opencti-wazuh/state/.platform.record.new~',
    'var/opencti-wazuh/previous/lists/opencti-win-destination-ip',
    'logs/opencti-wazuh.log',
  ])('%s: taken away or left alone', async (place) => {
    plantLink(join(outside, 'shadow'), place);
    expect(await set.run(['refresh'])).toMatchObject({ code: 0 });
    expectUntouched();
    expect(set.manager.readFiles()['lists/opencti-win-destination-ip']).toContain('185.220.101.77');
  });
});

describe('links to a folder of root', () => {
  test.each([
    'etc/lists',
    'etc/rules',
    'etc/decoders',
    'var/opencti-wazuh',
    'var/opencti-wazuh/state',
    'var/opencti-wazuh/previous',
    'var/opencti-wazuh/previous/lists',
  ])('%s: refused', async (place) => {
    plantLink(join(outside, 'folder'), place);
    const { code, stderr } = await set.run(['refresh']);
    expect(code).toBe(1);
    expect(stderr).toContain(`${place} is a symbolic link, and none is followed`);
    expectUntouched();
  });

  test('logs: nothing is logged', async () => {
    plantLink(join(outside, 'folder'), 'logs');
    expect(await set.run(['refresh'])).toMatchObject({ code: 0 });
    expectUntouched();
  });
});

describe('forged state', () => {
  const journalOf = (files: readonly { path: string; existed: boolean }[]) => JSON.stringify({ files });

  test.each([
    ['paths that lead outside', journalOf([{ path: '../../../../../../../etc/shadow', existed: false }])],
    [
      'a file of the manager',
      journalOf([
        { path: 'ossec.conf', existed: false },
        { path: 'lists/../ossec.conf', existed: false },
      ]),
    ],
    ['no JSON', '{"files":'],
    ['something else', '{"files":{"path":1}}'],
    ['an empty file', ''],
  ])('a journal with %s', async (_, text) => {
    const conf = readFileSync(join(set.manager.home, 'etc/ossec.conf'), 'utf8');
    writeFileSync(join(set.manager.home, 'var/opencti-wazuh/state/journal.json'), text);
    expect(await set.run(['refresh'])).toMatchObject({ code: 0 });
    expect(readFileSync(join(set.manager.home, 'etc/ossec.conf'), 'utf8')).toBe(conf);
    expectUntouched();
    expect(set.manager.readFiles()['lists/opencti-win-destination-ip']).toContain('185.220.101.77');
  });

  test('a journal that would put a link in place: what the link points to stays as it is', async () => {
    const { home } = set.manager;
    plantLink(join(outside, 'shadow'), 'etc/lists/.opencti-win-destination-ip.old~');
    writeFileSync(
      join(home, 'var/opencti-wazuh/state/journal.json'),
      journalOf([{ path: 'lists/opencti-win-destination-ip', existed: true }]),
    );
    const { code, stderr } = await set.run(['refresh']);
    expect(code).toBe(1);
    expect(stderr).toContain('is a symbolic link');
    expectUntouched();
  });

  test('a second name of another file as what was kept: its times stay', async () => {
    const { home } = set.manager;
    const before = lstatSync(join(outside, 'shadow')).mtimeMs;
    const kept = join(home, 'etc/lists/.opencti-win-destination-ip.old~');
    const isSameDisk = lstatSync(outside).dev === lstatSync(home).dev;
    expect(isSameDisk).toBe(true);
    linkSync(join(outside, 'shadow'), kept);
    writeFileSync(
      join(home, 'var/opencti-wazuh/state/journal.json'),
      journalOf([{ path: 'lists/opencti-win-destination-ip', existed: true }]),
    );
    await set.run(['refresh']);
    expect(lstatSync(join(outside, 'shadow')).mtimeMs).toBe(before);
    expectUntouched();
  });

  test.each([
    ['no JSON', 'x'],
    [
      'escape sequences for a terminal',
      JSON.stringify({
        runs: [
          {
            started: '2026-11-24T00:00:00Z',
            finished: '2026-11-24T00:00:00Z',
            outcome: 'failed',
            step: 'read',
            reason: '\u001b[2J\u001b]0;pwned\u0007',
          },
        ],
        confirmed: null,
        appliedAt: null,
        restartNeededSince: null,
      }),
    ],
    ['more than a state can have', `"${'x'.repeat(2 ** 20)}"`],
  ])('a state with %s', async (_, text) => {
    writeFileSync(join(set.manager.home, 'var/opencti-wazuh/state/refresh.json'), text);
    const { stdout, stderr } = await set.run(['status']);
    expect(stdout + stderr).not.toMatch(/[\u001b\u0007]/);
    expectUntouched();
  });
});

test.runIf(isRoot)('links that come and go while root refreshes', { timeout: 120_000 }, async () => {
  const { home } = set.manager;
  const names = [
    '.opencti-win-destination-ip.new~',
    '.opencti-win-destination-ip.old~',
    'opencti-win-destination-ip',
  ];
  const loop = `const fs = require('node:fs');
    for (;;) for (const name of ${JSON.stringify(names)}) {
      const path = ${JSON.stringify(join(home, 'etc/lists'))} + '/' + name;
      try { fs.unlinkSync(path); } catch {}
      try { fs.symlinkSync(${JSON.stringify(join(outside, 'shadow'))}, path); } catch {}
    }`;
  const racer = spawn(process.execPath, ['-e', loop], { uid: wazuhId, gid: wazuhId, stdio: 'ignore' });
  try {
    for (let round = 0; round < 4; round += 1) {
      const { stderr } = await set.run(['refresh', '--force']);
      expect(stderr).not.toContain('defect of the tool');
      expectUntouched();
    }
  } finally {
    racer.kill('SIGKILL');
  }
});

test('a pipe in the place of a list or a lock is not waited for', async () => {
  for (const place of [own, 'var/opencti-wazuh/state/lock']) {
    const path = join(set.manager.home, place);
    renameSync(path, `${path}.away~`);
    execFileSync('mkfifo', [path]);
    const { code, stderr } = await set.run(['refresh']);
    expect(code).toBe(1);
    expect(stderr).toContain(`${place} is not a plain file`);
    rmSync(path);
    renameSync(`${path}.away~`, path);
  }
});
