import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startFakeManager } from '../fake-manager/fake-manager.ts';
import { isRoot } from '../fake-manager/home.ts';
import { type CliResult, cliPath, waitFor } from '../support/cli.ts';
import { makeFolder } from '../support/folder.ts';

/** A user who is neither root nor in the manager's group: the home of an official package is closed to it. */
const somebody = { uid: 42_998, gid: 42_998 };

function run(home: string, args: readonly string[]): Promise<CliResult> {
  const env = { PATH: '/usr/bin:/bin', WAZUH_HOME: home };
  return waitFor(spawn(process.execPath, [cliPath, ...args], { env, cwd: '/', ...somebody }));
}

describe.runIf(isRoot)('a plain user on a manager', () => {
  test.each([
    ['export', '/nonexistent/folder'],
    ['refresh'],
    ['refresh', '-n'],
    ['status'],
    ['status', '--line'],
    ['lookup', 'evil.example.com'],
    ['explain', 'evil.example.com'],
    ['report'],
    ['check'],
    ['selftest'],
    ['install', '--no-probe'],
    ['uninstall'],
  ])('who runs %s %s is told who may', async (...args) => {
    const { home } = await startFakeManager();
    const { code, stdout, stderr } = await run(home, args.filter(Boolean));
    expect(code).not.toBe(0);
    expect(`${stdout}${stderr}`).toMatch(/run it as root|run as the user wazuh or as root/);
    expect(`${stdout}${stderr}`).not.toMatch(/--config|defect|\n +at /);
  });
});

test('a file of an alert that is not there is no value that is not listed', async () => {
  for (const subject of ['alert.json', './alert', '/nonexistent/alert']) {
    const child = spawn(process.execPath, [cliPath, 'lookup', subject, '--from', makeFolder()]);
    const { code, stderr } = await waitFor(child);
    expect(code).toBe(2);
    expect(stderr).toContain(
      `${subject} is no file: give a value, or the path of a file that holds one alert`,
    );
  }
});

test('a letter means one thing in all commands', async () => {
  const help = async (...args: string[]) =>
    (await waitFor(spawn(process.execPath, [cliPath, ...args, '--help']))).stdout;
  const commands = [...(await help()).matchAll(/^ {2}([a-z]+)\b/gm)].map(([, name = '']) => name);
  expect(commands.length).toBeGreaterThan(9);
  const meanings = new Map<string, Set<string>>();
  const long = new Map<string, Set<string>>();
  for (const command of commands.filter((name) => name !== 'help'))
    for (const [, letter, name = ''] of (await help(command)).matchAll(/^ {2}(?:-(\w), |)--([a-z-]+)/gm)) {
      const key = letter ?? `none for ${name}`;
      meanings.set(key, (meanings.get(key) ?? new Set()).add(name));
      long.set(name, (long.get(name) ?? new Set()).add(letter ?? ''));
    }
  for (const [letter, names] of meanings) expect([...names], letter).toHaveLength(1);
  for (const [name, letters] of long) expect([...letters], name).toHaveLength(1);
  expect(join(...(meanings.get('n') ?? []))).toBe('dry-run');
  expect(join(...(meanings.get('f') ?? []))).toBe('from');
});
