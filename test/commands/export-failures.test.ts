import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Fault, FaultTiming } from '../platform/faults.ts';
import type { OpenCtiServerOptions } from '../platform/server.ts';
import { cliPath, runCli, startCli, waitFor } from '../support/cli.ts';
import { makeFolder, readTree } from '../support/folder.ts';
import { openOpenCti } from '../support/opencti.ts';
import { createAuthority } from '../support/tls.ts';

/** A token that nothing else can look like. */
const token = 'flgrn_octi_tkn_S3cretS3cret';

const quick = 'opencti: { page_size: 100, timeout: 60s, retry_for: 300ms }\n';

let folder: string;
let config: string;
const outputs: string[] = [];

beforeEach(() => {
  const base = makeFolder();
  folder = join(base, 'out');
  config = join(base, 'c.yml');
  writeFileSync(config, quick);
});

afterEach(() => {
  const written = Object.values(readTree(join(folder, '..')));
  expect(outputs.splice(0).join('\n')).not.toContain('S3cret');
  expect(written.join('\n')).not.toContain('S3cret');
});

async function run(url: string, environment: Record<string, string> = {}) {
  const result = await runCli(['export', folder, '--config', config], {
    OPENCTI_URL: url,
    OPENCTI_TOKEN: token,
    ...environment,
  });
  outputs.push(result.stdout, result.stderr);
  return result;
}

/** Exports once, breaks something, exports again: the first export must stay byte for byte. */
async function expectUnchanged(
  url: string,
  code: number,
  message: RegExp,
  environment: Record<string, string> = {},
) {
  const before = readTree(join(folder, '..'));
  const result = await run(url, environment);
  expect(result.stderr).toMatch(message);
  expect(result).toMatchObject({ code, stdout: '' });
  expect(result.stderr.trim().split('\n').at(-1)).toMatch(/^opencti-wazuh: |^ {2}/);
  expect(readTree(join(folder, '..'))).toEqual(before);
}

async function openExported(options: Omit<OpenCtiServerOptions, 'data'> = {}) {
  const server = await openOpenCti({ observables: 300, indicators: 150 }, { token, ...options });
  const result = await run(server.url);
  expect(result.code, result.stderr).toBe(0);
  return server;
}

const isRows = (request: { query: string | null }) =>
  /stixCyberObservables|indicators/.test(request.query ?? '');

