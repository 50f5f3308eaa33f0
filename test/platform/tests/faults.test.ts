import { describe, expect, it } from 'vitest';
import { ask, openOpenCti, sendRaw } from '../../support/opencti.ts';
import { writeObservable } from '../data/written.ts';
import { demoToken, type OpenCtiServer } from '../server.ts';

const query = `{ stixCyberObservables(first: 10, orderBy: created_at, orderMode: asc) {
  pageInfo { globalCount endCursor } edges { cursor node { id } } } }`;

function post(server: OpenCtiServer, text = query) {
  return sendRaw(`${server.url}/graphql`, {
    headers: { authorization: `Bearer ${demoToken}` },
    body: JSON.stringify({ query: text }),
  });
}

async function statuses(server: OpenCtiServer, count: number): Promise<readonly number[]> {
  const all: number[] = [];
  for (let n = 0; n < count; n += 1) all.push((await post(server)).status);
  return all;
}

describe('the time of a fault', () => {
  it('is after some requests and for some', async () => {
    const server = await openOpenCti();
    server.faults.add({ kind: 'status', status: 503 }, { after: 1, times: 2 });
    expect(await statuses(server, 5)).toEqual([200, 503, 503, 200, 200]);
  });

  it('is always, until the faults are cleared', async () => {
    const server = await openOpenCti();
    server.faults.add({ kind: 'status', status: 500 });
    expect(await statuses(server, 3)).toEqual([500, 500, 500]);
    server.faults.clear();
    expect(await statuses(server, 1)).toEqual([200]);
  });

  it('counts the requests that it is meant for', async () => {
    const server = await openOpenCti();
    server.faults.add(
      { kind: 'status', status: 502 },
      { after: 1, when: (request) => request.query?.includes('indicators') ?? false },
    );
    const indicators = '{ indicators { edges { cursor } } }';
    expect((await post(server, indicators)).status).toBe(200);
    expect((await post(server)).status).toBe(200);
    expect((await post(server, indicators)).status).toBe(502);
  });
});

describe('a fault instead of an answer', () => {
  it.each([429, 500, 502, 503, 504])('can be HTTP %i', async (status) => {
    const server = await openOpenCti();
    server.faults.add({ kind: 'status', status, retryAfter: '7' });
    const answer = await post(server);
    expect(answer.status).toBe(status);
    expect(answer.headers['retry-after']).toBe('7');
  });

  it('can be a page, of a login or of a proxy', async () => {
    const server = await openOpenCti();
    server.faults.add({ kind: 'html' }, { times: 1 });
    server.faults.add({ kind: 'html', status: 502, html: '<h1>Bad Gateway</h1>' }, { after: 1 });
    const [login, gateway] = [await post(server), await post(server)];
    expect(login).toMatchObject({ status: 200, text: expect.stringContaining('Sign in') });
    expect(login.headers['content-type']).toMatch(/^text\/html/);
    expect(gateway).toMatchObject({ status: 502, text: '<h1>Bad Gateway</h1>' });
  });

  it('can be a redirect', async () => {
    const server = await openOpenCti();
    server.faults.add({ kind: 'redirect', location: '/dashboard/login' });
    expect(await post(server)).toMatchObject({ status: 302, headers: { location: '/dashboard/login' } });
  });

  it.each(['before-answer', 'in-body'] as const)('can be a connection that is cut %s', async (when) => {
    const server = await openOpenCti();
    server.faults.add({ kind: 'hang-up', when }, { times: 1 });
    await expect(post(server)).rejects.toThrow(/hang up|aborted|ECONNRESET/);
    expect((await post(server)).status).toBe(200);
  });

  it('can be silence, which ends with the server', async () => {
    const server = await openOpenCti();
    server.faults.add({ kind: 'silence' });
    const answer = post(server);
    const outcome = answer.then(
      () => 'answered',
      () => 'cut',
    );
    while (server.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await server.close();
    expect(await outcome).toBe('cut');
  });
});

describe('a fault within an answer', () => {
  it('can be an error in place of data or beside it', async () => {
    const server = await openOpenCti();
    server.faults.add({ kind: 'error', code: 'DATABASE_ERROR' }, { times: 1 });
    server.faults.add({ kind: 'error', code: 'LOCK_ERROR', withData: true }, { after: 1 });
    expect(await ask(server, query)).toMatchObject({
      data: null,
      errors: [{ extensions: { code: 'DATABASE_ERROR' }, name: 'DATABASE_ERROR' }],
    });
    expect(await ask(server, query)).toMatchObject({
      data: { stixCyberObservables: { pageInfo: { globalCount: 3 } } },
      errors: [{ extensions: { code: 'LOCK_ERROR' } }],
    });
  });

  it('can be spelled as older releases do', async () => {
    const server = await openOpenCti({}, { errorSpelling: 'camel-name' });
    server.faults.add({ kind: 'error', code: 'DATABASE_ERROR' });
    expect(await ask(server, query)).toMatchObject({ errors: [{ name: 'DatabaseError' }] });
  });

  it('can be half a text', async () => {
    const server = await openOpenCti();
    server.faults.add({ kind: 'broken-json' });
    const answer = await post(server);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.text).toMatch(/^\{"data"/);
    expect(() => JSON.parse(answer.text)).toThrow(SyntaxError);
  });

  it('can be lost rows or a wrong count', async () => {
    const server = await openOpenCti({ observables: 100 });
    const whole = JSON.parse((await post(server)).text).data.stixCyberObservables;
    server.faults.add({ kind: 'lost-rows', rows: 3 }, { times: 1 });
    server.faults.add({ kind: 'global-count', factor: 2 }, { after: 1 });
    const short = JSON.parse((await post(server)).text).data.stixCyberObservables;
    expect(short).toEqual({ ...whole, edges: whole.edges.slice(0, 7) });
    const wrong = JSON.parse((await post(server)).text).data.stixCyberObservables;
    expect(wrong).toEqual({ ...whole, pageInfo: { ...whole.pageInfo, globalCount: 206 } });
  });

  it('can be a change of the data just before', async () => {
    const server = await openOpenCti();
    const added = writeObservable({ id: 'new', entity_type: 'Domain-Name', value: 'new.example' });
    server.faults.add(
      { kind: 'change', run: () => server.data.observables.add(added) },
      { after: 1, times: 1 },
    );
    const counts: number[] = [];
    for (let n = 0; n < 3; n += 1) {
      counts.push(JSON.parse((await post(server)).text).data.stixCyberObservables.pageInfo.globalCount);
    }
    expect(counts).toEqual([3, 4, 4]);
  });

  it('can be a delay, and the answer is whole', async () => {
    const server = await openOpenCti();
    server.faults.add({ kind: 'slow', milliseconds: 30 });
    expect(await ask(server, '{ me { name } }')).toEqual({ data: { me: { name: 'wazuh' } } });
  });
});
