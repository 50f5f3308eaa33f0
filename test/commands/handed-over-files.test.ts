import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nameAlert } from '../integration/support/listed.ts';
import { createManager, launcher } from '../integration/support/manager.ts';
import { writeObservable } from '../platform/data/written.ts';
import { demoToken } from '../platform/server.ts';
import { runCli, waitFor } from '../support/cli.ts';
import { makeFolder, readTree } from '../support/folder.ts';
import { openOpenCti } from '../support/opencti.ts';
import { createAuthority } from '../support/tls.ts';

/** As editors of Windows and PowerShell write a text. */
const encodings = {
  'UTF-8': (text: string) => Buffer.from(text),
  'UTF-8 with a mark and CRLF': (text: string) => Buffer.from(`\ufeff${text.replaceAll('\n', '\r\n')}`),
  'UTF-16, little endian': (text: string) => Buffer.from(`\ufeff${text.replaceAll('\n', '\r\n')}`, 'utf16le'),
  'UTF-16, big endian': (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
} as const;

const authority = createAuthority();
const names = ['allowed.bad-name.net', 'warned.bad-name.net', 'below.warned-too.net', 'bad-name.net'];

describe.each(Object.entries(encodings))('files in %s', (_, encode) => {
  test('of an export are read: configuration, token, CA, allow file, warning list', async () => {
    const observables = names.map((value) => writeObservable({ entity_type: 'Domain-Name', value }));
    const data = { documented: false, written: { observables } };
    const server = await openOpenCti(data, { tls: authority.issue() });
    const folder = makeFolder();
    const write = (name: string, text: string) => {
      writeFileSync(join(folder, name), encode(text));
      return join(folder, name);
    };
    const list = { name: 'W', type: 'string', list: ['warned.bad-name.net', '.warned-too.net'] };
    const config = write(
      'config.yml',
      `# ours
opencti:
  url: ${server.url}
  token_file: ${write('token', `${demoToken}\n`)}
  ca_file: ${write('ca.pem', `# ours\n${authority.cert}\n`)}
select:
  allow_files: [${write('allow.txt', '# ours\nallowed.bad-name.net # mine\n')}]
  warning_lists: { files: [${write('warn.json', JSON.stringify(list, null, 2))}] }
`,
    );
    const exported = join(folder, 'export');
    const { code, stderr, stdout } = await runCli(['export', exported, '--config', config]);
    expect(code, stderr).toBe(0);
    expect(stdout).not.toContain('warning list "W"');
    expect(readTree(exported)['lists/opencti-win-query-name']?.split(':')[0]).toBe('bad-name.net.');
  });

  test('of the integration are read: settings, alert', async () => {
    const manager = createManager();
    const server = await openOpenCti({ documented: true });
    const settings = { url: server.url, token: demoToken };
    writeFileSync(
      join(manager.home, 'integrations/custom-opencti.json'),
      encode(JSON.stringify(settings, null, 2)),
    );
    const alert = join(manager.home, 'alert.json');
    writeFileSync(alert, encode(JSON.stringify(nameAlert, null, 2)));
    const child = spawn(join(manager.home, launcher), ['--test', alert], {
      env: { PATH: process.env.PATH ?? '' },
    });
    const { code, stdout, stderr } = await waitFor(child);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('"value":"sazoya.com"');
  });

  test('an alert is looked up', async () => {
    const folder = makeFolder();
    for (const part of ['lists', 'rules', 'decoders']) mkdirSync(join(folder, part));
    cpSync('rules', folder, { recursive: true });
    writeFileSync(join(folder, 'alert.json'), encode(JSON.stringify(nameAlert)));
    const { stdout, stderr } = await runCli(['lookup', join(folder, 'alert.json'), '--from', folder]);
    expect(stderr).toBe('');
    expect(stdout).toContain('sazoya.com');
  });
});

test('the path of Node in a file of Windows is taken', async () => {
  const manager = createManager({ url: 'http://127.0.0.1:9', token: demoToken });
  const file = join(manager.home, 'integrations/custom-opencti.node-path');
  writeFileSync(file, `${readFileSync(file, 'utf8').trim()}\r\n`);
  const child = spawn(join(manager.home, launcher), ['--test', '/nowhere'], { env: { PATH: '/nowhere' } });
  expect((await waitFor(child)).stderr).toContain('/nowhere cannot be read (ENOENT)');
});

test('what of a warning list is passed over is counted in the summary and in the manifest', async () => {
  const folder = makeFolder();
  const list = {
    name: 'Others',
    type: 'string',
    list: ['https://x.net/a', 'a file.exe', '.com', 'good-name.net'],
  };
  writeFileSync(join(folder, 'warn.json'), JSON.stringify(list));
  writeFileSync(
    join(folder, 'c.yml'),
    `select: { warning_lists: { files: [${join(folder, 'warn.json')}] } }\n`,
  );
  const observables = [writeObservable({ entity_type: 'Domain-Name', value: 'good-name.net' })];
  const server = await openOpenCti({ documented: false, written: { observables } });
  const { code, stdout, stderr } = await runCli(
    ['export', join(folder, 'export'), '--config', join(folder, 'c.yml')],
    { OPENCTI_URL: server.url, OPENCTI_TOKEN: demoToken },
  );
  expect(code, stderr).toBe(0);
  expect(stdout).toContain(
    `  lists     warning list "Others" (${join(folder, 'warn.json')}): of 4 entries these are passed over: ` +
      '2 that are no hash, address or name, and 1 that would take out a part of the internet (".com")',
  );
  const manifest = JSON.parse(readTree(join(folder, 'export'))['manifest.json'] ?? '');
  expect(manifest.passed_over).toEqual([
    {
      list: 'Others',
      file: join(folder, 'warn.json'),
      entries: 4,
      no_value: 2,
      too_wide: ['.com'],
    },
  ]);
});
