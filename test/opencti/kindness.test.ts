import { expect, test } from 'vitest';
import { OpenCtiError } from '../../src/opencti/errors.ts';
import { readObservables } from '../../src/opencti/read.ts';
import { createPace } from '../../src/opencti/retry.ts';
import { openOpenCti } from '../support/opencti.ts';
import { askVersion, catchError, connect, token } from './support/client.ts';

const lists = { shape: 'lists' } as const;
const isRows = ({ query }: { readonly query: string | null }) =>
  query?.includes('stixCyberObservables') ?? false;

async function open(observables: number) {
  return await openOpenCti({ documented: false, observables }, { token });
}

async function readIds(pages: AsyncIterable<{ readonly records: Iterable<{ readonly id: string }> }>) {
  const ids: string[] = [];
  for await (const { records } of pages) for (const { id } of records) ids.push(id);
  return ids;
}

test('a page that does not come in time is asked for again, smaller, and so are those behind it', async () => {
  const server = await open(700);
  const whole = await readIds(readObservables(connect(server.url), lists, { pageSize: 400 }));
  const before = server.requests.length;
  server.faults.add({ kind: 'silence' }, { when: isRows, after: 1, times: 1 });
  const sizes: [number, number][] = [];
  const client = connect(server.url, { timeout: 3000, retryFor: 60_000 });
  const onSmallerPage = (from: number, to: number) => sizes.push([from, to]);
  expect(await readIds(readObservables(client, lists, { pageSize: 400, onSmallerPage }))).toEqual(whole);
  expect(sizes).toEqual([[400, 100]]);
  const asked = server.requests.slice(before).map(({ variables }) => variables.first);
  expect(asked.slice(0, 3)).toEqual([400, 400, 100]);
  expect(new Set(asked.slice(2))).toEqual(new Set([100]));
});

test('pages are not asked for in less than 50 rows', async () => {
  const server = await open(10);
  server.faults.add({ kind: 'silence' }, { when: isRows });
  const client = connect(server.url, { timeout: 200, retryFor: 0 });
  const error = await catchError(() => readIds(readObservables(client, lists, { pageSize: 300 })));
  expect(error).toBeInstanceOf(OpenCtiError);
  expect(error).toMatchObject({ failure: 'timeout' });
  expect(server.requests.map(({ variables }) => variables.first)).toEqual([300, 75, 50]);
});

test('the client counts its tries, and the bytes of what came', async () => {
  const server = await open(0);
  const client = connect(server.url, { retryFor: 5000 });
  expect(client.traffic()).toEqual({ requests: 0, bytes: 0 });
  server.faults.add({ kind: 'status', status: 503 }, { times: 1 });
  await askVersion(client);
  expect(client.traffic().requests).toBe(2);
  expect(client.traffic().bytes).toBeGreaterThan(40);
});

test('every try waits for its turn', async () => {
  const server = await open(0);
  // After the first there is one request an hour: the second one is never sent.
  const client = connect(server.url, { maxRequestsPerMinute: 1 / 60 });
  await askVersion(client);
  const stop = new AbortController();
  const second = catchError(() => askVersion(client, stop.signal));
  stop.abort();
  expect(await second).toMatchObject({ failure: 'aborted' });
  expect(server.requests).toHaveLength(1);
});

test('turns lie evenly apart, and one that is stopped says why', async () => {
  const pace = createPace(60_000);
  const { signal } = new AbortController();
  const started = performance.now();
  for (let turn = 0; turn < 20; turn += 1) await pace.turn(signal);
  // The first of twenty turns is immediate, and there is a millisecond between two. Timers may be early by one.
  expect(performance.now() - started).toBeGreaterThanOrEqual(17);
  const slow = createPace(1);
  await slow.turn(signal);
  await expect(slow.turn(AbortSignal.abort(new Error('enough')))).rejects.toThrow();
});
