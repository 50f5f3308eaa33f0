import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeObservable } from '../platform/data/written.ts';
import { demoToken } from '../platform/server.ts';
import { killAt } from '../refresh/support/kill-at.ts';
import { runCli } from '../support/cli.ts';
import { makeFolder, readTree } from '../support/folder.ts';
import { openOpenCti } from '../support/opencti.ts';

test('an export that is killed for real is taken back by the next one, whatever comes of that', async () => {
  const folder = join(makeFolder(), 'out');
  const server = await openOpenCti({ observables: 40 });
  const run = (url: string, more: Record<string, string> = {}) =>
    runCli(['export', folder], { OPENCTI_URL: url, OPENCTI_TOKEN: demoToken, ...more });
  expect(await run(server.url)).toMatchObject({ code: 0 });
  const before = readTree(folder);
  const { observables } = server.data;
  observables.add(writeObservable({ entity_type: 'IPv4-Addr', value: '185.220.101.77', id: 'new-address' }));
  const killed = await run(server.url, killAt('renameSync', '/zzzz-opencti-rules.xml'));
  expect(killed.code, killed.stderr).toBeNull();
  const lists = 'lists/opencti-win-destination-ip';
  expect(readTree(folder)[lists]).toContain('185.220.101.77');
  expect(readTree(folder)['manifest.json']).toBe(before['manifest.json']);
  // One that reads nothing puts back what there was.
  expect((await run(`${server.url}/nowhere`)).code).toBe(2);
  expect(readTree(folder)).toEqual(before);
  expect(await run(server.url)).toMatchObject({ code: 0 });
  expect(readTree(folder)[lists]).toContain('185.220.101.77');
  expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  expect(existsSync(join(folder, 'manifest.json'))).toBe(true);
});
