import { spawn } from 'node:child_process';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer as createProxy } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startFakeManager } from '../fake-manager/fake-manager.ts';
import { isRoot, wazuhId } from '../fake-manager/home.ts';
import { demoToken } from '../platform/server.ts';
import { cliPath, runCli, waitFor } from '../support/cli.ts';
import { makeFolder } from '../support/folder.ts';
import { openOpenCti } from '../support/opencti.ts';
import { sites } from '../support/sites/index.ts';
import { createAuthority } from '../support/tls.ts';
import { type LaidOutManager, layOutManager, snapshot } from './laid-out-manager.ts';

const conf = sites['as the packages of 4.14 write it'] ?? '';
const access = { OPENCTI_URL: 'https://opencti.example', OPENCTI_TOKEN: 'a-token-of-the-tests' };

function run(
  { home, etc }: Pick<LaidOutManager, 'home' | 'etc'>,
  args: string[],
  more: Record<string, string> = access,
) {
  const unasked = args[0] === 'install' ? ['--no-probe'] : [];
  return runCli([...args, ...unasked, '--etc', etc], { WAZUH_HOME: home, ...more });
}

const configOf = ({ home }: { home: string }) => readFileSync(join(home, 'etc/opencti-wazuh.yml'), 'utf8');
const settingsOf = ({ home }: { home: string }) =>
  JSON.parse(readFileSync(join(home, 'integrations/custom-opencti.json'), 'utf8'));
const ours = ({ home }: { home: string }) =>
  Object.keys(snapshot(home)).filter((name) => /opencti/.test(name));

