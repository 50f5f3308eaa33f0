import { existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { OpenCtiServer } from '../platform/server.ts';
import { receiveDatagrams } from '../support/datagram-receiver.ts';
import { openOpenCti } from '../support/opencti.ts';
import { readEvent } from './support/engine.ts';
import { createListedManager, nameAlert } from './support/listed.ts';
import type { Manager } from './support/manager.ts';

let server: OpenCtiServer;
let manager: Manager;

beforeEach(async () => {
  server = await openOpenCti();
  manager = createListedManager({ url: server.url });
});

const spool = () => join(manager.home, 'var/opencti-wazuh/run/spool');
const listSpool = () => (existsSync(spool()) ? readdirSync(spool()) : []);

function stopEngine(): void {
  manager.queue.close();
  rmSync(manager.queue.path);
}

function expectContext(message: string | undefined): void {
  expect(readEvent(message).data.opencti).toMatchObject({ value: 'sazoya.com' });
}

describe('the socket', () => {
  test('of Wazuh before 4.2 is used where there is no other', async () => {
    stopEngine();
    mkdirSync(join(manager.home, 'queue/ossec'));
    const former = receiveDatagrams(join(manager.home, 'queue/ossec/queue'));
    expect(await manager.run(nameAlert)).toMatchObject({ code: 0 });
    const messages = former.drain();
    expect(messages).toHaveLength(1);
    expectContext(messages[0]);
  });

  test('cannot be opened without koffi: the message is kept, and the log says what to do', async () => {
    rmSync(join(manager.home, 'integrations/node_modules'), { recursive: true });
    const { code, messages, log } = await manager.run(nameAlert);
    expect(code).toBe(0);
    expect(messages).toEqual([]);
    expect(log[0]).toMatch(
      /, spooled".* note="koffi, which opens .* cannot be loaded .*opencti-wazuh install/,
    );
    expect(listSpool()).toHaveLength(1);
  });
});

describe('a message that the engine does not take', () => {
  test('is kept for the next run, which sends it before its own', async () => {
    stopEngine();
    const kept = await manager.run({ ...nameAlert, id: '1.1' });
    expect(kept).toMatchObject({ code: 0, stderr: '' });
    expect(kept.log[0]).toMatch(/, spooled".* note=".*queue\/sockets\/queue: ENOENT"/);
    expect(listSpool()).toHaveLength(1);

    const queue = receiveDatagrams(manager.queue.path);
    const { code, log } = await manager.run({ ...nameAlert, id: '2.2' });
    expect(code).toBe(0);
    expect(log[0]).toContain('1 from the spool sent before');
    const ids = queue.drain().map((message) => {
      const { source } = readEvent(message).data.opencti as { source: { alert_id: string } };
      return source.alert_id;
    });
    expect(ids).toEqual(['1.1', '2.2']);
    expect(listSpool()).toEqual([]);
  });

  test('waits in the spool while the queue of the engine is full', async () => {
    fillQueue();
    const { code, log } = await manager.run(nameAlert);
    expect(code).toBe(0);
    expect(log[0]).toMatch(/, spooled".* note=".*queue\/sockets\/queue: EAGAIN"/);
    manager.queue.drain();
    const { messages } = await manager.run(nameAlert);
    expect(messages).toHaveLength(2);
  });

  /** The kernel holds some datagrams for a receiver that does not read. */
  function fillQueue(): void {
    const filler = receiveDatagrams(join(manager.home, 'filler'));
    let sent = 0;
    while (filler.sendTo(manager.queue.path, 'x')) sent += 1;
    expect(sent).toBeGreaterThan(0);
  }

  test.each([
    ['has nothing to do', { ...nameAlert, data: {} }, 'nothing to do: the alert has no looked-up field'],
    [
      'is about another event of the project',
      { ...nameAlert, data: { integration: 'opencti' } },
      'nothing to do',
    ],
    ['is not asked', nameAlert, 'not asked: '],
  ])('is sent by the next run, also by one that %s', async (_, alert, outcome) => {
    mkdirSync(spool(), { recursive: true });
    writeFileSync(join(spool(), '1700000000000-1-1.message'), '1:opencti:{"kept":1}');
    const until = Date.now() + 30_000;
    manager.writeState(
      'unreachable.json',
      JSON.stringify({ failures: [{ value: null, until, reason: 'why', isOwn: false }] }),
    );
    const { code, messages, log } = await manager.run(alert);
    expect(code).toBe(0);
    expect(messages).toEqual(['1:opencti:{"kept":1}']);
    expect(log[0]).toContain(`outcome="${outcome}`);
    expect(log[0]).toContain('1 from the spool sent before');
    expect(listSpool()).toEqual([]);
  });

  test('is dropped from the spool after a day', async () => {
    mkdirSync(spool(), { recursive: true });
    const old = join(spool(), '1700000000000-1-1.message');
    writeFileSync(old, '1:opencti:{"old":true}');
    const yesterday = Date.now() / 1000 - 86_500;
    utimesSync(old, yesterday, yesterday);
    const { messages } = await manager.run(nameAlert);
    expect(messages).toHaveLength(1);
    expectContext(messages[0]);
    expect(listSpool()).toEqual([]);
  });

  test('is taken over from a run that ended in the middle, but not from one that is at it', async () => {
    mkdirSync(spool(), { recursive: true });
    writeFileSync(join(spool(), '1700000000000-1-1.sending'), '1:opencti:{"a":1}');
    const { messages } = await manager.run(nameAlert);
    expect(messages).toHaveLength(1);
    expect(listSpool()).toEqual(['1700000000000-1-1.sending']);
  });

  test('is lost, with exit status 1 and one line, only when it can neither be sent nor kept', async () => {
    stopEngine();
    rmSync(join(manager.home, 'var/opencti-wazuh/run'), { recursive: true });
    writeFileSync(join(manager.home, 'var/opencti-wazuh/run'), 'no folder');
    const { code, stderr, log } = await manager.run(nameAlert);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^custom-opencti: found 0e5e40ee-.*, lost\n$/);
    expect(log[0]).toMatch(/ENOENT; and .*var\/opencti-wazuh\/run\/spool cannot be written \(E[A-Z]+\)/);
  });
});

test('the state is for the user of the integration alone', async () => {
  stopEngine();
  rmSync(join(manager.home, 'var/opencti-wazuh/run'), { recursive: true });
  await manager.run(nameAlert);
  expect(statSync(spool()).mode & 0o777).toBe(0o700);
  const [kept = ''] = listSpool();
  expect(statSync(join(spool(), kept)).mode & 0o777).toBe(0o600);
});
