import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findManagerUser, nameUser } from '../../src/wazuh/engine/daemons.ts';
import { type FakeManager, startFakeManager } from '../fake-manager/fake-manager.ts';
import { isRoot, wazuhId } from '../fake-manager/home.ts';
import { startDaemon } from '../fake-manager/installed.ts';
import { demoToken } from '../platform/server.ts';
import { type CliResult, cliPath, runCli, waitFor } from '../support/cli.ts';
import { makeFolder } from '../support/folder.ts';
import { openOpenCti } from '../support/opencti.ts';

const wazuh = { uid: wazuhId, gid: wazuhId };

interface Laid extends FakeManager {
  readonly etc: string;
  readonly url: string;
  install(...args: string[]): Promise<CliResult>;
  /** As cron starts it: as the manager's user, with no variable but the home. */
  runAsWazuh(...args: string[]): Promise<CliResult>;
}

async function layOut(version = '4.14.7', hasHotReload = true): Promise<Laid> {
  const manager = await startFakeManager({ isDeclared: false, hasHotReload, version });
  const { url } = await openOpenCti({ observables: 20 });
  const etc = makeFolder();
  for (const name of ['cron.d', 'logrotate.d']) mkdirSync(join(etc, name));
  const environment = { WAZUH_HOME: manager.home, OPENCTI_URL: url, OPENCTI_TOKEN: demoToken };
  return {
    ...manager,
    etc,
    url,
    install: (...args) => runCli(['install', '--etc', etc, ...args], environment),
    runAsWazuh: (...args) =>
      waitFor(
        spawn(process.execPath, [cliPath, ...args], {
          env: { PATH: '/usr/bin:/bin', WAZUH_HOME: manager.home },
          ...wazuh,
        }),
      ),
  };
}

const ownerOf = (...parts: string[]) => {
  const { uid, gid, mode } = statSync(join(...parts));
  return `${uid}:${gid} ${(mode & 0o7777).toString(8)}`;
};

