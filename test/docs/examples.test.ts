import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { demoToken } from '../platform/server.ts';
import { runCli } from '../support/cli.ts';
import { makeFolder } from '../support/folder.ts';
import { openOpenCti } from '../support/opencti.ts';
import { createAuthority } from '../support/tls.ts';

const docs = join(import.meta.dirname, '../../docs');
const document = readFileSync(join(docs, 'explain.md'), 'utf8');

/** Does the line of a command begin as a documented one says? `...` there is any text. */
function isBeginOf(documented: string, line: string): boolean {
  const parts = documented.replace(/(?<!\.)\.$/, '').split('...');
  const pattern = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*');
  return new RegExp(`^${pattern}`).test(line);
}

const toLines = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => line.trim().replace(/ +/g, ' '));

function expectExample(shown: string, stdout: string): void {
  const documented = toLines(shown);
  const printed = toLines(stdout);
  expect(documented.length).toBeGreaterThan(10);
  expect(printed).toHaveLength(documented.length);
  for (const [index, line] of documented.entries())
    expect(isBeginOf(line, printed[index] ?? ''), `${line}\n${printed[index]}`).toBe(true);
}

/** Each key of the table, and each of the objects that a row shows in braces. */
function expectKeys(answer: Readonly<Record<string, unknown>>): void {
  const [, section = ''] = document.match(/^## JSON$([\s\S]*?)^## /m) ?? [];
  const rows = [...section.matchAll(/^\| (`.*?`) \| (.*) \|$/gm)];
  expect(rows.length).toBeGreaterThan(6);
  for (const [, cell = '', meaning = ''] of rows) {
    const keys = [...cell.matchAll(/`(\w+)`/g)].map(([, key = '']) => key);
    for (const key of keys) expect(answer, cell).toHaveProperty(key);
    const [, inner] = meaning.match(/^`\{ (.*?) \}`/) ?? [];
    const items = inner === undefined ? [] : (answer[keys[0] ?? ''] as object[]);
    for (const item of items)
      for (const key of inner?.split(', ') ?? []) expect(item, `${cell}: ${key}`).toHaveProperty(key);
  }
}

test('docs/explain.md: the example, the keys of its JSON, and when lookup ends with 1', {
  timeout: 60_000,
}, async () => {
  const { url } = await openOpenCti({ observables: 60, indicators: 20, samples: true });
  const environment = { OPENCTI_URL: url, OPENCTI_TOKEN: demoToken };
  const folder = join(makeFolder(), 'export');
  expect((await runCli(['export', folder], environment)).code).toBe(0);
  const ask = (...args: string[]) => runCli([...args, '--from', folder], environment);

  const [, command = '', shown = ''] = document.match(/```\n(.*)\n```\n\n```\n([\s\S]*?)```/) ?? [];
  const [, name = '', value = ''] = command.match(/^opencti-wazuh (\w+) (\S+)$/) ?? [];
  const { code, stdout, stderr } = await ask(name, value);
  expect(code, stderr).toBe(0);
  expectExample(shown, stdout.replaceAll(url, 'https://opencti.example'));

  expectKeys(JSON.parse((await ask(name, value, '--json')).stdout));

  expect((await ask('lookup', value)).code).toBe(0);
  expect((await ask('lookup', 'not-in-opencti.com')).code).toBe(1);
});

const configurations = readdirSync(docs).flatMap((page) =>
  [...readFileSync(join(docs, page), 'utf8').matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(
    ([, text = '']) => ({
      page,
      text,
    }),
  ),
);

test('there are configurations in the documents', () => {
  expect(configurations.length).toBeGreaterThan(2);
});

test.each(configurations)('a configuration in $page is legal: $text', async ({ text }) => {
  const folder = makeFolder();
  const put = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const config = put(
    'opencti-wazuh.yml',
    text
      .replace('/etc/ssl/our-root-ca.pem', put('ca.pem', createAuthority().cert))
      .replace('/var/ossec/etc/opencti-token', put('token', demoToken)),
  );
  const platform = /^ {2}url:/m.test(text)
    ? {}
    : { OPENCTI_URL: 'http://127.0.0.1:1', OPENCTI_TOKEN: demoToken };
  // Of a manager that has never been refreshed it says so, and ends with 1; a wrong configuration ends it with 2.
  const { code, stderr } = await runCli(['status', '--config', config], {
    ...platform,
    WAZUH_HOME: folder,
  });
  expect(code, stderr).toBe(1);
});
