import type { RequestListener } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type OpenCtiFailure, toNetworkError } from '../../src/opencti/errors.ts';
import { askVersion, catchError, connect, token } from './support/client.ts';
import { answering, findClosedPort, startHttp, startTcp } from './support/servers.ts';

interface Case {
  readonly name: string;
  readonly listener: RequestListener;
  readonly failure: OpenCtiFailure;
  readonly exitCode: 1 | 2;
  readonly says: readonly (string | RegExp)[];
}

/** An answer with this status, content type and body. */
function replying(status: number, contentType: string, body: string, headers = {}): RequestListener {
  return (request, response) => {
    request.resume().on('end', () => {
      response.writeHead(status, { ...(contentType && { 'content-type': contentType }), ...headers });
      response.end(body);
    });
  };
}

const loginPage = '<!doctype html><html><head><title>Sign in to\n Example</title></head></html>';
const data = { about: { version: '6.9.28' } };

const graphqlCases: Case[] = [
  ...[
    { message: 'You must be logged in', extensions: { code: 'AUTH_REQUIRED' }, name: 'AUTH_REQUIRED' },
    { message: 'You must be logged in', name: 'AUTH_REQUIRED' },
    { message: 'You must be logged in', name: 'AuthRequired', time_thrown: '2024-01-01T00:00:00Z' },
    { message: 'You must be logged in', name: 'AuthRequired', extensions: { code: 'INTERNAL_SERVER_ERROR' } },
  ].map((entry, index) => ({
    name: `a refused token, spelling ${index + 1}`,
    listener: answering({ data: null, errors: [entry] }),
    failure: 'token' as const,
    exitCode: 2 as const,
    says: ['refused the token', 'You must be logged in', 'opencti.token', 'APIACCESS_USETOKEN'],
  })),
  ...[
    { message: 'You are not allowed', extensions: { code: 'FORBIDDEN_ACCESS' } },
    { message: 'You are not allowed', name: 'ForbiddenAccess' },
  ].map((entry, index) => ({
    name: `a missing capability, spelling ${index + 1}`,
    listener: answering({ errors: [entry], data }),
    failure: 'capability' as const,
    exitCode: 2 as const,
    says: ['capability KNOWLEDGE', 'APIACCESS_USETOKEN', 'on OpenCTI 7'],
  })),
  ...['GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT', 'UNSUPPORTED_ERROR'].map((code) => ({
    name: code,
    listener: answering({ errors: [{ message: 'Cannot query field "x"', extensions: { code } }] }),
    failure: 'query' as const,
    exitCode: 2 as const,
    says: ['refused our query', `${code}: Cannot query field "x"`],
  })),
  {
    name: 'a query refused with status 400',
    listener: replying(
      400,
      'application/json',
      '{"errors":[{"message":"Cannot query field","extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}',
    ),
    failure: 'query',
    exitCode: 2,
    says: ['refused our query', 'Cannot query field'],
  },
  ...['DATABASE_ERROR', 'LOCK_ERROR', 'DatabaseError'].map((code) => ({
    name: code,
    listener: answering({ data, errors: [{ message: 'try later', extensions: { code } }] }),
    failure: 'busy' as const,
    exitCode: 1 as const,
    says: [`reported an error (${code}: try later)`, 'nothing of this answer was used'],
  })),
  {
    name: 'an error of unknown kind beside data',
    listener: answering({
      data,
      errors: [{ message: 'something else', extensions: { code: 'FUNCTIONAL_ERROR' } }],
    }),
    failure: 'server',
    exitCode: 1,
    says: ['FUNCTIONAL_ERROR: something else'],
  },
  {
    name: 'errors without any form',
    listener: answering({ data, errors: ['no', null] }),
    failure: 'server',
    exitCode: 1,
    says: ['an error of unknown form'],
  },
  {
    name: 'a known error behind an unknown one',
    listener: answering({ errors: [{ message: 'first' }, { message: 'second', name: 'FORBIDDEN_ACCESS' }] }),
    failure: 'capability',
    exitCode: 2,
    says: ['FORBIDDEN_ACCESS: second'],
  },
];

