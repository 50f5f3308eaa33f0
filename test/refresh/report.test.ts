import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeObservable } from '../platform/data/written.ts';
import { setUp } from './support/set-up.ts';

const name = (id: string, value: string) => writeObservable({ id, entity_type: 'Domain-Name', value });

test('a refresh leaves a report, and what explain needs of it', async () => {
  const data = {
    documented: false,
    written: { observables: [name('a', 'a.evil.com'), name('b', 'b.evil.com')] },
  };
  const { refresh, run, server, manager } = await setUp({ data });
  await refresh();
  const read = async () => JSON.parse((await run(['report', '--json'])).stdout);
  const first = await read();
  expect(first.values).toMatchObject({ in: 2, out: 0 });
  // A name has two keys, with and without a trailing dot.
  expect(first.lists).toContainEqual({ name: 'opencti-win-query-name', entries: 4, added: 4, removed: 0 });

  server.data.observables.remove('a');
  server.data.observables.add(name('c', 'c.evil.com'));
  await refresh();
  const second = await read();
  expect(second.lists).toContainEqual({ name: 'opencti-win-query-name', entries: 4, added: 2, removed: 2 });
  const explain = async (value: string) =>
    JSON.parse((await run(['explain', value, '--offline', '--json'])).stdout);
  expect(await explain('b.evil.com')).toMatchObject({
    decision: 'in',
    lists: ['b.evil.com', 'b.evil.com.'].map((key) => ({ key, id: 'b', since: first.finished })),
  });
  expect(await explain('c.evil.com')).toMatchObject({
    decision: 'in',
    lists: ['c.evil.com', 'c.evil.com.'].map((key) => ({ key, id: 'c', since: second.finished })),
  });
  expect(await explain('a.evil.com')).toMatchObject({ decision: 'unknown', lists: [] });

  await refresh();
  expect((await read()).lists).toContainEqual({
    name: 'opencti-win-query-name',
    entries: 4,
    added: 0,
    removed: 0,
  });
  for (const file of ['report.json', 'platform.record', 'added.tsv']) {
    expect(statSync(join(manager.home, 'var/opencti-wazuh/state', file)).mode & 0o777).toBe(0o640);
  }
});
