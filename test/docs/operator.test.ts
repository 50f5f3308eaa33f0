import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { allFields, type FieldEvent, toSource } from '../../src/wazuh/fields.ts';
import { type Alerting, startAlerting } from '../fake-manager/alerting.ts';
import { addFirewallDecoders } from '../fake-manager/decoders.ts';
import { type FakeManager, type FakeManagerOptions, startFakeManager } from '../fake-manager/fake-manager.ts';
import { isRoot } from '../fake-manager/home.ts';
import { startDaemons } from '../fake-manager/installed.ts';
import { demoToken } from '../platform/server.ts';
import { type CliResult, cliPath, waitFor } from '../support/cli.ts';
import { makeFolder } from '../support/folder.ts';
import { openOpenCti } from '../support/opencti.ts';
import { readAlerts } from '../support/sample-events.ts';
import { oldSites } from '../support/sites/index.ts';
import { createAuthority } from '../support/tls.ts';

const root = join(import.meta.dirname, '../..');
const readDoc = (name: string) => readFileSync(join(root, name), 'utf8');

/** Returns the commands of a document as they are written there, by block. */
function readBlocks(text: string): string[][] {
  return [...text.matchAll(/^( *)```sh\n([\s\S]*?)^ *```$/gm)].map(([, indent = '', block = '']) =>
    block
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(indent.length)),
  );
}

interface Shell {
  /** Of the platform. */
  readonly url: string;
  readonly manager: FakeManager;
  run(line: string): Promise<CliResult>;
  /** Until the integration has answered all that is due. */
  settle(): Promise<void>;
}

/**
 * A shell on a manager, whose `/var/ossec` and `/root/opencti-token` are elsewhere. npm installs no package here:
 * `test/package.test.ts` does that.
 */
async function openShell(options: FakeManagerOptions = {}): Promise<Shell> {
  const manager = await startFakeManager({ isDeclared: false, ...options });
  addFirewallDecoders(manager.home);
  const folder = makeFolder();
  for (const name of ['bin', 'etc', 'etc/cron.d', 'etc/logrotate.d']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'token'), `${demoToken}\n`);
  const put = (name: string, body: string) => {
    writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(folder, 'bin', name), 0o755);
  };
  const etc = `case $1 in install|uninstall|check) set -- "$@" --etc ${folder}/etc ;; esac`;
  put('opencti-wazuh', `${etc}\nexec ${process.execPath} ${cliPath} "$@"`);
  put('npm', 'echo "$*"');
  const { url } = await openOpenCti({ observables: 60, indicators: 20 });
  let alerting: Alerting | null = null;
  const exported: string[] = [];
  async function run(line: string): Promise<CliResult> {
    const text = line
      .replaceAll('https://opencti.example', url)
      .replaceAll('/root/opencti-token', join(folder, 'token'))
      .replaceAll('/var/ossec', manager.home);
    if (/^(?:export |\w+=)/.test(text)) exported.push(text);
    const script = [...exported, text].join('\n');
    const child = spawn('/bin/sh', ['-c', script], {
      env: {
        PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
        WAZUH_HOME: manager.home,
        API_USER: 'u',
        API_PASSWORD: 'p',
      },
    });
    const result = await waitFor(child);
    // What a restart does to the rest of a manager.
    if (line.includes('install') && line.includes('--restart')) {
      alerting ??= startAlerting(manager);
      alerting.restart();
      startDaemons(manager);
    }
    return result;
  }
  return { url, manager, run, settle: async () => alerting?.settle() };
}

async function runAll(shell: Shell, lines: readonly string[]): Promise<CliResult[]> {
  const results: CliResult[] = [];
  for (const line of lines) {
    const result = await shell.run(line);
    expect(result.code, `${line}\n${result.stdout}${result.stderr}`).toBe(0);
    results.push(result);
  }
  return results;
}