const httpCases: Case[] = [
  {
    name: 'a login page',
    listener: replying(200, 'text/html; charset=utf-8', loginPage),
    failure: 'address',
    exitCode: 2,
    says: ['status 200, text/html; charset=utf-8, "Sign in to Example"', 'login page', 'check opencti.url'],
  },
  {
    name: 'no content type',
    listener: replying(200, '', '{}'),
    failure: 'address',
    exitCode: 2,
    says: ['status 200, no content type'],
  },
  {
    name: 'a wrong path',
    listener: replying(404, 'text/html', '<title>Not found</title>'),
    failure: 'address',
    exitCode: 2,
    says: ['no GraphQL API there', 'status 404', 'base path'],
  },
  ...[301, 302, 303, 307, 308].map((status) => ({
    name: `a redirect with ${status}`,
    listener: replying(status, 'text/html', '', { location: 'https://sso.example/login?next=/' }),
    failure: 'address' as const,
    exitCode: 2 as const,
    says: [
      `redirects to https://sso.example/login?next=/ (status ${status})`,
      'not followed',
      'final address',
    ],
  })),
  ...[429, 500, 502, 503, 504].map((status) => ({
    name: `status ${status}`,
    listener: replying(status, 'text/html', '<title>Bad Gateway</title>'),
    failure: status === 429 || status === 503 ? ('asked-to-wait' as const) : ('busy' as const),
    exitCode: 1 as const,
    says: ['cannot answer now', `status ${status}, text/html, "Bad Gateway"`],
  })),
  ...[400, 401, 403, 405, 413].map((status) => ({
    name: `status ${status}`,
    listener: replying(status, 'text/plain', 'no'),
    failure: 'status' as const,
    exitCode: 2 as const,
    says: ['refused the request', `status ${status}, text/plain`],
  })),
  {
    name: 'status 403 in JSON without errors',
    listener: replying(403, 'application/json', '{"message":"WAF"}'),
    failure: 'status',
    exitCode: 2,
    says: ['refused the request: status 403'],
  },
  ...['{"data":{"about"', '', 'null', '"text"', '{"data":"x"}', '{"data":{},"errors":{}}'].map((body) => ({
    name: `the body ${JSON.stringify(body)}`,
    listener: replying(200, 'application/json', body),
    failure: 'answer' as const,
    exitCode: 1 as const,
    says: [`(${body.length} characters) is not the JSON of a GraphQL API`],
  })),
  {
    name: 'data of another form',
    listener: answering({ data: { about: { version: 7 } } }),
    failure: 'answer',
    exitCode: 1,
    says: ['does not fit at "about.version"', 'expected string'],
  },
  ...['[]', '{}', '{"data":null}', '{"data":[]}'].map((body) => ({
    name: `no data: ${body}`,
    listener: replying(200, 'application/json', body),
    failure: 'answer' as const,
    exitCode: 1 as const,
    says: ['the answer of OpenCTI does not fit at'],
  })),
  {
    name: 'an encoding that was not asked for',
    listener: replying(200, 'application/json', 'x', { 'content-encoding': 'br' }),
    failure: 'answer',
    exitCode: 1,
    says: ['content encoding "br"'],
  },
  {
    name: 'damaged compression',
    listener: replying(200, 'application/json', 'not gzip', { 'content-encoding': 'gzip' }),
    failure: 'network',
    exitCode: 1,
    says: ['the compressed answer is damaged (Z_DATA_ERROR)'],
  },
];

const cuts: Case[] = [
  {
    name: 'a connection cut before the answer',
    listener: (request) => request.socket.destroy(),
    failure: 'network',
    exitCode: 1,
    says: ['the connection was cut (ECONNRESET)'],
  },
  {
    name: 'a connection cut in the body',
    listener: (request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
      response.write('{"data":', () => request.socket.destroy());
    },
    failure: 'network',
    exitCode: 1,
    says: ['the connection was cut (ECONNRESET)'],
  },
  {
    name: 'compression that ends too early',
    listener: (request, response) => {
      const body = gzipSync(JSON.stringify({ data }));
      request.resume();
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(body.subarray(0, body.length - 12));
    },
    failure: 'network',
    exitCode: 1,
    says: ['the answer was cut off (Z_BUF_ERROR)'],
  },
];

