import { readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openOpenCti } from '../support/opencti.ts';
import { readEvent } from './support/engine.ts';
import { createListedManager, nameAlert, withName } from './support/listed.ts';

describe('the cache', () => {
  test('spares OpenCTI the second of two matches with one value; the event is that of its own alert', async () => {
    const server = await openOpenCti();
    const manager = createListedManager({ url: server.url });
    const [first] = (await manager.run({ ...nameAlert, id: '1.1' })).messages;
    const [second] = (await manager.run({ ...nameAlert, id: '2.2' })).messages;
    expect(server.requests).toHaveLength(1);
    expect(second).toBe(first?.replace('"alert_id":"1.1"', '"alert_id":"2.2"'));
  });

  test('answers while OpenCTI is away', async () => {
    const server = await openOpenCti();
    const manager = createListedManager({ url: server.url });
    await manager.run(nameAlert);
    server.faults.add({ kind: 'hang-up', when: 'before-answer' });
    const { messages } = await manager.run(nameAlert);
    expect(readEvent(messages[0]).data.opencti).toHaveProperty('value', 'sazoya.com');
  });

  test('keeps what was not confirmed too', async () => {
    const server = await openOpenCti({ documented: false });
    const manager = createListedManager({ url: server.url });
    await manager.run(nameAlert);
    const { messages } = await manager.run(nameAlert);
    expect(server.requests).toHaveLength(1);
    expect(readEvent(messages[0]).data.opencti).toHaveProperty('event', 'not_confirmed');
  });

  test('forgets after its time', async () => {
    const server = await openOpenCti();
    const manager = createListedManager({ url: server.url, cache: 1 });
    await manager.run(nameAlert);
    await manager.run(nameAlert);
    expect(server.requests).toHaveLength(2);
  });

  test('is nothing that runs at the same time could break', async () => {
    const server = await openOpenCti();
    const manager = createListedManager({ url: server.url });
    const runs = await Promise.all([1, 2, 3, 4].map(() => manager.run(nameAlert)));
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    const messages = runs.flatMap((run) => run.messages);
    expect(new Set(messages).size).toBe(1);
    expect(messages).toHaveLength(4);
    const left = readdirSync(join(manager.home, 'var/opencti-wazuh/run/cache'));
    expect(left.filter((name) => !/^[0-9a-f]{16}$/.test(name))).toEqual([]);
  });
});

describe('suppression', () => {
  test('is off by default', async () => {
    const server = await openOpenCti();
    const manager = createListedManager({ url: server.url });
    await manager.run(nameAlert);
    expect((await manager.run(nameAlert)).messages).toHaveLength(1);
  });

  test('tells one value on one agent once in its time; another agent is another event', async () => {
    const server = await openOpenCti();
    const manager = createListedManager({ url: server.url, suppress: 60_000 });
    expect((await manager.run(nameAlert)).messages).toHaveLength(1);
    const again = await manager.run(withName('SAZOYA.com'));
    expect(again).toMatchObject({ code: 0, messages: [] });
    expect(again.log[0]).toContain('outcome="suppressed: told before (integration.suppress)"');
    const other = { ...nameAlert, agent: { id: '021', name: 'other', ip: '10.0.0.1' } };
    expect((await manager.run(other)).messages).toHaveLength(1);
  });

  test('ends with its time', async () => {
    const server = await openOpenCti();
    const manager = createListedManager({ url: server.url, suppress: 60_000 });
    await manager.run(nameAlert);
    const folder = join(manager.home, 'var/opencti-wazuh/run/told');
    for (const name of readdirSync(folder)) utimesSync(join(folder, name), 1_700_000_000, 1_700_000_000);
    expect((await manager.run(nameAlert)).messages).toHaveLength(1);
    expect((await manager.run(nameAlert)).messages).toHaveLength(0);
  });

  test('counts no event that could not be enriched as told', async () => {
    const server = await openOpenCti();
    server.faults.add({ kind: 'error', code: 'DATABASE_ERROR' }, { times: 1 });
    const manager = createListedManager({ url: server.url, suppress: 60_000 });
    await manager.run(nameAlert);
    const { messages } = await manager.run(nameAlert);
    expect(readEvent(messages[0]).data.opencti).toHaveProperty('value', 'sazoya.com');
  });
});
