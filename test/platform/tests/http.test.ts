import { describe, expect, it } from 'vitest';
import { ask, openOpenCti, sendRaw } from '../../support/opencti.ts';
import { createAuthority } from '../../support/tls.ts';
import { demoToken } from '../server.ts';

const json = { 'content-type': 'application/json', authorization: `Bearer ${demoToken}` };

describe('paths and methods', () => {
  it.each(['/', '/graphql', '/dashboard/anything'])('GET %s is the web application', async (path) => {
    const server = await openOpenCti();
    const answer = await sendRaw(`${server.url}${path}`, { method: 'GET' });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^text\/html/);
    expect(answer.text).toContain('OpenCTI');
  });

  it('POST to a wrong path is 404', async () => {
    const server = await openOpenCti();
    const answer = await sendRaw(`${server.url}/api/graphql`, {
      headers: json,
      body: '{"query":"{ me { id } }"}',
    });
    expect(answer.status).toBe(404);
  });

  it('records every request', async () => {
    const server = await openOpenCti();
    await ask(server, 'query Who($first: Int) { me { name } labels(first: $first) { edges { cursor } } }', {
      variables: { first: 1 },
    });
    await sendRaw(`${server.url}/dashboard`, { method: 'GET' });
    expect(server.requests).toEqual([
      {
        method: 'POST',
        path: '/graphql',
        headers: expect.objectContaining({ authorization: `Bearer ${demoToken}` }),
        query: expect.stringMatching(/^query Who/),
        variables: { first: 1 },
      },
      { method: 'GET', path: '/dashboard', headers: expect.any(Object), query: null, variables: {} },
    ]);
  });
});

describe('bodies', () => {
  it.each([
    ['[{"query":"{ me { id } }"}]', 'Operation batching disabled.'],
    ['{"query"', 'The body is not a JSON object.'],
    ['{}', 'The body holds no query.'],
  ])('%s is refused', async (body, message) => {
    const server = await openOpenCti();
    const answer = await sendRaw(`${server.url}/graphql`, { headers: json, body });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toEqual({ errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] });
  });
});

describe('documents', () => {
  it.each([
    ['{ me { nonsense } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['{ __type(name: "Query") { name } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['{ me {', 'GRAPHQL_PARSE_FAILED'],
    ['query($first: Int!) { labels(first: $first) { edges { cursor } } }', 'BAD_USER_INPUT'],
  ])('%s is an error with HTTP 200: %s', async (query, code) => {
    const server = await openOpenCti();
    const answer = await sendRaw(`${server.url}/graphql`, { headers: json, body: JSON.stringify({ query }) });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toMatchObject({ errors: [{ extensions: { code } }] });
  });

  it('call one root field twice at most since 6.1', async () => {
    const twice = '{ a: labels { edges { cursor } } b: labels { edges { cursor } } }';
    const thrice = '{ a: me { id } b: me { id } c: me { id } }';
    const server = await openOpenCti({}, { version: '6.1.0' });
    expect(await ask(server, twice)).not.toHaveProperty('errors');
    expect(await ask(server, thrice)).toMatchObject({
      errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
    });
    const older = await openOpenCti({}, { version: '6.0.0' });
    expect(await ask(older, thrice)).not.toHaveProperty('errors');
  });
});

describe('the Date header', () => {
  it('can be off', async () => {
    const server = await openOpenCti({}, { dateOffset: -3 * 86_400_000 });
    const {
      headers: { date },
    } = await sendRaw(`${server.url}/`, { method: 'GET' });
    const days = (Date.now() - Date.parse(String(date))) / 86_400_000;
    expect(days).toBeGreaterThan(2.9);
    expect(days).toBeLessThan(3.1);
  });
});

describe('HTTPS', () => {
  it('serves whoever trusts the CA, and nobody else', async () => {
    const authority = createAuthority();
    const server = await openOpenCti({}, { tls: authority.issue() });
    expect(server.url).toBe(`https://127.0.0.1:${server.port}`);
    expect(await ask(server, '{ me { name } }', { ca: authority.cert })).toEqual({
      data: { me: { name: 'wazuh' } },
    });
    await expect(ask(server, '{ me { name } }')).rejects.toThrow(/certificate/);
    await expect(ask(server, '{ me { name } }', { ca: createAuthority().cert })).rejects.toThrow();
  });
});
