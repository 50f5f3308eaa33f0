import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { demoToken } from '../platform/server.ts';
import { type CliResult, waitFor } from '../support/cli.ts';
import { openOpenCti } from '../support/opencti.ts';
import { createAuthority } from '../support/tls.ts';
import { readEvent } from './support/engine.ts';
import { createListedManager, nameAlert, nameSource } from './support/listed.ts';
import { createManager, launcher, type Manager, readLog, readTraces } from './support/manager.ts';

const root = join(import.meta.dirname, '../..');
/** Debian's `sh`, which accepts only what POSIX has. */
const strictShell = 'dash';

function start(
  manager: Manager,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CliResult> {
  const env = { PATH: '/usr/bin:/bin', ...environment };
  return waitFor(spawn(launcher, args, { cwd: manager.home, env, stdio: ['ignore', 'pipe', 'pipe'] }));
}

function writeAlert(manager: Manager): string {
  const file = join(manager.home, 'tmp/an.alert');
  writeFileSync(file, JSON.stringify(nameAlert));
  return file;
}

/** The launcher on a machine that has no Node in the usual places. */
function hideUsualPlaces({ home }: Manager): void {
  const file = join(home, 'integrations/custom-opencti');
  const text = readFileSync(file, 'utf8');
  const hidden = text.replace(/for node in [^;]*;/, 'for node in /nonexistent/node;');
  expect(hidden).not.toBe(text);
  writeFileSync(file, hidden);
  rmSync(join(home, 'integrations/custom-opencti.node-path'));
}

test('the launcher is good for any POSIX shell', () => {
  expect(spawnSync(strictShell, ['-n', join(root, 'bin/custom-opencti')])).toMatchObject({ status: 0 });
  expect(statSync(join(root, 'bin/custom-opencti')).mode & 0o111).toBe(0o111);
});

describe('without a usable Node', () => {
  test('there is one line and exit status 1', async () => {
    const manager = createListedManager({});
    hideUsualPlaces(manager);
    const result = await start(manager, [writeAlert(manager)], { PATH: '/nonexistent' });
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toMatch(
      /^custom-opencti: no Node\.js found on the PATH .*install 20\.19 or later.*\n$/,
    );
  });

  test.each([
    ['text', 'no program at all\n'],
    ['a program for another machine', Buffer.concat([Buffer.from('\x7fELF\x02\x02\x01'), Buffer.alloc(200)])],
    ['a script whose interpreter is not there', '#!/nonexistent/interpreter\n'],
  ])('that is %s the exit status is neither 126 nor 127', async (_, content) => {
    const manager = createListedManager({});
    const file = join(manager.home, 'not-node');
    writeFileSync(file, content);
    chmodSync(file, 0o755);
    writeFileSync(join(manager.home, 'integrations/custom-opencti.node-path'), `${file}\n`);
    const { code, stderr } = await start(manager, [writeAlert(manager)]);
    expect([126, 127]).not.toContain(code);
    expect(code).not.toBe(0);
    expect(stderr).not.toBe('');
  });

  test('without the bundle there is one line that says what to do', async () => {
    const manager = createListedManager({});
    rmSync(join(manager.home, 'integrations/custom-opencti.cjs'));
    const result = await start(manager, [writeAlert(manager)]);
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toMatch(
      /^custom-opencti: no readable custom-opencti\.cjs .*"opencti-wazuh install" again\n$/,
    );
  });
});

test('from a checkout it takes the bundle of the build', async () => {
  const server = await openOpenCti();
  const manager = createListedManager({});
  const environment = {
    PATH: '/usr/bin:/bin',
    WAZUH_HOME: manager.home,
    OPENCTI_URL: server.url,
    OPENCTI_TOKEN: demoToken,
  };
  const child = spawn(join(root, 'bin/custom-opencti'), ['--test', writeAlert(manager)], {
    env: environment,
  });
  const { code, stdout } = await waitFor(child);
  expect(code).toBe(0);
  expect(readEvent(stdout.trimEnd()).data.opencti).toMatchObject({ value: 'sazoya.com' });
});

describe('the Node', () => {
  const marker = (name: string) => `#!/bin/sh\necho ${name} >&2\nexit 3\n`;

  test('of the installation goes before the one on the PATH', async () => {
    const manager = createListedManager({});
    for (const name of ['installed', 'node']) {
      writeFileSync(join(manager.home, name), marker(name), { mode: 0o755 });
    }
    const path = { PATH: `${manager.home}:/usr/bin:/bin` };
    writeFileSync(
      join(manager.home, 'integrations/custom-opencti.node-path'),
      join(manager.home, 'installed'),
    );
    expect(await start(manager, ['x'], path)).toMatchObject({ code: 3, stderr: 'installed\n' });
    writeFileSync(join(manager.home, 'integrations/custom-opencti.node-path'), '/nonexistent/node\n');
    expect(await start(manager, ['x'], path)).toMatchObject({ code: 3, stderr: 'node\n' });
  });

  const launcherOfTool = readFileSync(join(root, 'bin/opencti-wazuh'), 'utf8').replace(/^#!.*/, '');
  const [firstLine = ''] = readFileSync(join(root, 'dist/custom-opencti.cjs'), 'utf8').split('\n');

  /** A text as an old Node would run it. */
  function runWith(version: string, text: string) {
    const seen = { text: '', status: null as number | null };
    const process = {
      execPath: '/usr/bin/node',
      versions: { node: version },
      stderr: {
        write: (text: string) => {
          seen.text += text;
        },
      },
      exit: (status: number) => {
        seen.status = status;
        throw new Error('the process has ended');
      },
    };
    try {
      runInNewContext(text, { process });
    } catch (error) {
      if (seen.status === null) throw error;
    }
    return seen;
  }

  test.each(['8.17.0', '12.22.9', '18.20.8', '20.18.3'])(
    '%s is refused by the first line of the bundle, and by the launcher of the tool',
    (version) => {
      const found = `/usr/bin/node is Node ${version}, and 20.19 or later is needed: install a newer one`;
      expect(runWith(version, firstLine)).toEqual({
        text: `custom-opencti: ${found}, and run "opencti-wazuh install" with it\n`,
        status: 1,
      });
      const { text, status } = runWith(version, launcherOfTool);
      expect(text).toContain(`opencti-wazuh: ${found} (https://nodejs.org/`);
      expect(status).toBe(2);
    },
  );

  test('reads the launcher of the tool, from 10 on: it is no module, and 12 to 16 take no module without an end', () => {
    expect(JSON.parse(readFileSync(join(root, 'bin/package.json'), 'utf8'))).toEqual({ type: 'commonjs' });
    expect(launcherOfTool).not.toMatch(/^import |\bawait\b|=>|\?\.|\?\?|`/m);
  });

  test.each(['20.19.0', '20.20.2', '22.0.0', '24.1.0'])('%s is taken', (version) => {
    expect(runWith(version, firstLine)).toEqual({ text: '', status: null });
  });
});

describe('the bundle', () => {
  const bundle = readFileSync(join(root, 'dist/custom-opencti.cjs'), 'utf8');

  test('holds no package that a run does not need', () => {
    for (const name of [
      'graphql-request',
      'valibot',
      'handlebars',
      'commander',
      'node_modules/yaml',
      'p-retry',
    ])
      expect(bundle).not.toContain(name);
  });

  test('needs nothing but Node; koffi is searched for when a message is sent', () => {
    const required = [...bundle.matchAll(/\brequire\(\\?["']([^"'\\]+)\\?["']\)/g)].map(
      ([, name = '']) => name,
    );
    expect(required.length).toBeGreaterThan(5);
    // `debug`, which the agents for proxies bring, requires it and works without it.
    expect(required.filter((name) => !isBuiltin(name) && name !== 'supports-color')).toEqual([]);
  });

  test('loads nothing of Node for a match that takes time and is not needed', async () => {
    const server = await openOpenCti();
    const manager = createListedManager({ url: server.url });
    const list = join(manager.home, 'tmp/loaded.json');
    const keep =
      'const first = process.moduleLoadList.length; process.on("exit", () => require("fs").writeFileSync(' +
      `${JSON.stringify(list)}, JSON.stringify(process.moduleLoadList.slice(first))));`;
    writeFileSync(join(manager.home, 'integrations/custom-opencti.cjs'), `{ ${keep} }\n${bundle}`);
    expect((await manager.run(nameAlert)).messages).toHaveLength(1);
    const loaded: string[] = JSON.parse(readFileSync(list, 'utf8'));
    expect(loaded).toContain('NativeModule _http_client');
    // The answer is not packed; `import()` of a part of Node brings the translators, and from Node 22 on undici.
    for (const name of ['zlib', 'internal/modules/esm/translators', 'internal/deps/undici/undici', 'crypto'])
      expect(loaded).not.toContain(`NativeModule ${name}`);
  });
});

describe('the arguments', () => {
  test('of versions before 4.8, which pass fewer', async () => {
    const server = await openOpenCti();
    const manager = createListedManager({ url: server.url });
    expect(await start(manager, [writeAlert(manager)])).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(manager.queue.drain()).toHaveLength(1);
  });

  test('none', async () => {
    const manager = createListedManager({});
    expect(await start(manager, [])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^custom-opencti: no alert file; usage: .*\n$/),
    });
  });

  test('an alert file that is not there', async () => {
    const manager = createListedManager({});
    const result = await start(manager, [
      '/nonexistent/x.alert',
      '',
      '',
      '',
      '',
      '10',
      '3',
      '> /dev/null 2>&1',
    ]);
    expect(result).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'custom-opencti: /nonexistent/x.alert cannot be read (ENOENT)\n',
    });
  });

  test('an alert that is no JSON', async () => {
    const manager = createListedManager({});
    const { code, stderr } = await manager.run('Alert 1795489484.79094007: - full text\n');
    expect(code).toBe(1);
    expect(stderr).toMatch(/is not an alert in JSON \(alert_format must be json\)\n$/);
  });

  test('a key and a URL are taken as documented, with a warning; the key is nowhere else', async () => {
    const token = 'a-token-in-the-open';
    const server = await openOpenCti({}, { token });
    const manager = createManager();
    manager.writeList('opencti-win-query-name', ['sazoya.com:766340ed-4d34-48de-b65c-38f668534435']);
    const result = await manager.run(nameAlert, { apiKey: token, hookUrl: `${server.url}/graphql` });
    expect(result.code).toBe(0);
    expect(readEvent(result.messages[0]).data.opencti).toMatchObject({ value: 'sazoya.com' });
    expect(result.log[0]).toContain('the API key is an argument, which every local user can read');
    expect([result.stdout, result.stderr, ...result.messages, readTraces(manager.home)].join()).not.toContain(
      token,
    );
  });

  test('the file goes before the environment, and that before the arguments', async () => {
    const server = await openOpenCti();
    const given = { apiKey: 'of-the-block', hookUrl: 'http://127.0.0.1:2' };
    const manager = createListedManager({ url: server.url, token: demoToken, cache: null });
    const { messages } = await manager.run(nameAlert, given);
    expect(readEvent(messages[0]).data.opencti).toMatchObject({ value: 'sazoya.com' });
    manager.configure({ token: null });
    const environment = { OPENCTI_URL: server.url, OPENCTI_TOKEN: demoToken };
    const other = await manager.run(nameAlert, { ...given, environment });
    expect(readEvent(other.messages[0]).data.opencti).toMatchObject({ value: 'sazoya.com' });
  });

  const exported = {
    OPENCTI_URL: 'http://127.0.0.1:1',
    OPENCTI_TOKEN_FILE: '/root/not-for-wazuh/token',
    OPENCTI_CA_FILE: '/root/not-for-wazuh/ca.pem',
    WAZUH_HOME: '/srv/another-manager',
    NODE_OPTIONS: '--require /root/not-for-wazuh/preload.js',
  };

  test('what the shell had that started the manager changes nothing', async () => {
    const server = await openOpenCti();
    const manager = createListedManager({ url: server.url, token: demoToken });
    const { messages, log } = await manager.run(nameAlert, { environment: exported });
    expect(readEvent(messages[0]).data.opencti).toMatchObject({ value: 'sazoya.com' });
    expect(log).toHaveLength(1);
  });

  test('of a trial by hand the environment counts', async () => {
    const server = await openOpenCti();
    const manager = createListedManager({ url: 'http://127.0.0.1:1', token: 'of-the-file' });
    const environment = { OPENCTI_URL: server.url, OPENCTI_TOKEN: demoToken };
    const { stdout } = await start(manager, ['--test', writeAlert(manager)], environment);
    expect(readEvent(stdout.trimEnd()).data.opencti).toMatchObject({ value: 'sazoya.com' });
  });

  test('files of the environment', async () => {
    const authority = createAuthority();
    const server = await openOpenCti({}, { tls: authority.issue() });
    const manager = createListedManager({ token: null });
    const [tokenFile, caFile] = [join(manager.home, 'token'), join(manager.home, 'ca.pem')];
    writeFileSync(tokenFile, `${demoToken}\n`);
    writeFileSync(caFile, authority.cert);
    const environment = { OPENCTI_URL: server.url, OPENCTI_TOKEN_FILE: tokenFile, OPENCTI_CA_FILE: caFile };
    const { messages } = await manager.run(nameAlert, { environment });
    expect(readEvent(messages[0]).data.opencti).toMatchObject({ value: 'sazoya.com' });
  });

  test('debug adds what was asked for to the line, and never the token', async () => {
    const server = await openOpenCti();
    const manager = createListedManager({ url: server.url });
    const { log } = await manager.run(nameAlert, { debug: true });
    expect(log).toHaveLength(1);
    expect(log[0]).toContain('note="asked for sazoya.com (listed as 766340ed-4d34-48de-b65c-38f668534435)"');
    expect(log[0]).not.toContain(demoToken);
  });
});

test('a long note in the log hides none that comes behind it', async () => {
  const server = await openOpenCti();
  const manager = createListedManager({ url: server.url });
  const { log } = await manager.run(nameAlert, { apiKey: 'x', debug: true });
  expect(log[0]).toMatch(/note="the API key is an argument, .*; asked for sazoya\.com \(listed as /);
});

test('the log has one line a run: time, value, outcome, milliseconds', async () => {
  const server = await openOpenCti();
  const manager = createListedManager({ url: server.url });
  await manager.run(nameAlert);
  expect(readLog(manager.home).join('\n')).toMatch(
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z custom-opencti value="sazoya\.com" outcome="found 0e5e40ee-2ad3-4fc3-a9c6-a75869ea3c2e, sent" ms=\d+$/,
  );
});

describe('--test', () => {
  test('prints what would be sent, and leaves nothing behind', async () => {
    const server = await openOpenCti({}, { version: '5.12.0' });
    const manager = createListedManager({ url: server.url, suppress: 60_000 });
    rmSync(join(manager.home, 'var/opencti-wazuh'), { recursive: true });
    for (const _ of [1, 2]) {
      const { code, stdout, stderr } = await start(manager, ['--test', writeAlert(manager)]);
      expect(code).toBe(0);
      const { data } = readEvent(stdout.trimEnd());
      expect(data.opencti).toMatchObject({
        value: 'sazoya.com',
        source: { ...nameSource, matched_by: 'exact' },
      });
      expect(stderr).toContain('outcome="found 0e5e40ee-2ad3-4fc3-a9c6-a75869ea3c2e, printed"');
    }
    expect(manager.queue.drain()).toEqual([]);
    expect(existsSync(join(manager.home, 'var/opencti-wazuh'))).toBe(false);
    expect(readLog(manager.home)).toEqual([]);
  });

  test('asks also while a failure is remembered', async () => {
    const server = await openOpenCti();
    const manager = createListedManager({ url: server.url });
    const failure = { value: null, until: Date.now() + 50_000, reason: 'gone', isOwn: false };
    manager.writeState('unreachable.json', JSON.stringify({ failures: [failure] }));
    const { stdout } = await start(manager, ['--test', writeAlert(manager)]);
    expect(readEvent(stdout.trimEnd()).data.opencti).toMatchObject({ value: 'sazoya.com' });
    expect(existsSync(join(manager.home, 'var/opencti-wazuh/run/unreachable.json'))).toBe(true);
  });
});