const faults: [string, Fault, FaultTiming, number, RegExp][] = [
  [
    'HTML where JSON belongs',
    { kind: 'html' },
    {},
    2,
    /not as a GraphQL API \(status 200, text\/html.*check opencti\.url/,
  ],
  ['the HTML page of a proxy', { kind: 'html', status: 502, html: '<html>Bad Gateway</html>' }, {}, 1, /502/],
  [
    'a redirect to a login',
    { kind: 'redirect', location: 'https://login.example/sso' },
    {},
    2,
    /login\.example/,
  ],
  ['a server that is down', { kind: 'status', status: 503 }, {}, 1, /503/],
  ['too many requests', { kind: 'status', status: 429, retryAfter: '3600' }, { when: isRows }, 1, /429/],
  ['a database error', { kind: 'error', code: 'DATABASE_ERROR' }, { after: 3 }, 1, /DATABASE_ERROR/],
  [
    'an error beside the data',
    { kind: 'error', code: 'DATABASE_ERROR', withData: true },
    { when: isRows, after: 1 },
    1,
    /DATABASE_ERROR/,
  ],
  [
    'a query that is refused',
    { kind: 'error', code: 'GRAPHQL_VALIDATION_FAILED' },
    { when: isRows },
    2,
    /GRAPHQL_VALIDATION_FAILED/,
  ],
  [
    'rights that are missing',
    { kind: 'error', code: 'FORBIDDEN_ACCESS' },
    { when: isRows },
    2,
    /KNOWLEDGE.*APIACCESS_USETOKEN/s,
  ],
  [
    'a connection that is cut',
    { kind: 'hang-up', when: 'in-body' },
    { when: isRows, after: 2 },
    1,
    /cut|closed|reset|aborted/i,
  ],
  ['no answer', { kind: 'silence' }, { when: isRows, after: 1 }, 1, /2 ?s|time/i],
  ['an answer that is no JSON', { kind: 'broken-json' }, { when: isRows }, 1, /JSON/],
  ['rows that are missing', { kind: 'lost-rows', rows: 50 }, { when: isRows }, 1, /observables/],
];

test.each(faults)('%s', async (_, fault, timing, code, message) => {
  const server = await openExported();
  server.faults.add(fault, timing);
  if (fault.kind === 'silence') writeFileSync(config, quick.replace('60s', '2s'));
  await expectUnchanged(server.url, code, message);
  writeFileSync(config, quick);
  server.faults.clear();
  expect(await run(server.url)).toMatchObject({ code: 0 });
});

test('an error that passes is tried again', async () => {
  writeFileSync(config, 'opencti: { page_size: 100, retry_for: 20s }\n');
  const server = await openExported();
  const before = server.requests.length;
  server.faults.add({ kind: 'status', status: 503, retryAfter: '0' }, { after: 2, times: 2 });
  const result = await run(server.url);
  expect(result).toMatchObject({ code: 0 });
  expect(result.stderr).toMatch(/503.*trying again/);
  expect(server.requests.length - before).toBeGreaterThan(2 * 2);
});

test('a page size that the platform clamps costs requests, not rows', async () => {
  const whole = await openExported();
  const lists = Object.entries(readTree(join(folder, 'lists')));
  writeFileSync(config, 'opencti: { page_size: 5000 }\n');
  const clamping = await openOpenCti({ observables: 300, indicators: 150 }, { token, maxPageSize: 50 });
  expect(await run(clamping.url)).toMatchObject({ code: 0 });
  expect(Object.entries(readTree(join(folder, 'lists')))).toEqual(lists);
  expect(clamping.requests.length).toBeGreaterThan(whole.requests.length);
});

test.each(['code', 'name', 'camel-name'] as const)('a bad token, as %s', async (spelling) => {
  const server = await openExported({ errorSpelling: spelling });
  await expectUnchanged(server.url, 2, /token/, { OPENCTI_TOKEN: 'S3cret-but-wrong' });
});

test('a user without the capability', async () => {
  await openExported();
  const server = await openOpenCti({}, { token, capabilities: ['EXPLORE', 'APIACCESS_USETOKEN'] });
  await expectUnchanged(server.url, 2, /KNOWLEDGE/);
});

test('a platform that is too old', async () => {
  await openExported();
  const server = await openOpenCti({}, { token, version: '5.11.14' });
  await expectUnchanged(server.url, 2, /5\.11\.14.*5\.12\.0/s);
});

test('a wrong path', async () => {
  const server = await openExported();
  await expectUnchanged(`${server.url}/nowhere`, 2, /404/);
});

test('a port where nobody listens', async () => {
  await openExported();
  const gone = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => gone.once('listening', resolve));
  const { port } = gone.address() as { port: number };
  await new Promise((resolve) => gone.close(resolve));
  await expectUnchanged(`http://127.0.0.1:${port}`, 1, /refused/);
});

test('a certificate of an unknown CA is refused with the advice, and taken with ca_file', async () => {
  const authority = createAuthority();
  await openExported();
  const server = await openOpenCti({ observables: 10 }, { token, tls: authority.issue() });
  await expectUnchanged(server.url, 2, /opencti\.ca_file/);
  const ca = join(folder, '..', 'ca.pem');
  writeFileSync(ca, authority.cert);
  expect(await run(server.url, { OPENCTI_CA_FILE: ca })).toMatchObject({ code: 0 });
});

test('a proxy that is not there, its password unsaid', async () => {
  const server = await openExported();
  await expectUnchanged(server.url, 1, /proxy/, { HTTP_PROXY: 'http://me:S3cretProxy@127.0.0.1:9' });
});

test('nothing is set', async () => {
  const result = await runCli(['export', folder]);
  expect(result).toMatchObject({ code: 2, stdout: '' });
  expect(result.stderr).toMatch(/the URL of OpenCTI is not set: set opencti.url .* or OPENCTI_URL/);
});

test.each([
  [[], /missing required argument 'folder'/],
  [['x', 'y'], /too many arguments/],
  [['--fast', 'x'], /unknown option '--fast'/],
])('a wrong call %j', async (args, message) => {
  const result = await runCli(['export', ...args]);
  expect(result).toMatchObject({ code: 2, stdout: '' });
  expect(result.stderr).toMatch(message);
});

test("someone else's manifest.json is not overwritten", async () => {
  const server = await openOpenCti({}, { token });
  mkdirSync(folder);
  writeFileSync(join(folder, 'manifest.json'), '{"name":"an extension"}');
  await expectUnchanged(server.url, 2, /was not written by opencti-wazuh/);
});

test.each([
  ['no list of files', '{"tool":"opencti-wazuh"}'],
  ['files that are none', '{"tool":"opencti-wazuh","files":[{"path":5}]}'],
])('a manifest with %s is not ours', async (_, text) => {
  const server = await openOpenCti({}, { token });
  mkdirSync(folder);
  writeFileSync(join(folder, 'manifest.json'), text);
  await expectUnchanged(server.url, 2, /was not written by opencti-wazuh/);
});

