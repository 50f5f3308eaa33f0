import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeObservable } from '../platform/data/written.ts';
import { demoToken } from '../platform/server.ts';
import { runCli } from '../support/cli.ts';
import { makeFolder, readTree } from '../support/folder.ts';
import { openOpenCti } from '../support/opencti.ts';

/** Public reports about lists of others, each with the right result (its README names the source). */
const cases = ['allow-file-bom', 'warning-list-leading-dot'] as const;

interface Expected {
  readonly in?: readonly string[];
  readonly out: readonly string[];
}

interface CaseData {
  readonly observables: readonly { readonly type: 'Domain-Name'; readonly value: string }[];
}

test.each(cases)('%s', async (name) => {
  const data = join(import.meta.dirname, 'data', name);
  const readJson = <T>(file: string) => JSON.parse(readFileSync(join(data, file), 'utf8')) as T;
  const folder = makeFolder();
  const config = join(folder, 'config.yml');
  writeFileSync(config, readFileSync(join(data, 'config.yml'), 'utf8').replaceAll('CASE', data));
  const observables = readJson<CaseData>('data.json').observables.map(({ type, value }) =>
    writeObservable({ entity_type: type, value }),
  );
  const server = await openOpenCti({ documented: false, written: { observables } });
  const exported = join(folder, 'export');
  const { code, stderr } = await runCli(['export', exported, '--config', config], {
    OPENCTI_URL: server.url,
    OPENCTI_TOKEN: demoToken,
  });
  expect(code, stderr).toBe(0);
  const lists = Object.entries(readTree(exported)).filter(([path]) => path.startsWith('lists/'));
  expect(lists.length).toBeGreaterThan(5);
  const names = lists.flatMap(([, text]) => text.split('\n').map((line) => line.split(':')[0]));
  const { in: listed = [], out } = readJson<Expected>('expected.json');
  expect(names).toEqual(expect.arrayContaining([...listed]));
  for (const value of out) expect(names).not.toContain(value);
});
