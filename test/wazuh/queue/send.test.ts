import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openNativeSocket, openQueue } from '../../../src/wazuh/engine/queue.ts';
import { receiveDatagrams } from '../../support/datagram-receiver.ts';
import { makeFolder } from '../../support/folder.ts';

test('koffi sends the largest message of the engine whole', () => {
  const receiver = receiveDatagrams(join(makeFolder(), 'queue'));
  const message = Buffer.from(`${'x'.repeat(65_531)}\u{1F600}`);
  expect(openNativeSocket().send(receiver.path, [message])).toEqual({ sent: 1, problem: null });
  expect(receiver.drain()).toEqual([message.toString()]);
});

test('koffi tells why it could not', () => {
  const folder = makeFolder();
  const receiver = receiveDatagrams(join(folder, 'queue'));
  const send = (path: string) => openNativeSocket().send(path, [Buffer.from('x')]).problem;
  expect(send(join(folder, 'nowhere'))).toBe('ENOENT');
  expect(send(join(folder, 'x'.repeat(200)))).toBe('ENAMETOOLONG');
  receiver.close();
  expect(send(receiver.path)).toBe('ECONNREFUSED');
});

test('koffi does not wait for a receiver whose queue is full', () => {
  const receiver = receiveDatagrams(join(makeFolder(), 'queue'));
  let filled = 0;
  while (receiver.sendTo(receiver.path, 'x')) filled += 1;
  expect(filled).toBeGreaterThan(0);
  expect(openNativeSocket().send(receiver.path, [Buffer.from('y')])).toEqual({ sent: 0, problem: 'EAGAIN' });
});

test('koffi sends several in their order, and tells how many a full queue took', () => {
  const receiver = receiveDatagrams(join(makeFolder(), 'queue'));
  const messages = ['first', '', '{"third":"\u{1F600}"}'];
  const send = (texts: readonly string[]) =>
    openNativeSocket().send(
      receiver.path,
      texts.map((text) => Buffer.from(text)),
    );
  expect(send(messages)).toEqual({ sent: 3, problem: null });
  expect(receiver.drain()).toEqual(messages);
  const many = Array.from({ length: 5_000 }, (_, index) => `message ${index}`);
  const result = send(many);
  expect(result.problem).toBe('EAGAIN');
  expect(receiver.drain()).toEqual(many.slice(0, result.sent));
});

test('a receiver that comes back in time gets the message', async () => {
  const home = makeFolder();
  mkdirSync(join(home, 'queue/sockets'), { recursive: true });
  const queue = openQueue(home);
  const sending = queue.sendPatiently('late');
  const receiver = receiveDatagrams(join(home, 'queue/sockets/queue'));
  expect(await sending).toBeNull();
  expect(receiver.drain()).toEqual(['late']);
});

test('the new place of the socket goes before the old one', async () => {
  const home = makeFolder();
  mkdirSync(join(home, 'queue/sockets'), { recursive: true });
  mkdirSync(join(home, 'queue/ossec'), { recursive: true });
  const former = receiveDatagrams(join(home, 'queue/ossec/queue'));
  const queue = openQueue(home);
  expect(queue.send(['to the old']).problem).toBeNull();
  const current = receiveDatagrams(join(home, 'queue/sockets/queue'));
  expect(queue.send(['to the new']).problem).toBeNull();
  expect([former.drain(), current.drain()]).toEqual([['to the old'], ['to the new']]);
  current.close();
  rmSync(current.path);
});
