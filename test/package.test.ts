import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { demoToken } from './platform/server.ts';
import { waitFor } from './support/cli.ts';
import { makeFolder } from './support/folder.ts';
import { openOpenCti } from './support/opencti.ts';

const root = join(import.meta.dirname, '..');

test('the tarball installs without scripts and development packages, and works', {
  timeout: 120_000,
}, async () => {
  const folder = makeFolder();
  execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], {
    cwd: root,
    stdio: 'pipe',
  });
  const [tarball = ''] = readdirSync(folder);
  const prefix = join(folder, 'prefix');
  // From npm's cache alone, which the set-up has filled: tests talk to no registry.
  const install = [
    'i',
    '-g',
    '--omit=dev',
    '--ignore-scripts',
    '--offline',
    '--prefix',
    prefix,
    join(folder, tarball),
  ];
  const installed = spawnSync('npm', install, { encoding: 'utf8' });
  expect(installed.status, installed.stderr).toBe(0);

  const server = await openOpenCti({ observables: 50 });
  const out = join(folder, 'out');
  const env = { PATH: process.env.PATH, OPENCTI_URL: server.url, OPENCTI_TOKEN: demoToken };
  const result = await waitFor(spawn(join(prefix, 'bin', 'opencti-wazuh'), ['export', out], { env }));
  expect(result.code, result.stderr).toBe(0);
  expect(readdirSync(out).sort()).toEqual([
    'added.tsv',
    'decoders',
    'lists',
    'manifest.json',
    'ossec.conf.snippet',
    'report.json',
    'rules',
    'values.tsv',
  ]);

  const home = join(prefix, 'lib/node_modules/opencti-wazuh');
  for (const part of [
    'bin/custom-opencti',
    'dist/custom-opencti.cjs',
    'rules/0011-opencti-gates.xml',
    'rules/zzzz-opencti-rules.xml',
    'rules/zzzz-opencti-decoder.xml',
    'LICENSE',
    'README.md',
    'CHANGELOG.md',
    'THIRD-PARTY-LICENSES.txt',
    'bin/package.json',
  ]) {
    expect(existsSync(join(home, part)), part).toBe(true);
  }
  expect(existsSync(join(home, 'src'))).toBe(false);
  expect(existsSync(join(home, 'node_modules/vitest'))).toBe(false);
});
