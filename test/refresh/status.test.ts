import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { renderTemplate } from '../../src/wazuh/template.ts';
import { makeFolder } from '../support/folder.ts';
import { quick, setUp } from './support/set-up.ts';

/** Without the value that is there for the selftest. */
function countEntries(text = ''): number {
  return text.split('\n').filter((line) => line !== '' && !line.endsWith(':opencti-wazuh-canary')).length;
}

test('before the first run: stale, exit code 1', async () => {
  const { run } = await setUp();
  const result = await run(['status']);
  expect(result.code).toBe(1);
  expect(result.stdout).toMatch(/^STALE: the lists were never confirmed against OpenCTI\n/);
  expect(result.stdout).toMatch(/Last runs\n {2}none/);
  const line = await run(['status', '--line']);
  expect(line).toMatchObject({ code: 0, stdout: 'stale: the lists were never confirmed against OpenCTI\n' });
});

test('after a good run: fresh, with the counts of each list', async () => {
  const { manager, run, refresh } = await setUp();
  await refresh();
  await refresh();
  const result = await run(['status']);
  expect(result.code).toBe(0);
  expect(result.stdout).toMatch(/^Fresh: the lists were last confirmed \d{4}-.*Z \(\d+ s ago\)\n/);
  const entries = countEntries(manager.readFiles()['lists/opencti-win-query-name']);
  expect(result.stdout).toMatch(new RegExp(`opencti-win-query-name +${entries}\n`));
  expect(result.stdout.match(/ago +(?:changed|unchanged)$/gm)).toHaveLength(2);
  const json = JSON.parse((await run(['status', '--json'])).stdout);
  expect(json.freshness.state).toBe('fresh');
  expect(json.state.runs.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
    'unchanged',
    'changed',
  ]);
});

test('a failed run shows, with its step and reason; the lists stay fresh', async () => {
  const { server, run, refresh } = await setUp();
  await refresh();
  server.faults.add({ kind: 'status', status: 503 });
  await run(['refresh']);
  const result = await run(['status']);
  expect(result.code).toBe(1);
  expect(result.stdout).toMatch(/^Fresh: .*; the last refresh failed at step read\n/);
  expect(result.stdout).toMatch(/failed +at step read/);
  expect(result.stdout).toMatch(/The last one failed\n {2}.*503/);
});

test('ten runs are remembered', async () => {
  const { manager, run } = await setUp();
  const run12 = {
    started: '2026-11-24T00:00:00Z',
    finished: '2026-11-24T00:00:00Z',
    outcome: 'unchanged',
    step: null,
    reason: null,
  };
  mkdirSync(join(manager.home, 'var/opencti-wazuh/state'), { recursive: true });
  const file = join(manager.home, 'var/opencti-wazuh/state/refresh.json');
  writeFileSync(
    file,
    JSON.stringify({
      runs: Array(10).fill(run12),
      confirmed: null,
      appliedAt: null,
      restartNeededSince: null,
    }),
  );
  expect(await run(['refresh'])).toMatchObject({ code: 0 });
  const { runs } = JSON.parse(readFileSync(file, 'utf8'));
  expect(runs).toHaveLength(10);
  expect(runs[0].outcome).toBe('changed');
});

test('the block of ossec.conf, run as logcollector runs it, raises an alert of stale lists alone', async () => {
  const { manager, run, start, refresh } = await setUp();
  await refresh();
  const block = renderTemplate('ossec.conf.localfile', { home: manager.home, command: 'STATUS' });
  const command = /<command>(.*)<\/command>/.exec(block)?.[1] ?? '';
  const cli = start(['status']).spawnargs.slice(0, 2).join(' ');
  const runAsManager = (environment: Record<string, string>) =>
    new Promise<string>((resolve) => {
      let output = '';
      const shell = spawn('/bin/sh', ['-c', command.replace('STATUS', cli)], {
        // As a shell had it that started the manager.
        env: { WAZUH_HOME: '/srv/another', ...environment },
      });
      shell.stdout.on('data', (chunk: Buffer) => {
        output += chunk;
      });
      shell.on('close', () => resolve(output.trimEnd()));
    });
  const fire = (output: string) =>
    manager.engine.fire(`1:opencti-wazuh:ossec: output: 'opencti-wazuh':\n${output}`)?.id;
  expect(fire(await runAsManager({}))).toBeUndefined();
  expect(fire(await runAsManager({ OPENCTI_URL: 'no url' }))).toBe(100_628);
  rmSync(join(manager.home, 'var/opencti-wazuh/state/refresh.json'));
  expect(fire(await runAsManager({}))).toBe(100_628);
  expect(await run(['status', '--line'])).toMatchObject({ code: 0 });
});

