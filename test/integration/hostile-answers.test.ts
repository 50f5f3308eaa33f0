import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { onCleanup, startHttp } from '../opencti/support/servers.ts';
import { readEvent } from './support/engine.ts';
import { createListedManager, nameAlert } from './support/listed.ts';
import { launcher } from './support/manager.ts';

const megabyte = 2 ** 20;
const fill = (unit: string, size: number) => unit.repeat(Math.floor(size / unit.length));
const row = (more = '') => `{"node":{"id":"n","entity_type":"Domain-Name","value":"sazoya.com"${more}}}`;
const answer = (rows: string, indicators = '') =>
  `{"data":{"byValue":{"edges":[${rows}]},"indicators":{"edges":[${indicators}]}}}`;
const indicator = (pattern: string, id = 'i') =>
  `{"node":{"id":"${id}","revoked":true,"valid_from":null,"valid_until":null,"pattern_type":"stix","pattern":${JSON.stringify(pattern)}}}`;
const many = (count: number, toText: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => toText(index)).join(',');

const tooLarge = { error: expect.stringMatching(/has more than 8 MB: nothing of it was used$/) };
const tooMany = { error: expect.stringMatching(/has more than 200,000 values: nothing of it was used$/) };
const found = { id: 'n', value: 'sazoya.com' };

/** Answers of a platform, or of another server in its place, each with the event that it causes. */
const answers: readonly (readonly [string, string | Buffer, object])[] = [
  ['a gzip bomb', gzipSync(Buffer.alloc(200 * megabyte)), tooLarge],
  ['9 MB', answer(row(`,"description":"${'x'.repeat(9 * megabyte)}"`)), tooLarge],
  [
    'three million levels',
    answer(row(`,"x":${'['.repeat(3e6)}${']'.repeat(3e6)}`)),
    { error: expect.stringMatching(/is nested deeper than 64 levels: nothing of it was used$/) },
  ],
  ['60,000 rows', answer(many(60_000, (index) => row().replace('"n"', `"n${index}"`))), tooMany],
  ['a million small values', answer(row(`,"x":[${fill('{"a":1},', 7 * megabyte)}1]`)), tooMany],
  ['60,000 labels', answer(row(`,"objectLabel":[${many(60_000, () => '{"id":"a","value":"b"}')}]`)), found],
  [
    '180,000 entries of a field that nothing can cut',
    answer(row(`,"x":[${many(180_000, () => '1')}]`)),
    found,
  ],
  [
    '11,000 references, 7 MB',
    answer(
      row(
        `,"externalReferences":{"edges":[${many(11_000, () => `{"node":{"description":"${'x'.repeat(600)}"}}`)}]}`,
      ),
    ),
    found,
  ],
  ['a value of 7 MB', answer(row(`,"standard_id":"${fill('\\u0001', 7 * megabyte)}"`)), found],
  ['a score of 50.5', answer(row(',"x_opencti_score":50.5')), { ...found, x_opencti_score: '50.500000' }],
  ['a score of 7 MB', answer(row(`,"x_opencti_score":["${'x'.repeat(7 * megabyte)}"]`)), found],
  ['markings of 7 MB', answer(row(`,"objectMarking":[{"id":"${'x'.repeat(7 * megabyte)}"}]`)), found],
  ['an id of 100 kB', answer(`${row().replace('"n"', `"${'x'.repeat(100_000)}"`)},${row()}`), found],
  [
    'patterns of 2 MB',
    answer(
      '',
      indicator(`[${fill("domain-name:value = 'a.b' OR ", 2 * megabyte)}domain-name:value = 'x.y']`),
    ),
    { error: expect.stringMatching(/patterns in the answer of OpenCTI have more than 1,000,000 characters/) },
  ],
  [
    'a pattern of 900 kB, once for each of twenty rows',
    answer(
      many(20, (index) => row().replace('"n"', `"n${index}"`)),
      indicator(`[${fill("domain-name:value = 'a.b' OR ", 900_000)}domain-name:value = 'x.y']`),
    ),
    { id: 'n0' },
  ],
];

/** Counts the processor time of the children of a shell. */
const timed = `"$@"; status=$?; times; exit $status`;

test.each(answers)('%s: an event, in bounded time and memory', async (_, body, expected) => {
  const url = await startHttp((request, response) => {
    request.resume().on('end', () => {
      response.setHeader('content-type', 'application/json');
      if (typeof body !== 'string') response.setHeader('content-encoding', 'gzip');
      // The client may have closed the connection.
      response.on('error', () => {});
      response.end(body);
    });
  });
  const manager = createListedManager({ url });
  onCleanup(() => manager.queue.close());
  const alert = join(manager.home, 'alert.json');
  writeFileSync(alert, JSON.stringify(nameAlert));
  const { stdout } = await promisify(execFile)(
    'sh',
    ['-c', timed, 'sh', join(manager.home, launcher), alert],
    { env: { PATH: process.env.PATH ?? '', NODE_OPTIONS: '--max-old-space-size=160' } },
  );
  const messages = manager.queue.drain();
  expect(messages).toHaveLength(1);
  expect(Buffer.byteLength(messages[0] ?? '')).toBeLessThanOrEqual(65_535);
  expect(readEvent(messages[0]).data.opencti).toMatchObject(expected);
  const seconds = [...stdout.matchAll(/(\d+)m([\d.]+)s/g)]
    .slice(2)
    .map(([, m, s]) => Number(m) * 60 + Number(s));
  expect(seconds).toHaveLength(2);
  expect(seconds.reduce((sum, each) => sum + each, 0)).toBeLessThan(3);
});

test('an alert of 2 MB is none', async () => {
  const manager = createListedManager({ url: 'http://127.0.0.1:9' });
  const { code, messages, log } = await manager.run({ ...nameAlert, full_log: 'x'.repeat(2 * megabyte) });
  expect([code, messages]).toEqual([1, []]);
  expect(log[0]).toContain('is larger than any alert (1 MB)');
});

test('names of an agent and ids of an alert, however long, leave room for the event', async () => {
  const manager = createListedManager({ url: 'http://127.0.0.1:9' });
  const long = 'x'.repeat(70_000);
  const alert = { ...nameAlert, id: long, agent: { id: '001', name: long, ip: long } };
  const { code, messages } = await manager.run(alert);
  expect(code).toBe(0);
  expect(messages).toHaveLength(1);
  expect(messages[0]?.length).toBeLessThan(10_000);
});
