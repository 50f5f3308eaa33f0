import type { IncomingHttpHeaders } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { createClient } from '../../src/opencti/client.ts';
import { askVersion, catchError, connect, token } from './support/client.ts';
import { answering, startHttp } from './support/servers.ts';

const answer = { data: { about: { version: '6.9.28' } } };

describe('a request', () => {
  it('carries the token, our name, an empty draft id and the query', async () => {
    let headers: IncomingHttpHeaders = {};
    let body = '';
    const url = await startHttp((request, response) => {
      headers = request.headers;
      request.on('data', (chunk) => {
        body += chunk;
      });
      answering(answer)(request, response);
    });
    expect(await askVersion(connect(url))).toBe('6.9.28');
    expect(headers).toMatchObject({
      authorization: `Bearer ${token}`,
      'user-agent': `opencti-wazuh/${packageJson.version}`,
      'opencti-draft-id': '',
      'accept-encoding': 'gzip',
      'content-type': 'application/json',
      accept: 'application/json',
    });
    expect(JSON.parse(body)).toEqual({
      query: 'query Version { about { version } }',
      variables: {},
      operationName: 'Version',
    });
  });

  it.each([
    ['', '/graphql'],
    ['/', '/graphql'],
    ['/graphql', '/graphql'],
    ['/graphql/', '/graphql'],
    ['/opencti', '/opencti/graphql'],
    ['/opencti/', '/opencti/graphql'],
    ['/opencti/graphql?x=1#y', '/opencti/graphql'],
  ])('to the base path "%s" goes to %s', async (base, path) => {
    const paths: (string | undefined)[] = [];
    const url = await startHttp((request, response) => {
      paths.push(request.url);
      answering(answer)(request, response);
    });
    const client = connect(url + base);
    await askVersion(client);
    expect(paths).toEqual([path]);
    expect(client.url).toBe(url + path);
  });

  it('reads a compressed answer', async () => {
    const url = await startHttp((_, response) => {
      response.writeHead(200, {
        'content-type': 'application/json; charset=utf-8',
        'content-encoding': 'gzip',
      });
      response.end(gzipSync(JSON.stringify(answer)));
    });
    expect(await askVersion(connect(url))).toBe('6.9.28');
  });

  it('keeps the connection for the next one', async () => {
    const ports = new Set<number | undefined>();
    const url = await startHttp((request, response) => {
      ports.add(request.socket.remotePort);
      answering(answer)(request, response);
    });
    const client = connect(url);
    for (let turn = 0; turn < 3; turn += 1) await askVersion(client);
    expect(ports.size).toBe(1);
  });

  it('takes the media type of GraphQL', async () => {
    const url = await startHttp((_, response) => {
      response.setHeader('content-type', 'application/graphql-response+json');
      response.end(JSON.stringify(answer));
    });
    expect(await askVersion(connect(url))).toBe('6.9.28');
  });
});

describe('createClient refuses, without a connection and with exit code 2,', () => {
  const limits = { timeout: 1000, retryFor: 0 };
  it.each([
    ['a URL that is none', { url: 'opencti', token }, /^opencti\.url is not a URL/],
    ['another protocol', { url: 'ftp://opencti.example', token }, /neither http:\/\/ nor https:\/\/$/],
    [
      'a login in the URL',
      { url: 'https://me:geheim@opencti.example', token },
      /holds a user name or password/,
    ],
    [
      'an empty token',
      { url: 'https://opencti.example', token: '' },
      /^opencti\.token is empty or holds a blank/,
    ],
    [
      'a token of two lines',
      { url: 'https://opencti.example', token: `${token}\n${token}` },
      /^opencti\.token is empty/,
    ],
    [
      'a token with umlauts',
      { url: 'https://opencti.example', token: `${token}ü` },
      /^opencti\.token is empty/,
    ],
  ])('%s', async (_, options, message) => {
    const error = await catchError(() => createClient({ ...options, ...limits }), [token, 'geheim']);
    expect(error.message).toMatch(message);
    expect(error.exitCode).toBe(2);
  });

  it.each([
    ['no certificate', 'hello', /company\.pem holds no PEM certificate/],
    [
      'a damaged certificate',
      '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
      /company\.pem holds a certificate that cannot be read/,
    ],
  ])('a ca_file with %s', async (_, ca, message) => {
    const client = connect('https://127.0.0.1:1', { ca, caFile: '/etc/ssl/company.pem' });
    const error = await catchError(() => askVersion(client));
    expect(error.message).toMatch(message);
    expect(error.exitCode).toBe(2);
  });

  it('a proxy of another protocol, without showing it', async () => {
    const client = connect('https://127.0.0.1:1', { proxy: 'socks5://me:geheim@proxy.example' });
    const error = await catchError(() => askVersion(client), [token, 'geheim', 'proxy.example']);
    expect(error.message).toMatch(/^the proxy is not an http:\/\/ or https:\/\/ URL/);
    expect(error.exitCode).toBe(2);
  });

  it('a proxy login that is not encoded, without showing it', async () => {
    const client = connect('https://127.0.0.1:1', { proxy: 'http://me:100%geheim@proxy.example:3128' });
    const error = await catchError(() => askVersion(client), [token, 'geheim']);
    expect(error.message).toBe(
      'the login of the proxy http://proxy.example:3128 holds a % that must be written %25',
    );
    expect(error.exitCode).toBe(2);
  });
});