/** A file that root alone reads, as in `/root`. */
function writeSecret(name: string, text: string): string {
  const file = join(makeFolder(), name);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

test('the CA goes beside the token, where the manager reads it, and out again', async () => {
  const manager = layOutManager(conf);
  const before = snapshot(manager.home);
  const { cert } = createAuthority();
  const file = writeSecret('ca.pem', cert);
  expect(await run(manager, ['install'], { ...access, OPENCTI_CA_FILE: file })).toMatchObject({ code: 0 });
  const kept = join(manager.home, 'etc/opencti-ca.pem');
  expect(readFileSync(kept, 'utf8')).toBe(cert);
  expect(statSync(kept).mode & 0o7777).toBe(0o640);
  expect(statSync(kept).gid).toBe(statSync(join(manager.home, 'etc')).gid);
  expect(configOf(manager)).toContain(`  ca_file: ${kept}\n`);
  expect(settingsOf(manager)).toMatchObject({ ca: cert, caFile: kept });
  expect((await run(manager, ['install'], {})).stdout).toMatch(/nothing to change/);
  expect((await run(manager, ['uninstall'], {})).code).toBe(0);
  expect(snapshot(manager.home)).toEqual(before);
});

test('a changed configuration stays with what it names, until --purge', async () => {
  const manager = layOutManager(conf);
  const ca = writeSecret('ca.pem', createAuthority().cert);
  await run(manager, ['install'], { ...access, OPENCTI_CA_FILE: ca });
  writeFileSync(
    join(manager.home, 'etc/opencti-wazuh.yml'),
    `${configOf(manager)}select: { min_score: 60 }\n`,
  );
  await run(manager, ['uninstall'], {});
  expect(ours(manager)).toEqual(['etc/opencti-ca.pem', 'etc/opencti-token', 'etc/opencti-wazuh.yml']);
  await run(manager, ['uninstall', '--purge'], {});
  expect(ours(manager)).toEqual([]);
});

test('a token file of somebody else is not written over', async () => {
  const manager = layOutManager(conf);
  const token = join(manager.home, 'etc/opencti-token');
  writeFileSync(token, 'another-token\n');
  const before = snapshot(manager.home);
  const { code, stderr } = await run(manager, ['install']);
  expect(code).toBe(2);
  expect(stderr).toContain(`${token} exists and has other content than this run was given`);
  expect(stderr).not.toMatch(/another-token|a-token-of-the-tests/);
  expect(snapshot(manager.home)).toEqual(before);
  writeFileSync(token, 'a-token-of-the-tests');
  expect((await run(manager, ['install'])).code).toBe(0);
  expect(readFileSync(token, 'utf8')).toBe('a-token-of-the-tests');
  expect(configOf(manager)).toContain(`token_file: ${token}`);
});

describe('the proxy of the environment', () => {
  test.each([
    ['HTTPS_PROXY', { HTTPS_PROXY: 'http://proxy.example:3128' }, 'http://proxy.example:3128'],
    [
      'a login',
      { https_proxy: 'http://u:a%20b&c@proxy.example:3128' },
      'http://u:a%20b%26c@proxy.example:3128',
    ],
    ['NO_PROXY', { HTTPS_PROXY: 'http://proxy.example:3128', NO_PROXY: '.example' }, null],
    ['a proxy for another protocol', { HTTP_PROXY: 'http://proxy.example:3128' }, null],
  ])('is kept as it counts for the platform: %s', async (_, environment, proxy) => {
    const manager = layOutManager(conf);
    expect(await run(manager, ['install'], { ...access, ...environment })).toMatchObject({ code: 0 });
    expect(settingsOf(manager).proxy).toBe(proxy);
    if (proxy === null) expect(configOf(manager)).not.toMatch(/^ *proxy:/m);
    else expect(configOf(manager)).toContain(`  proxy: ${proxy}\n`);
    expect((await run(manager, ['install'], {})).stdout).toMatch(/nothing to change/);
  });

  test('of a kind that nobody here speaks is refused', async () => {
    const manager = layOutManager(conf);
    const before = snapshot(manager.home);
    const { code, stderr } = await run(manager, ['install'], {
      ...access,
      HTTPS_PROXY: 'socks5://u:pw@p.example',
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(/not an http:\/\/ or https:\/\/ URL: nothing was changed; set opencti\.proxy/);
    expect(stderr).not.toContain('pw');
    expect(snapshot(manager.home)).toEqual(before);
  });
});

describe('the configuration that -c names', () => {
  const text =
    '# mine\nopencti:\n    url:   https://cti.example  # ours\n    token: inline-token\nselect: { min_score: 61 }\n';

  test('is what every later run reads, to the byte', async () => {
    const manager = layOutManager(conf);
    const before = snapshot(manager.home);
    const file = writeSecret('my.yml', text);
    const { code, stdout } = await run(manager, ['install', '-c', file], {});
    expect(code).toBe(0);
    expect(stdout).toContain(`the configuration, from ${file}`);
    expect(configOf(manager)).toBe(text);
    expect(statSync(join(manager.home, 'etc/opencti-wazuh.yml')).mode & 0o7777).toBe(0o640);
    expect(settingsOf(manager)).toMatchObject({ url: 'https://cti.example', token: 'inline-token' });
    for (const args of [
      ['install'],
      ['install', '-c', file],
      ['install', '-c', join(manager.home, 'etc/opencti-wazuh.yml')],
    ])
      expect((await run(manager, args, {})).stdout, args.join(' ')).toMatch(/nothing to change/);
    await run(manager, ['uninstall'], {});
    expect(snapshot(manager.home)).toEqual(before);
  });

  test('keeps its comments where the environment says otherwise and where its files are copied', async () => {
    const manager = layOutManager(conf);
    const ca = writeSecret('ca.pem', createAuthority().cert);
    const token = writeSecret('token', 'file-token\n');
    const file = writeSecret(
      'my.yml',
      `# mine\nopencti:\n  url: https://cti.example # ours\n  token_file: ${token}\n  ca_file: ${ca}\nselect: { min_score: 61 }\n`,
    );
    const environment = { OPENCTI_URL: 'https://other.example', HTTPS_PROXY: 'http://p.example:1' };
    expect((await run(manager, ['install', '-c', file], environment)).code).toBe(0);
    const etc = join(manager.home, 'etc');
    expect(configOf(manager)).toBe(
      `# mine\nopencti:\n  url: https://other.example # ours\n  token_file: ${etc}/opencti-token\n  ca_file: ${etc}/opencti-ca.pem\n  proxy: http://p.example:1\nselect: { min_score: 61 }\n`,
    );
    expect(readFileSync(join(etc, 'opencti-token'), 'utf8')).toBe('file-token\n');
    expect((await run(manager, ['install'], {})).stdout).toMatch(/nothing to change/);
  });

  test('with no access in it gets that of the environment', async () => {
    const manager = layOutManager(conf);
    const file = writeSecret('my.yml', 'opencti:\n  # url: https://cti.example\nselect: { min_score: 61 }\n');
    expect((await run(manager, ['install', '-c', file])).code).toBe(0);
    expect(configOf(manager)).toContain('url: https://opencti.example\n');
    expect(configOf(manager)).toContain('min_score: 61');
    expect(settingsOf(manager)).toMatchObject({
      url: 'https://opencti.example',
      token: access.OPENCTI_TOKEN,
    });
  });

  test('takes the place of one that it has brought, and of no other', async () => {
    const manager = layOutManager(conf);
    const file = writeSecret('my.yml', text);
    await run(manager, ['install', '-c', file], {});
    const newer = text.replace('61', '62');
    writeFileSync(file, newer);
    expect((await run(manager, ['install', '-c', file], {})).code).toBe(0);
    expect(configOf(manager)).toBe(newer);
    const edited = newer.replace('62', '63');
    writeFileSync(join(manager.home, 'etc/opencti-wazuh.yml'), edited);
    const before = snapshot(manager.home);
    const { code, stderr } = await run(manager, ['install', '-c', file], {});
    expect(code).toBe(2);
    expect(stderr).toContain(
      `etc/opencti-wazuh.yml is there and differs from ${file}: every later run reads`,
    );
    expect(snapshot(manager.home)).toEqual(before);
  });

  test('with a path that means another file elsewhere is refused', async () => {
    const manager = layOutManager(conf);
    const file = writeSecret('my.yml', `${text.replace('min_score: 61', 'allow_files: [mine.txt]')}`);
    const { code, stderr } = await run(manager, ['install', '-c', file], {});
    expect(code).toBe(2);
    expect(stderr).toMatch(/"mine\.txt" is looked for where a run is started, and cron starts it elsewhere/);
  });
});

/** A proxy that opens ways, and notes where to. */
async function openProxy(): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const proxy = createProxy();
  proxy.on('connect', (request, socket) => {
    asked.push(request.url ?? '');
    const [host = '', port = ''] = (request.url ?? '').split(':');
    const way = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      way.pipe(socket).pipe(way);
    });
    way.on('error', () => socket.destroy());
    socket.on('error', () => way.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void proxy.close());
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, asked };
}

test.runIf(isRoot)(
  'as the manager’s user and with no environment, a refresh reaches the platform',
  async () => {
    const manager = await startFakeManager({ isDeclared: false });
    const { etc } = layOutManager('');
    const { url } = await openOpenCti({ observables: 40 });
    const authority = createAuthority();
    const { key, cert } = authority.issue();
    const server = createServer({ key, cert }, (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', async () => {
        const answer = await fetch(`${url}${request.url}`, {
          method: 'POST',
          body: Buffer.concat(chunks),
          headers: { 'content-type': 'application/json', authorization: request.headers.authorization ?? '' },
        });
        response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
        response.end(Buffer.from(await answer.arrayBuffer()));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const proxy = await openProxy();
    const host = `localhost:${(server.address() as AddressInfo).port}`;
    const secret = makeFolder();
    chmodSync(secret, 0o700);
    writeFileSync(join(secret, 'ca.pem'), authority.cert);
    writeFileSync(join(secret, 'token'), demoToken);
    const installed = await run({ home: manager.home, etc }, ['install'], {
      OPENCTI_URL: `https://${host}`,
      OPENCTI_TOKEN_FILE: join(secret, 'token'),
      OPENCTI_CA_FILE: join(secret, 'ca.pem'),
      HTTPS_PROXY: proxy.url,
    });
    expect(installed, installed.stderr).toMatchObject({ code: 0 });
    manager.engine.load();
    const child = spawn(process.execPath, [cliPath, 'refresh'], {
      env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent', WAZUH_HOME: manager.home },
      uid: wazuhId,
      gid: wazuhId,
    });
    const refreshed = await waitFor(child);
    expect(refreshed, refreshed.stderr).toMatchObject({ code: 0 });
    expect(new Set(proxy.asked)).toEqual(new Set([host]));
  },
);
