import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { demoToken } from '../platform/server.ts';
import { receiveDatagrams } from '../support/datagram-receiver.ts';
import { openOpenCti } from '../support/opencti.ts';
import { readEvent } from './support/engine.ts';
import { createListedManager, nameAlert, withName } from './support/listed.ts';
import { createManager } from './support/manager.ts';

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
    // The usual question, and one for every spelling before it is said that there is nothing.
    expect(server.requests).toHaveLength(2);
    const { messages } = await manager.run(nameAlert);
    expect(server.requests).toHaveLength(2);
    expect(readEvent(messages[0]).data.opencti).toHaveProperty('event', 'not_confirmed');
  });

  interface Kept {
    readonly best: { readonly candidate: object };
  }

  const damages: readonly (readonly [string, (answer: Kept) => unknown])[] = [
    ['no object', (answer) => ({ ...answer, best: null })],
    ['no node', ({ best, ...answer }) => ({ ...answer, best: { ...best, node: null } })],
    ['no value', ({ best, ...answer }) => ({ ...answer, best: { ...best, candidate: null } })],
    ['no other ids', (answer) => ({ ...answer, otherIds: null })],
    ['another outcome', (answer) => ({ ...answer, outcome: 'lost' })],
    ['no reason', () => ({ outcome: 'not confirmed' })],
    ['a list', () => []],
  ];

  test.each(damages)('with %s in it is as one that is not there', async (_, damage) => {
    const server = await openOpenCti();
    const manager = createListedManager({ url: server.url });
    const [first] = (await manager.run(nameAlert)).messages;
    const folder = join(manager.home, 'var/opencti-wazuh/run/cache');
    for (const name of readdirSync(folder)) {
      const entry = JSON.parse(readFileSync(join(folder, name), 'utf8'));
      writeFileSync(join(folder, name), JSON.stringify({ ...entry, answer: damage(entry.answer) }));
    }
    const again = await manager.run(nameAlert);
    expect(again).toMatchObject({ code: 0, stderr: '', messages: [first] });
    expect(server.requests).toHaveLength(2);
  });

  const changes = [
    ['grace', { grace: 3_600_000 }],
    ['sources', { indicators: false }],
  ] as const;

  test.each(changes)('is not asked with another configuration of %s', async (_, change) => {
    const server = await openOpenCti();
    const manager = createListedManager({ url: server.url });
    await manager.run(nameAlert);
    manager.configure({ url: server.url, token: demoToken, ...change });
    await manager.run(nameAlert);
    expect(server.requests).toHaveLength(2);
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
    expect(again.log[0]).toContain('outcome="suppressed: reported before (integration.suppress)"');
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

  test('counts nothing as told that the engine did not get and the spool could not keep', async () => {
    const server = await openOpenCti();
    const manager = createListedManager({ url: server.url, suppress: 60_000 });
    const run = join(manager.home, 'var/opencti-wazuh/run');
    mkdirSync(run, { recursive: true });
    writeFileSync(join(run, 'spool'), 'no folder');
    manager.queue.close();
    expect((await manager.run(nameAlert)).code).toBe(1);
    rmSync(manager.queue.path);
    const queue = receiveDatagrams(manager.queue.path);
    await manager.run(nameAlert);
    expect(queue.drain()).toHaveLength(1);
    await manager.run(nameAlert);
    expect(queue.drain()).toEqual([]);
  });

  test('tells what was not confirmed once too, and the object at once when it comes', async () => {
    const server = await openOpenCti({ documented: false });
    const manager = createListedManager({ url: server.url, suppress: 60_000, cache: null });
    const [first] = (await manager.run(nameAlert)).messages;
    expect(readEvent(first).data.opencti).toHaveProperty('event', 'not_confirmed');
    const again = await manager.run(nameAlert);
    expect(again.messages).toEqual([]);
    expect(again.log[0]).toContain('outcome="suppressed: reported before (integration.suppress)"');
    const full = await openOpenCti();
    manager.configure({ url: full.url, token: demoToken, suppress: 60_000 });
    const [found] = (await manager.run(nameAlert)).messages;
    expect(readEvent(found).data.opencti).toHaveProperty('value', 'sazoya.com');
    expect((await manager.run(nameAlert)).messages).toEqual([]);
  });

  test('marks nothing for a value that made no event', async () => {
    const server = await openOpenCti({ documented: false });
    const manager = createManager({ url: server.url, token: demoToken, suppress: 60_000, cache: null });
    const ofTheSite = { ...nameAlert, rule: { id: '100000', groups: ['sysmon'] } };
    for (const _ of [1, 2]) {
      const { messages, log } = await manager.run(ofTheSite);
      expect(messages).toEqual([]);
      expect(log[0]).toContain('outcome="no event: not confirmed, and in no list"');
    }
  });
});
