import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { createDemoData } from '../platform/data/demo-data.ts';
import { alienVault, referenceLabels, tlpGreen } from '../platform/data/references.ts';
import { writeObservable } from '../platform/data/written.ts';
import { demoToken, type OpenCtiServer, startOpenCti } from '../platform/server.ts';
import { runCli } from '../support/cli.ts';
import { makeLastingFolder } from '../support/lasting-folder.ts';

const folder = makeLastingFolder();
const out = join(folder, 'out');
const config = join(folder, 'c.yml');
const jarm = referenceLabels.find(({ value }) => value === 'jarm')?.id ?? '';

/** A colour, the same in one character of C1, a title, a line break, and letters in reverse order. */
const steering = '\u001b[31m\u009b1m\u001b]0;owned\u0007\r\nFORGED: IN\u2028\u202emoc\u007f\t';

let server: OpenCtiServer;
const environment = () => ({ OPENCTI_URL: server.url, OPENCTI_TOKEN: demoToken });
const ask = (...args: string[]) => runCli([...args, '--config', config], environment());

beforeAll(async () => {
  const observables = [
    writeObservable({
      entity_type: 'Domain-Name',
      value: 'evil.com',
      createdBy: alienVault,
      objectLabel: [jarm],
      objectMarking: [tlpGreen],
    }),
  ];
  const data = createDemoData({ documented: false, written: { observables } });
  const rename = <T>(objects: Map<string, T>, id: string, field: keyof T, name: string) => {
    const object = objects.get(id);
    if (object) objects.set(id, { ...object, [field]: `${name}${steering}` });
  };
  rename(data.identities, alienVault, 'name', 'author');
  rename(data.labels, jarm, 'value', 'label');
  rename(data.markings, tlpGreen, 'definition', 'marking');
  server = await startOpenCti({ data });
  writeFileSync(config, '');
  const { code, stderr } = await ask('export', out, '--json');
  expect(code, stderr).toBe(0);
  return () => server.close();
});

function expectHarmless(text: string): void {
  expect(text).not.toMatch(/(?!\n)[\p{Cc}\u2028-\u202e\u2066-\u2069]/u);
  expect(text).not.toMatch(/^\s*FORGED/m);
}

describe('names of the platform steer no terminal', () => {
  test.each([
    ['export', [out]],
    ['explain', ['evil.com', '--from', out]],
    ['report', ['--from', out]],
  ])('%s %j', async (command, args) => {
    const { stdout, stderr } = await ask(command, ...args);
    expectHarmless(stdout + stderr);
    expect(stdout).toMatch(command === 'export' ? /marking\ufffd\[31m/ : /author\ufffd\[31m\ufffd1m/);
  });

  test('an error that lists near names', async () => {
    writeFileSync(config, 'select: { labels: { any: [labe] }, authors: { in: [autho] } }\n');
    const { stderr, code } = await ask('export', join(folder, 'other'));
    writeFileSync(config, '');
    expect(code).toBe(2);
    expect(stderr).toContain('no label is called "labe"; near ones: ');
    expectHarmless(stderr);
  });

  test.each([
    ['explain', ['evil.com', '--from', out, '--json'], ['objects', 0, 'author']],
    ['report', ['--from', out, '--json'], ['authors', 0, 'name']],
  ])('%s --json has the very text, and prints it escaped', async (command, args, path) => {
    const { stdout } = await ask(command, ...args);
    expectHarmless(stdout);
    const found = path.reduce<unknown>((value, key) => Reflect.get(Object(value), key), JSON.parse(stdout));
    expect(found).toBe(`author${steering}`);
  });

  test('nor a page', async () => {
    const page = join(folder, 'report.html');
    await ask('report', '--from', out, '--html', page);
    const text = readFileSync(page, 'utf8');
    expectHarmless(text);
    expect(text).toContain('author\ufffd[31m');
  });
});
