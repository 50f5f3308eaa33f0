import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { demoToken, type OpenCtiServer } from '../platform/server.ts';
import { type CliResult, runCli } from '../support/cli.ts';
import { makeFolder } from '../support/folder.ts';
import { openOpenCti } from '../support/opencti.ts';
import { sites } from '../support/sites/index.ts';
import { layOutManager, snapshot } from './laid-out-manager.ts';

interface Site {
  readonly home: string;
  readonly server: OpenCtiServer;
  readonly token: string;
  readonly file: string;
  install(environment: Readonly<Record<string, string>>, ...args: string[]): Promise<CliResult>;
  check(environment: Readonly<Record<string, string>>): Promise<string>;
  all(): object;
  read(path: string): string;
}

async function openSite(): Promise<Site> {
  const { home, etc } = layOutManager(sites['as the packages of 4.14 write it'] ?? '');
  const server = await openOpenCti({ observables: 20 });
  const token = join(makeFolder(), 'token');
  writeFileSync(token, `${demoToken}\n`, { mode: 0o600 });
  const base = { WAZUH_HOME: home };
  return {
    home,
    server,
    token,
    file: join(home, 'etc/opencti-wazuh.yml'),
    install: (environment, ...args) =>
      runCli(['install', '--etc', etc, ...args], { ...base, ...environment }),
    check: async (environment) => (await runCli(['check', '--etc', etc], { ...base, ...environment })).stdout,
    all: () => [snapshot(home), snapshot(etc)],
    read: (path) => readFileSync(join(home, path), 'utf8'),
  };
}

const wrong = { OPENCTI_URL: 'http://127.0.0.1:9', OPENCTI_TOKEN: 'a-token-with-a-typo' };

test('a typo is told before anything is written, also by a dry run', async () => {
  const { server, install, all, token } = await openSite();
  const before = all();
  const { code, stderr } = await install(wrong);
  expect(code).toBe(1);
  expect(stderr).toMatch(/127\.0\.0\.1:9\/graphql: the connection was refused/);
  expect(stderr).toContain('nothing was changed; --no-probe installs without asking OpenCTI');
  const refused = await install(
    { OPENCTI_URL: server.url, OPENCTI_TOKEN: 'a-token-with-a-typo' },
    '--dry-run',
  );
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toMatch(/refused the token/);
  expect(all()).toEqual(before);
  const well = await install({ OPENCTI_URL: server.url, OPENCTI_TOKEN_FILE: token });
  expect(well, well.stderr).toMatchObject({ code: 0 });
});

test('what was written with a typo is mended by install with the right values', async () => {
  const { server, install, read, file, token, check } = await openSite();
  expect(await install(wrong, '--no-probe')).toMatchObject({ code: 0 });
  const right = { OPENCTI_URL: server.url, OPENCTI_TOKEN_FILE: token };
  const { code, stdout, stderr } = await install(right);
  expect(code, stderr).toBe(0);
  expect(stdout).toContain(`opencti.url: ${file} has ${wrong.OPENCTI_URL}, and OPENCTI_URL is ${server.url}`);
  expect(stdout).not.toContain(demoToken);
  expect(read('etc/opencti-wazuh.yml')).toContain(`\n  url: ${server.url}\n`);
  expect(read('etc/opencti-wazuh.yml')).toMatch(/\n# (\/\S+\/docs\/configuration\.md)\n/);
  expect(read('etc/opencti-wazuh.yml')).toContain('\n# select:\n#   min_score: 50\n');
  expect(read('etc/opencti-token')).toBe(`${demoToken}\n`);
  expect(JSON.parse(read('integrations/custom-opencti.json'))).toMatchObject({
    url: server.url,
    token: demoToken,
  });
  expect((await install(right)).stdout).toMatch(/nothing to change/);
  expect(await check({})).toContain(`answers at ${server.url}`);
});

test('where a person has edited the file, the person decides', async () => {
  const { server, install, file, read, token, all } = await openSite();
  await install({ OPENCTI_URL: server.url, OPENCTI_TOKEN_FILE: token });
  const edited = `${read('etc/opencti-wazuh.yml')}\n# Ours.\nselect: { min_score: 60 }\n`;
  writeFileSync(file, edited);
  await install({});
  const before = all();
  const refused = await install(wrong);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain(
    `  opencti.url: ${file} has ${server.url}, and OPENCTI_URL is ${wrong.OPENCTI_URL}\n`,
  );
  expect(refused.stderr).toContain(`  opencti.token: ${file} has that of `);
  expect(refused.stderr).toContain('and OPENCTI_TOKEN is another one\n');
  expect(refused.stderr).toContain('decide: --keep takes the configuration, --replace writes into it');
  for (const secret of [demoToken, wrong.OPENCTI_TOKEN]) expect(refused.stderr).not.toContain(secret);
  expect((await install(wrong, '--keep')).stdout).toMatch(/nothing to change/);
  expect(all()).toEqual(before);
  expect(await install(wrong, '--replace', '--no-probe')).toMatchObject({ code: 0 });
  expect(read('etc/opencti-wazuh.yml')).toContain(`url: ${wrong.OPENCTI_URL}\n`);
  expect(read('etc/opencti-wazuh.yml')).toContain('# Ours.\nselect: { min_score: 60 }\n');
  expect(read('etc/opencti-token')).toBe(`${wrong.OPENCTI_TOKEN}\n`);
  expect((await install({}, '--keep', '--replace')).code).toBe(2);
});

test('a token that was changed by hand is not replaced by an old one of the shell', async () => {
  const { server, install, home, read, token } = await openSite();
  const old = { OPENCTI_URL: server.url, OPENCTI_TOKEN: 'of-last-year' };
  await install(old, '--no-probe');
  writeFileSync(join(home, 'etc/opencti-token'), readFileSync(token));
  const { code, stderr } = await install(old);
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /opencti\.token: .* has that of \S+etc\/opencti-token, and OPENCTI_TOKEN is another one/,
  );
  expect(read('etc/opencti-token')).toBe(`${demoToken}\n`);
});

test('check and refresh say when the shell hides what the schedule has', async () => {
  const { server, install, home, file, check } = await openSite();
  await install(wrong, '--no-probe');
  const right = { OPENCTI_URL: server.url, OPENCTI_TOKEN: demoToken };
  const said = `opencti.url: ${file} has ${wrong.OPENCTI_URL}, and OPENCTI_URL is ${server.url}: the environment of this shell has priority here`;
  expect(await check(right)).toContain(`WARNING  config       ${said}`);
  expect((await runCli(['refresh'], { WAZUH_HOME: home, ...right })).stderr).toContain(said);
});
