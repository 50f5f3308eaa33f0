import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { parseRetryAfter } from '../../src/opencti/answer.ts';
import { askVersion, catchError, connect } from './support/client.ts';
import { findClosedPort, startHttp } from './support/servers.ts';

const good = JSON.stringify({ data: { about: { version: '6.9.28' } } });
const json = { 'content-type': 'application/json' };

const ok: RequestListener = (_, response) => void response.writeHead(200, json).end(good);
const cut: RequestListener = (request) => void request.socket.destroy();
const status =
  (code: number, headers = {}): RequestListener =>
  (_, response) =>
    void response.writeHead(code, headers).end();
const graphqlError =
  (code: string): RequestListener =>
  (_, response) =>
    void response
      .writeHead(200, json)
      .end(JSON.stringify({ errors: [{ message: 'no', extensions: { code } }] }));

/** Each request meets the next listener, the last one again and again. */
async function startSeries(
  ...series: readonly RequestListener[]
): Promise<{ url: string; count: () => number }> {
  let count = 0;
  const url = await startHttp((request, response) => {
    request.resume();
    const listener = series[Math.min(count, series.length - 1)];
    count += 1;
    listener?.(request, response);
  });
  return { url, count: () => count };
}

const patient = { retryFor: 20_000, firstDelay: 1 };

describe('a request is tried again', () => {
  it.each([
    ['cut connections', cut],
    ['status 429', status(429)],
    ['status 500', status(500)],
    ['status 502', status(502)],
    ['status 503', status(503)],
    ['status 504', status(504)],
    ['DATABASE_ERROR', graphqlError('DATABASE_ERROR')],
    ['LockError', graphqlError('LockError')],
  ])('after %s, and each time told', async (_, failing) => {
    const { url, count } = await startSeries(failing, failing, ok);
    const notes: number[] = [];
    const onRetry = ({ attempt, message }: { attempt: number; message: string }) => {
      expect(message).toContain(`OpenCTI at ${url}/graphql`);
      notes.push(attempt);
    };
    expect(await askVersion(connect(url, { ...patient, onRetry }))).toBe('6.9.28');
    expect(count()).toBe(3);
    expect(notes).toEqual([1, 2]);
  });

  it('after a time-out', async () => {
    const { url, count } = await startSeries(() => {}, ok);
    expect(await askVersion(connect(url, { ...patient, timeout: 100 }))).toBe('6.9.28');
    expect(count()).toBe(2);
  });

  it('not before the time that Retry-After names', async () => {
    const times: number[] = [];
    const { url } = await startSeries(
      (request, response) => {
        times.push(performance.now());
        status(503, { 'retry-after': '1' })(request, response);
      },
      (request, response) => {
        times.push(performance.now());
        ok(request, response);
      },
    );
    await askVersion(connect(url, patient));
    const [first = 0, second = 0] = times;
    expect(second - first).toBeGreaterThan(990);
  });
});

describe('a request is not tried again', () => {
  it.each([
    ['AUTH_REQUIRED', graphqlError('AUTH_REQUIRED')],
    ['FORBIDDEN_ACCESS', graphqlError('FORBIDDEN_ACCESS')],
    ['GRAPHQL_VALIDATION_FAILED', graphqlError('GRAPHQL_VALIDATION_FAILED')],
    ['BAD_USER_INPUT', graphqlError('BAD_USER_INPUT')],
    ['UNSUPPORTED_ERROR', graphqlError('UNSUPPORTED_ERROR')],
    ['an unknown error', graphqlError('FUNCTIONAL_ERROR')],
    ['status 404', status(404)],
    ['status 403', status(403)],
    ['a redirect', status(302, { location: '/login' })],
    ['HTML', status(200, { 'content-type': 'text/html' })],
  ])('after %s', async (_, failing) => {
    const { url, count } = await startSeries(failing, ok);
    const error = await catchError(() => askVersion(connect(url, patient)));
    expect(count()).toBe(1);
    expect(error.message).not.toContain('tried');
  });

  it('when Retry-After reaches past the limit', async () => {
    const { url, count } = await startSeries(status(429, { 'retry-after': '3600' }), ok);
    const error = await catchError(() => askVersion(connect(url, patient)));
    expect(count()).toBe(1);
    expect(error).toMatchObject({ failure: 'asked-to-wait', retryAfter: 3_600_000 });
  });
});

describe('the time limit of all tries', () => {
  it('ends them with the last failure and their number', async () => {
    const { url, count } = await startSeries(status(503));
    const error = await catchError(() => askVersion(connect(url, { retryFor: 300, firstDelay: 20 })));
    expect(error).toMatchObject({ failure: 'asked-to-wait', exitCode: 1 });
    expect(count()).toBeGreaterThan(1);
    expect(error.message).toMatch(/ status 503, no content type \(tried \d+ times in [\d.]+ s\)$/);
    expect(error.message).toContain(`tried ${count()} times`);
  });

  it('keeps what went wrong when it cuts the last try short', async () => {
    const { url } = await startSeries(status(502), () => {});
    const error = await catchError(() => askVersion(connect(url, { retryFor: 300, firstDelay: 1 })));
    expect(error.failure).toBe('busy');
    expect(error.message).toMatch(/ status 502, .*\(tried 2 times in /);
  });

  it('of 0 means one try', async () => {
    const port = await findClosedPort();
    const error = await catchError(() => askVersion(connect(`http://127.0.0.1:${port}`, { retryFor: 0 })));
    expect(error.message).toMatch(/\(ECONNREFUSED\)$/);
  });
});

describe('a signal stops a request', () => {
  it('that waits for its answer', async () => {
    const controller = new AbortController();
    const { url } = await startSeries(() => controller.abort());
    const error = await catchError(() => askVersion(connect(url, { ...patient, signal: controller.signal })));
    expect(error).toMatchObject({
      failure: 'aborted',
      exitCode: 1,
      message: 'the request to OpenCTI was stopped',
    });
  });

  it.each([
    ['between two tries', {}],
    ['that waits for Retry-After', { 'retry-after': '600' }],
  ])('%s', async (_, headers) => {
    const controller = new AbortController();
    const { url, count } = await startSeries(status(503, headers));
    const onRetry = () => setImmediate(() => controller.abort());
    const client = connect(url, { retryFor: 1_000_000, firstDelay: 600_000, onRetry });
    const error = await catchError(() => askVersion(client, controller.signal));
    expect(error.failure).toBe('aborted');
    expect(count()).toBe(1);
  });

  it('before it begins', async () => {
    const { url, count } = await startSeries(ok);
    const error = await catchError(() => askVersion(connect(url), AbortSignal.abort()));
    expect(error.failure).toBe('aborted');
    expect(count()).toBe(0);
  });
});

describe('parseRetryAfter', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  it.each([
    [null, null],
    ['120', 120_000],
    ['0', 0],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', null],
  ])('reads %j as %j ms', (header, expected) => {
    expect(parseRetryAfter(header, now)).toBe(expected);
  });
});
