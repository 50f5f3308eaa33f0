import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CheckLine } from '../../src/commands/check/site.ts';
import { nameUser } from '../../src/wazuh/engine/daemons.ts';
import { isRoot, wazuhId } from '../fake-manager/home.ts';
import { type InstalledManager, startDaemons, startInstalledManager } from '../fake-manager/installed.ts';

async function check({ run, etc }: InstalledManager): Promise<CheckLine[]> {
  const { stdout } = await run('check', '--json', '--etc', etc);
  return (JSON.parse(stdout) as CheckLine[]).filter(({ state }) => state !== 'ok');
}

/** Does what a line says, as the operator would: commands of the shell and of this tool. */
async function follow(manager: InstalledManager, next: string | null): Promise<void> {
  for (const step of (next ?? '').split(/; (?:then )?/)) {
    const [, command] = /^run opencti-wazuh (\w+(?: --\w+)*)/.exec(step) ?? [];
    if (command === undefined) {
      // The machine of the tests has no such account.
      const known = step
        .replaceAll(`${nameUser(wazuhId)}:`, `${wazuhId}:`)
        .replaceAll(':wazuh ', `:${wazuhId} `);
      execFileSync('/bin/sh', ['-c', known]);
      continue;
    }
    const args = command.split(' ');
    const { code, stderr } = await manager.run(
      ...args,
      ...(args[0] === 'install' ? ['--etc', manager.etc] : []),
    );
    expect(code, `${step}\n${stderr}`).toBe(0);
  }
}

/** As a restart does. */
function restartDaemons(manager: InstalledManager): void {
  const folder = join(manager.home, 'var/run');
  for (const name of readdirSync(folder)) if (name.endsWith('.pid')) rmSync(join(folder, name));
  startDaemons(manager);
}

function reloadAtOnce({ home }: InstalledManager): void {
  const config = join(home, 'etc/opencti-wazuh.yml');
  writeFileSync(config, `${readFileSync(config, 'utf8')}\nguards: { min_reload_interval: 0s }\n`);
}

describe.runIf(isRoot)('one cause is one problem, and its remedy mends all that follows', () => {
  test('an ossec.conf that a configuration manager has put back', async () => {
    const manager = await startInstalledManager();
    const { home, engine } = manager;
    const conf = join(home, 'etc/ossec.conf');
    copyFileSync(join(home, 'backup/opencti-wazuh/ossec.conf'), conf);
    for (const name of readdirSync(join(home, 'etc/lists')))
      if (/^opencti-.*\.cdb$/.test(name)) rmSync(join(home, 'etc/lists', name));
    engine.load();
    const lines = await check(manager);
    const own = lines.filter(({ follows }) => follows === undefined);
    expect(own.map(({ state, subject }) => `${state} ${subject}`)).toEqual(['problem ossec.conf']);
    expect(own[0]?.text).toMatch(
      /^it has lost what install wrote: \d+ <list> lines, the <integration>, the <localfile>; does something else/,
    );
    expect(lines.length).toBeGreaterThan(10);
    const { stdout } = await manager.run('check', '--etc', manager.etc);
    expect(stdout).toContain(
      `\n1 problem, 0 warnings, ${stdout.split('\nok ').length} ok\nand ${lines.length - 1} that have one of the causes above`,
    );
    expect(stdout.match(/next: /g)).toHaveLength(1);
    await follow(manager, own[0]?.next ?? null);
    restartDaemons(manager);
    expect(await check(manager)).toEqual([]);
  });

  test('a <list> line that is lost, which needs no restart', async () => {
    const manager = await startInstalledManager();
    const conf = join(manager.home, 'etc/ossec.conf');
    const text = readFileSync(conf, 'latin1');
    // A second beyond the start of the daemons, as the kernel's times are compared.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    writeFileSync(conf, text.replace(/^.*<list>etc\/lists\/opencti-fim-md5<\/list>\n/m, ''), 'latin1');
    manager.engine.load();
    const own = (await check(manager)).filter(({ follows }) => follows === undefined);
    expect(own.map(({ subject }) => subject)).toEqual(['ossec.conf']);
    expect(own[0]?.next).toMatch(
      /^run "opencti-wazuh install", or put the lines of \/\S+\/rules\/ossec\.conf\.snippet/,
    );
    await follow(manager, 'run opencti-wazuh install');
    expect(await check(manager)).toEqual([]);
  });

  test('a list that the engine cannot read: owner and mode are named', async () => {
    const manager = await startInstalledManager();
    reloadAtOnce(manager);
    await manager.run('install', '--etc', manager.etc);
    const list = join(manager.home, 'etc/lists/opencti-fim-md5');
    rmSync(`${list}.cdb`);
    chownSync(list, 0, 0);
    chmodSync(list, 0o600);
    const lines = await check(manager);
    expect(lines.map(({ subject, text }) => [subject, text])).toEqual([
      [
        'lists',
        `${list} cannot be read by the engine, which runs as ${nameUser(wazuhId)} (${wazuhId}): its mode is 600, its owner 0:0`,
      ],
    ]);
    await follow(manager, lines[0]?.next ?? null);
    expect(await check(manager)).toEqual([]);
  });

  test('a folder of lists that the engine cannot write', async () => {
    const manager = await startInstalledManager();
    const folder = join(manager.home, 'etc/lists');
    chmodSync(folder, 0o750);
    const lines = await check(manager);
    expect(lines.map(({ subject, text }) => [subject, text])).toEqual([
      [
        'folders',
        `${folder} cannot be written by the manager's user, ${nameUser(wazuhId)} (${wazuhId}) (owner 0:${wazuhId}, mode 750)`,
      ],
    ]);
    await follow(manager, lines[0]?.next ?? null);
    expect(statSync(folder).mode & 0o7777).toBe(0o770);
    expect(await check(manager)).toEqual([]);
  });

  test('a list that was not compiled', async () => {
    const manager = await startInstalledManager();
    reloadAtOnce(manager);
    await manager.run('install', '--etc', manager.etc);
    rmSync(join(manager.home, 'etc/lists/opencti-fim-md5.cdb'));
    const [line, ...others] = await check(manager);
    expect(others).toEqual([]);
    expect(line?.text).toMatch(/opencti-fim-md5 was not compiled/);
    await follow(manager, line?.next ?? null);
    expect(await check(manager)).toEqual([]);
  });
});

test('lines come when they are known, and an interrupted check ends at once', async () => {
  const manager = await startInstalledManager();
  const { spawn } = await import('node:child_process');
  const { cliPath } = await import('../support/cli.ts');
  const { createServer } = await import('node:http');
  // An OpenCTI that never answers.
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  for (const signal of ['SIGINT', 'SIGHUP'] as const) {
    const env = {
      PATH: process.env.PATH,
      WAZUH_HOME: manager.home,
      OPENCTI_URL: `http://127.0.0.1:${port}`,
      OPENCTI_TOKEN: 'x',
    };
    const child = spawn(process.execPath, [cliPath, 'check', '--etc', manager.etc], { env });
    const [first] = await new Promise<Buffer[]>((resolve) =>
      child.stdout.once('data', (...data) => resolve(data)),
    );
    expect(String(first)).toMatch(/^(?:ok {5}|WARNING) {2,}config/);
    await new Promise((resolve) => setTimeout(resolve, 300));
    // It waits for an answer that never comes: without the signal it would end at its own time limit, by itself.
    const ended = new Promise((resolve) => child.once('close', (_, by) => resolve(by)));
    child.kill(signal);
    expect(await ended).toBe(signal);
  }
  server.closeAllConnections();
  server.close();
});