describe('a failure has its own kind, exit code and message:', () => {
  it.each([...graphqlCases, ...httpCases, ...cuts])(
    '$name',
    async ({ listener, failure, exitCode, says }) => {
      const url = await startHttp(listener);
      const error = await catchError(() => askVersion(connect(url)));
      expect({ failure: error.failure, exitCode: error.exitCode }).toEqual({ failure, exitCode });
      for (const part of says) expect(error.message).toContain(part);
    },
  );

  it('a refused connection', async () => {
    const port = await findClosedPort();
    const error = await catchError(() => askVersion(connect(`http://127.0.0.1:${port}`)));
    expect(error).toMatchObject({ failure: 'network', exitCode: 1 });
    expect(error.message).toBe(
      `cannot talk to OpenCTI at http://127.0.0.1:${port}/graphql: the connection was refused: is it running, ` +
        'is the port right? (ECONNREFUSED)',
    );
  });

  it('a host name without address', async () => {
    const error = await catchError(() => askVersion(connect('http://opencti.invalid')));
    expect(error.exitCode).toBe(1);
    expect(error.message).toMatch(
      /^cannot talk to OpenCTI at http:\/\/opencti\.invalid\/graphql: .*\((ENOTFOUND|EAI_AGAIN)\)$/,
    );
  });

  it('what is not HTTP', async () => {
    const port = await startTcp((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    const error = await catchError(() => askVersion(connect(`http://127.0.0.1:${port}`)));
    expect(error).toMatchObject({ failure: 'address', exitCode: 2 });
    expect(error.message).toContain('the answer is not HTTP: is the port right?');
  });

  it('no answer within the time', async () => {
    const url = await startHttp(() => {});
    const error = await catchError(() =>
      askVersion(connect(url, { timeout: 50, retryFor: 1000, firstDelay: 5000 })),
    );
    expect(error).toMatchObject({ failure: 'timeout', exitCode: 1 });
    expect(error.message).toMatch(/^OpenCTI did not answer completely within 0\.05 s \(opencti\.timeout\)/);
  });

  it('an answer that never ends', async () => {
    const url = await startHttp((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"data":');
    });
    const error = await catchError(() => askVersion(connect(url, { timeout: 100, retryFor: 0 })));
    expect(error).toMatchObject({ failure: 'timeout', exitCode: 1 });
  });

  it('an answer that would fill the memory', async () => {
    const megabyte = gzipSync(Buffer.alloc(1024 * 1024));
    const url = await startHttp((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(Buffer.concat(Array(65).fill(megabyte)));
    });
    const error = await catchError(() => askVersion(connect(url, { timeout: 20_000 })));
    expect(error).toMatchObject({ failure: 'too-large', exitCode: 1 });
    expect(error.message).toBe(
      `an answer of OpenCTI at ${url}/graphql has more than 64 MB: nothing of it was used`,
    );
  });

  it.each([
    ['ENOTFOUND', 'unknown-host', 'the host name is unknown'],
    ['EAI_AGAIN', 'network', 'the DNS did not answer'],
    ['CERT_REVOKED', 'tls', 'its certificate is not accepted'],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'tls', 'no TLS connection could be made'],
    ['HPE_HEADER_OVERFLOW', 'network', 'the answer is not valid HTTP'],
    ['ESOMETHING', 'network', 'it broke at [secret]'],
  ])('the code %s', (code, failure, text) => {
    const endpoint = new URL('https://opencti.example/graphql');
    const thrown = Object.assign(new Error(`it broke at ${token}`), { code });
    const error = toNetworkError(thrown, { endpoint, failedProxy: null, secrets: [token] });
    expect(error.failure).toBe(failure);
    expect(error.message).toContain(`cannot talk to OpenCTI at https://opencti.example/graphql: ${text}`);
    expect(error.message).toContain(`(${code})`);
  });
});

describe('the token stays out of messages', () => {
  it.each([
    [
      'an error message',
      200,
      'application/json',
      (echo: string) => JSON.stringify({ errors: [{ message: echo }] }),
    ],
    [
      'an error code',
      200,
      'application/json',
      (echo: string) => JSON.stringify({ errors: [{ name: echo }] }),
    ],
    ['a page title', 200, 'text/html', (echo: string) => `<title>${echo}</title>`],
    ['a status page', 503, 'text/html', (echo: string) => `<title>${echo}</title>`],
    ['broken JSON', 200, 'application/json', (echo: string) => `{"data": ${echo}`],
    ['JSON of another kind', 200, 'application/json', (echo: string) => JSON.stringify({ data: echo })],
    [
      'data',
      200,
      'application/json',
      (echo: string) => JSON.stringify({ data: { about: { version: [echo] } } }),
    ],
  ])('when the server echoes it in %s', async (_, status, type, toBody) => {
    const url = await startHttp((request, response) => {
      replying(status, type, toBody(`got ${request.headers.authorization}`))(request, response);
    });
    await catchError(() => askVersion(connect(url)));
  });

  it('when the server redirects to an address with it', async () => {
    const url = await startHttp(
      replying(302, 'text/html', '', { location: `https://sso.example/?t=${token}` }),
    );
    const error = await catchError(() => askVersion(connect(url)));
    expect(error.message).toContain('https://sso.example/?t=[secret]');
  });

  it('and foreign control characters too', async () => {
    const message = 'a\u001b[2Jb\r\nc\u202ed';
    const url = await startHttp(answering({ errors: [{ message }] }));
    const error = await catchError(() => askVersion(connect(url)));
    expect(error.message).toContain('(no code: a [2Jb c d)');
  });
});