test('deleted databases that the engine holds are counted; above 1 GB it says when to restart', async () => {
  const { manager, run, refresh } = await setUp();
  await refresh();
  const folder = join(manager.home, 'etc/lists');
  const holder = spawn('python3', [
    '-c',
    `import mmap, os, sys
held = []
for name, size in (('opencti-fim-md5', 3 << 20), ('opencti-fim-sha1', 5 << 20), ('another', 9 << 20), ('opencti-win-hashes', int(sys.argv[1]))):
    path = '${folder}/' + name + '.cdb'
    with open(path + '.x', 'wb') as file: file.truncate(size)
    os.rename(path + '.x', path)
    with open(path, 'rb') as file: held.append(mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ))
    os.unlink(path)
print('held', flush=True)
sys.stdin.read()`,
    String(2 ** 30),
  ]);
  onTestFinished(() => void holder.kill());
  await once(holder.stdout, 'data');
  for (const name of readdirSync(join(manager.home, 'var/run'))) rmSync(join(manager.home, 'var/run', name));
  writeFileSync(join(manager.home, `var/run/wazuh-analysisd-${holder.pid}.pid`), `${holder.pid}\n`);
  const { stdout } = await run(['status']);
  expect(stdout).toContain(
    'WARNING 3 deleted copies of lists, 1,032 MiB, still held by the engine: each hot reload leaves them; restart the manager in a quiet hour',
  );
  const { deleted } = JSON.parse((await run(['status', '--json'])).stdout);
  expect(deleted).toEqual({ copies: 3, bytes: 2 ** 30 + (8 << 20) });
});

test('without an engine it is not known what is held', async () => {
  const { manager, run, refresh } = await setUp();
  await refresh();
  rmSync(join(manager.home, 'var/run'), { recursive: true });
  expect((await run(['status'])).stdout).toContain('deleted lists that the engine still holds: not known');
});

test('metrics.textfile is written as a whole by each run and by status', async () => {
  const folder = makeFolder();
  const file = join(folder, 'opencti.prom');
  const { manager, server, run, refresh, configure } = await setUp();
  configure(`${quick}metrics: { textfile: ${file} }\n`);
  await refresh();
  const text = readFileSync(file, 'utf8');
  const entries = countEntries(manager.readFiles()['lists/opencti-fim-md5']);
  expect(text).toContain(`opencti_wazuh_list_entries{list="opencti-fim-md5"} ${entries}\n`);
  expect(text).toMatch(
    /^# HELP opencti_wazuh_last_run_success .+\n# TYPE opencti_wazuh_last_run_success gauge\nopencti_wazuh_last_run_success 1$/m,
  );
  expect(text).toMatch(/^opencti_wazuh_confirmed_timestamp_seconds \d{10}$/m);
  expect(text).toMatch(/^opencti_wazuh_deleted_list_bytes 0$/m);
  for (const line of text.trimEnd().split('\n'))
    expect(line).toMatch(
      /^(?:# (?:HELP|TYPE) opencti_wazuh_\w+ .+|opencti_wazuh_\w+(?:\{list="[\w-]+"\})? \d+)$/,
    );
  expect(readdirSync(folder)).toEqual(['opencti.prom']);
  server.faults.add({ kind: 'status', status: 503 });
  await run(['refresh']);
  expect(readFileSync(file, 'utf8')).toContain('opencti_wazuh_last_run_success 0\n');
  rmSync(file);
  await run(['status', '--line']);
  expect(readFileSync(file, 'utf8')).toContain('opencti_wazuh_last_run_success 0\n');
});

test('metrics that cannot be written are told, and the refresh is good all the same', async () => {
  const { run, configure } = await setUp();
  configure(`${quick}metrics: { textfile: /nonexistent/opencti.prom }\n`);
  const result = await run(['refresh']);
  expect(result.code).toBe(0);
  expect(result.stderr).toContain('metrics.textfile /nonexistent/opencti.prom could not be written (ENOENT)');
});

test('no manager: exit code 2', async () => {
  const { run } = await setUp();
  const result = await run(['status'], { environment: { WAZUH_HOME: '/nonexistent' } });
  expect(result.code).toBe(2);
  expect(result.stderr).toContain('/nonexistent is no Wazuh manager');
});