test('a forged manifest moves nothing but lists and rules of ours', async () => {
  const server = await openOpenCti({}, { token });
  mkdirSync(join(folder, 'lists'), { recursive: true });
  writeFileSync(join(folder, '..', 'victim'), 'stays');
  writeFileSync(join(folder, 'lists', 'of-the-site'), 'stays');
  writeFileSync(join(folder, 'lists', 'opencti-of-an-older-version'), 'goes');
  const paths = ['../victim', 'lists/../../victim', 'lists/of-the-site', 'lists/opencti-of-an-older-version'];
  writeFileSync(
    join(folder, 'manifest.json'),
    JSON.stringify({ tool: 'opencti-wazuh', files: paths.map((path) => ({ path })) }),
  );
  expect(await run(server.url)).toMatchObject({ code: 0 });
  const after = readTree(join(folder, '..'));
  expect(after.victim).toBe('stays');
  expect(after['out/lists/of-the-site']).toBe('stays');
  expect(after).not.toHaveProperty(['out/lists/opencti-of-an-older-version']);
});

test('a folder without a name', async () => {
  const result = await runCli(['export', '']);
  expect(result).toMatchObject({ code: 2, stdout: '' });
  expect(result.stderr).toMatch(/has no name/);
});

test('nobody reads the summary: the export is done all the same', async () => {
  const server = await openOpenCti({ observables: 50 }, { token });
  const child = startCli(['export', folder, '--config', config], {
    OPENCTI_URL: server.url,
    OPENCTI_TOKEN: token,
  });
  child.stdout?.destroy();
  const result = await waitFor(child);
  expect(result.code, result.stderr).toBe(0);
  expect(result.stderr).not.toMatch(/Error|defect/);
  expect(readdirSync(folder)).toContain('manifest.json');
});

test('a folder that is a file', async () => {
  const server = await openOpenCti({}, { token });
  writeFileSync(folder, 'x');
  await expectUnchanged(server.url, 1, /could not be written \(EEXIST|ENOTDIR/);
});

test('a list that cannot be put in its place leaves all of them', async () => {
  const server = await openExported();
  server.faults.clear();
  // A folder of that name, with something in it, cannot be renamed over.
  rmSync(join(folder, 'lists', 'opencti-fim-md5'));
  mkdirSync(join(folder, 'lists', 'opencti-fim-md5', 'x'), { recursive: true });
  writeFileSync(join(folder, 'lists', 'opencti-fim-md5', 'x', 'y'), '');
  await expectUnchanged(server.url, 1, /could not be written/);
});

test('what a killed run left behind is cleared; a stopped run leaves nothing', async () => {
  const server = await openExported();
  const before = readTree(folder);
  server.faults.add({ kind: 'slow', milliseconds: 1_500 }, { when: isRows });
  const child = startCli(['export', folder, '--config', config], {
    OPENCTI_URL: server.url,
    OPENCTI_TOKEN: token,
  });
  const seen = server.requests.length;
  while (server.requests.length < seen + 3) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGTERM');
  const result = await waitFor(child);
  expect(result).toMatchObject({ code: 1, stdout: '' });
  expect(result.stderr).toMatch(/^opencti-wazuh: stopped by SIGTERM: nothing was changed$/m);
  expect(readTree(folder)).toEqual(before);
  mkdirSync(join(folder, '.opencti-wazuh-staging-999999999'));
  server.faults.clear();
  expect(await run(server.url)).toMatchObject({ code: 0 });
  expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('a disk that takes no more', async () => {
  const server = await openExported();
  const before = readTree(folder);
  // A file of more than one block cannot be written: what a full disk does, in the middle of a list.
  const call = `trap '' XFSZ; ulimit -f 1; exec "$0" "$@"`;
  const child = spawn('sh', ['-c', call, process.execPath, cliPath, 'export', folder, '--config', config], {
    env: { PATH: process.env.PATH, OPENCTI_URL: server.url, OPENCTI_TOKEN: token },
  });
  const result = await waitFor(child);
  outputs.push(result.stdout, result.stderr);
  expect(result.code, result.stderr).toBe(1);
  expect(result.stderr).toMatch(/could not be written \(EFBIG.*what was there before is unchanged/);
  expect(readTree(folder)).toEqual(before);
});

test('a run that would last too long ends, says so, and changes nothing', async () => {
  const server = await openExported();
  server.faults.add({ kind: 'silence' }, { when: isRows });
  writeFileSync(config, 'opencti: { timeout: 10m, max_duration: 1s }\n');
  await expectUnchanged(server.url, 1, /opencti\.max_duration \(1 s\): nothing was changed/);
});