describe.runIf(isRoot)('on the layout of the official packages', () => {
  test.each([
    ['4.14.7', true],
    ['4.12.0', false],
    ['4.4.0', false],
    ['4.2.7', false],
  ])('of %s the manager’s user is who it is, and can keep what it has to', async (version, hasHotReload) => {
    const { home, etc, install, runAsWazuh } = await layOut(version, hasHotReload);
    expect(ownerOf(home, 'etc/lists')).toBe(`0:${wazuhId} 770`);
    expect(ownerOf(home, 'var')).toBe(`0:${wazuhId} 750`);
    const early = await runAsWazuh('refresh');
    expect(early.stderr).not.toMatch(/run as the user wazuh/);
    expect(await install()).toMatchObject({ code: 0, stderr: '' });
    for (const name of ['', 'state', 'previous', 'previous/rules'])
      expect(ownerOf(home, 'var/opencti-wazuh', name), name).toBe(`${wazuhId}:${wazuhId} 750`);
    expect(ownerOf(home, 'var/opencti-wazuh/run')).toBe(`${wazuhId}:${wazuhId} 700`);
    const name = nameUser(wazuhId);
    const cron = readFileSync(join(etc, 'cron.d/opencti-wazuh'), 'utf8');
    expect(cron).toContain(` * * * * ${hasHotReload ? name : 'root'} `);
    expect(readFileSync(join(etc, 'logrotate.d/opencti-wazuh'), 'utf8')).toContain(`create 0660 ${name} `);
    if (!hasHotReload) return;
    const refreshed = await runAsWazuh('refresh');
    expect(refreshed.code, refreshed.stderr).toBe(0);
    expect(ownerOf(home, 'logs/opencti-wazuh.log')).toBe(`${wazuhId}:${wazuhId} 660`);
  });

  test('an installation of before, which took root for that user, is mended by install', async () => {
    const { home, etc, install } = await layOut();
    await install();
    for (const name of ['', 'state', 'previous', 'previous/lists', 'run'])
      chownSync(join(home, 'var/opencti-wazuh', name), 0, wazuhId);
    const log = join(home, 'logs/opencti-wazuh.log');
    writeFileSync(log, 'of root\n', { mode: 0o640 });
    const check = async () => {
      const { stdout } = await runCli(['check', '--json', '--etc', etc], { WAZUH_HOME: home });
      return (JSON.parse(stdout) as { subject: string; state: string; text: string; next: string }[]).filter(
        ({ subject, state }) => subject === 'folders' && state !== 'ok',
      );
    };
    const found = await check();
    expect(found.map(({ text }) => text.slice(home.length + 1).split(' ')[0])).toEqual([
      'var/opencti-wazuh',
      'var/opencti-wazuh/state',
      'var/opencti-wazuh/previous',
      'var/opencti-wazuh/previous/lists',
      'var/opencti-wazuh/run',
      'logs/opencti-wazuh.log',
    ]);
    for (const { next } of found) expect(next).toBe('run opencti-wazuh install');
    expect(await install()).toMatchObject({ code: 0 });
    expect(await check()).toEqual([]);
    expect(readFileSync(`${log}.old`, 'utf8')).toBe('of root\n');
    expect(existsSync(log)).toBe(false);
  });

  test('install changes nothing where that user could not write', async () => {
    const { home, install } = await layOut();
    chmodSync(join(home, 'etc/rules'), 0o750);
    const { code, stderr } = await install();
    expect(code).toBe(1);
    expect(stderr).toContain(
      `could not write what they have to: nothing was changed\n  etc/rules cannot be written by the manager's user, ${nameUser(wazuhId)} (${wazuhId}) (owner 0:${wazuhId}, mode 750)`,
    );
    expect(existsSync(join(home, 'integrations/custom-opencti'))).toBe(false);
    expect(existsSync(join(home, 'var/opencti-wazuh'))).toBe(false);
  });

  test('install refuses a Node that the manager’s user cannot run', async () => {
    const { home, etc } = await layOut();
    const closed = makeFolder();
    cpSync(process.execPath, join(closed, 'node'));
    chmodSync(closed, 0o700);
    const child = spawn(join(closed, 'node'), [cliPath, 'install', '--etc', etc], {
      env: { PATH: '/usr/bin:/bin', WAZUH_HOME: home },
    });
    const { code, stderr } = await waitFor(child);
    expect(code).toBe(2);
    expect(stderr).toContain(
      `${closed}/node cannot be run by the manager's user, ${nameUser(wazuhId)} (${wazuhId})`,
    );
    expect(stderr).toContain(
      `${closed} is closed to it (mode 700); nothing was changed: run this with a Node that`,
    );
    expect(existsSync(join(etc, 'cron.d/opencti-wazuh'))).toBe(false);
  });

  test('the user is found by who runs the engine, then by the sockets, and wazuh.user is first of all', async () => {
    const { home } = await layOut();
    expect(findManagerUser(home)).toEqual(wazuh);
    const stop = startDaemon(home, 'wazuh-analysisd', { uid: 42_001, gid: 42_002 });
    expect(findManagerUser(home)).toEqual({ uid: 42_001, gid: 42_002 });
    expect(findManagerUser(home, 'root')).toEqual({ uid: 0, gid: 0 });
    expect(findManagerUser(home, '42003')).toEqual({ uid: 42_003, gid: wazuhId });
    expect(() => findManagerUser(home, 'no-such-user')).toThrow(
      /wazuh\.user: there is no account "no-such-user"/,
    );
    stop();
    rmSync(join(home, 'queue/sockets'), { recursive: true });
    if (nameUser(wazuhId) === 'wazuh' && !/^(?:wazuh|ossec):/m.test(readFileSync('/etc/passwd', 'utf8')))
      expect(() => findManagerUser(home)).toThrow(/there is no account wazuh or ossec; set wazuh\.user/);
  });
});