describe.runIf(isRoot)('as written, on a manager', () => {
  test('the five minutes of the README end with every row fired', { timeout: 120_000 }, async () => {
    const [, block = []] = readBlocks(readDoc('README.md'));
    expect(block[0]).toMatch(/^npm install -g opencti-wazuh/);
    const results = await runAll(await openShell(), block);
    expect(results.at(-2)?.stdout).toMatch(/\n0 problems, 0 warnings, \d+ ok\n$/);
    expectContexts(results.at(-1)?.stdout);
  });

  test('docs/install.md: five minutes, upgrade, uninstall', { timeout: 180_000 }, async () => {
    const blocks = readBlocks(readDoc('docs/install.md'));
    expect(blocks).toHaveLength(4);
    const [fiveMinutes = [], upgrade = [], , uninstall = []] = blocks;
    const shell = await openShell();
    const before = listHome(shell);
    const installed = await runAll(shell, fiveMinutes);
    expectContexts(installed.at(-1)?.stdout);
    const upgraded = await runAll(shell, upgrade);
    expect(upgraded[1]?.stdout).toMatch(/nothing to change/);
    await shell.settle();
    await runAll(shell, uninstall);
    expect(listHome(shell)).toEqual(before);
  });

  test('docs/install.md: the old integration is adopted', { timeout: 60_000 }, async () => {
    const [, , adopt = []] = readBlocks(readDoc('docs/install.md'));
    const shell = await openShell();
    const conf = (oldSites['as documented'] ?? '')
      .replace(/(?<=<hook_url>)[^<]*/, shell.url)
      .replace(/(?<=<api_key>)[^<]*/, demoToken);
    writeFileSync(join(shell.manager.home, 'etc/ossec.conf'), conf);
    await runAll(shell, adopt);
    expect(readFileSync(join(shell.manager.home, 'etc/ossec.conf'), 'utf8')).toContain('opencti_match');
  });

  test('docs/integration.md: an alert is tried by hand', { timeout: 60_000 }, async () => {
    const [[trial = '', ...more] = []] = readBlocks(readDoc('docs/integration.md'));
    expect(more).toEqual([]);
    const shell = await openShell();
    const [[, variables = '', , install = '', refresh = ''] = []] = readBlocks(readDoc('docs/install.md'));
    await runAll(shell, [variables, install, refresh]);
    const alert = join(makeFolder(), 'alert.json');
    writeFileSync(alert, `${JSON.stringify(readAlerts().get('sysmon22-answer'))}\n`);
    const [result] = await runAll(shell, [trial.replace('alert.json', alert)]);
    expect(result?.stdout).toContain('"opencti"');
  });

  test('docs/cluster.md: master, worker, and the reload of the workers', { timeout: 180_000 }, async () => {
    const [onMaster = [], onWorker = [], reload = []] = readBlocks(readDoc('docs/cluster.md'));
    const master = await openShell({ cluster: 'master' });
    const [, , refreshed] = await runAll(master, onMaster);
    expect(refreshed?.stdout).toMatch(/worker/);

    const worker = await openShell({ cluster: 'worker' });
    for (const [path, text] of Object.entries(master.manager.readFiles()))
      writeFileSync(join(worker.manager.home, 'etc', path), text);
    const results = await runAll(worker, onWorker);
    expect(results[1]?.stdout).not.toMatch(/once an hour|opencti-wazuh refresh$/m);
    expect(results.at(-1)?.stdout).toMatch(/^(\d+) of \1 rows fired/m);
    expect((await worker.run('opencti-wazuh refresh')).code).toBe(2);

    const api = await startApi();
    await runAll(
      master,
      reload.map((line) => line.replaceAll('https://127.0.0.1:55000', api.url)),
    );
    expect(api.asked.at(-1)).toBe('PUT /cluster/analysisd/reload Bearer a-jwt');
  });
});

/** Each event of each row of the field table fired, in each spelling, and the integration had the context of it. */
function expectContexts(stdout = ''): void {
  const lines = stdout.split('\n').filter((line) => / {2}rule \d+ {2}/.test(line));
  const isSysmon = ({ source, starts }: FieldEvent) => source.startsWith('sysmon') && starts === 'always';
  for (const { ruleField, events } of allFields)
    for (const { source, event, ruleId } of events.filter(isSysmon)) {
      const { title } = toSource(source);
      const row = new RegExp(`^ {2}${title} ${event} +${ruleField} .* rule ${ruleId} +fired +context came$`);
      expect(
        lines.some((line) => row.test(line)),
        `${row}\n${stdout}`,
      ).toBe(true);
    }
  expect(lines.filter((line) => !line.endsWith('fired  context came'))).toEqual([]);
  const all = `${lines.length} of ${lines.length}`;
  expect(stdout).toContain(`\n${all} rows fired, ${all} with context`);
}

/** Names alone: the install tests hold the bytes. Databases of the engine's own are not of this. */
function listHome({ manager }: Shell): string[] {
  const names = readdirSync(manager.home, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => !/^(?:alert-|logs\/alerts|var\/run)/.test(name)).sort();
}

/** As much of the server API as the document asks. */
async function startApi(): Promise<{ url: string; asked: string[] }> {
  const { key, cert } = createAuthority().issue({});
  const asked: string[] = [];
  const server = createServer({ key, cert }, (request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    response.end(request.url?.startsWith('/security/') ? 'a-jwt' : '{"error":0}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

test('every line that check can say is in docs/messages.md', () => {
  const names = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const sources = names
    .filter((name) => /(?:^|\/)check\/[^/]+\.ts$/.test(name))
    .map((name) => readFileSync(join(root, 'src', name), 'utf8'));
  const subjects = sources.flatMap((text) => [
    ...[...text.matchAll(/\b(?:ok|warn|fail|orOk)\(\s*'([\w.]+)'/g)].map(([, subject]) => subject ?? ''),
    ...[...text.matchAll(/const subject = '([\w.]+)'/g)].map(([, subject]) => subject ?? ''),
  ]);
  const [, section = ''] = readDoc('docs/messages.md').split(/^## Lines of `check`$/m);
  expect(subjects.length).toBeGreaterThan(30);
  for (const subject of new Set(subjects)) expect(section).toContain(`\n| \`${subject}\` |`);
});

test('no document names a command or an option that is not there', async () => {
  const help = async (...args: string[]) =>
    (await waitFor(spawn(process.execPath, [cliPath, ...args, '--help']))).stdout;
  const commands = [...(await help()).matchAll(/^ {2}([a-z|]+)\b/gm)].flatMap(([, name = '']) =>
    name.split('|'),
  );
  const texts = new Map<string, string>();
  for (const command of commands) texts.set(command, await help(command));
  const names = readdirSync(join(root, 'docs')).map((name) => `docs/${name}`);
  for (const name of ['README.md', 'CONTRIBUTING.md', ...names]) {
    const document = readDoc(name);
    const quoted = [...document.matchAll(/(?:`|^ *)opencti-wazuh ([a-z]+)/gm)].map(([, command]) => command);
    expect(
      quoted.filter((command = '') => !texts.has(command)),
      name,
    ).toEqual([]);
    for (const [, command = '', options = ''] of document.matchAll(
      /opencti-wazuh ([a-z]+)((?: --[a-z-]+)*)/g,
    ))
      for (const option of options.trim().split(' ').filter(Boolean))
        expect(texts.get(command), `${name}: ${command}`).toContain(option);
  }
});
