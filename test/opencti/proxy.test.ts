import { connect as connectTcp } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, it, vi } from 'vitest';
import { type Certificate, createAuthority } from '../support/tls.ts';
import { askVersion, catchError, connect, token } from './support/client.ts';
import { startProxy } from './support/proxy.ts';
import { answering, findClosedPort, listen, startHttp, startHttps, startTcp } from './support/servers.ts';

const authority = createAuthority();
const answer = answering({ data: { about: { version: '6.9.28' } } });
const ca = authority.cert;

async function startTarget(): Promise<string> {
  return `https://127.0.0.1:${await startHttps(authority.issue(), answer)}`;
}

describe('a proxy', () => {
  it('gives a tunnel to https, one for several requests', async () => {
    const proxy = await startProxy();
    const url = await startTarget();
    const client = connect(url, { ca, proxy: `http://127.0.0.1:${proxy.port}` });
    expect(await askVersion(client)).toBe('6.9.28');
    expect(await askVersion(client)).toBe('6.9.28');
    expect(proxy.seen).toEqual([`CONNECT ${new URL(url).host}`]);
  });

  it('forwards http', async () => {
    const proxy = await startProxy();
    const url = await startHttp(answer);
    expect(await askVersion(connect(url, { proxy: `http://127.0.0.1:${proxy.port}` }))).toBe('6.9.28');
    expect(proxy.seen).toEqual([`POST ${url}/graphql`]);
  });

  it('gets the login of its URL', async () => {
    const proxy = await startProxy({ login: 'me:ge heim' });
    const url = await startTarget();
    const client = connect(url, { ca, proxy: `http://me:ge%20heim@127.0.0.1:${proxy.port}` });
    expect(await askVersion(client)).toBe('6.9.28');
  });

  it('comes from the environment', async () => {
    const proxy = await startProxy();
    vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${proxy.port}`);
    const url = await startTarget();
    expect(await askVersion(connect(url, { ca }))).toBe('6.9.28');
    expect(proxy.seen).toEqual([`CONNECT ${new URL(url).host}`]);
  });

  it('of the environment is left out for the hosts of NO_PROXY', async () => {
    const proxy = await startProxy();
    vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${proxy.port}`);
    vi.stubEnv('NO_PROXY', 'localhost,127.0.0.1');
    expect(await askVersion(connect(await startTarget(), { ca }))).toBe('6.9.28');
    expect(proxy.seen).toEqual([]);
  });

  it('of the options wins over the environment', async () => {
    const proxy = await startProxy();
    vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${await findClosedPort()}`);
    const client = connect(await startTarget(), { ca, proxy: `http://127.0.0.1:${proxy.port}` });
    expect(await askVersion(client)).toBe('6.9.28');
  });
});

describe('a proxy on the way to an address', () => {
  const start = async (names: string[]) => {
    const proxy = await startProxy();
    const port = await startHttps(authority.issue({ names }), answer);
    return { url: `https://127.0.0.1:${port}`, proxy: `http://127.0.0.1:${proxy.port}` };
  };

  it('takes the certificate of that address, without any name', async () => {
    const { url, proxy } = await start(['IP:127.0.0.1']);
    expect(await askVersion(connect(url, { ca, proxy }))).toBe('6.9.28');
  });

  it.each([['DNS:localhost'], ['DNS:127.0.0.1'], ['IP:127.0.0.2'], ['DNS:opencti.example']])(
    'refuses a certificate for %s',
    async (name) => {
      const { url, proxy } = await start([name]);
      const error = await catchError(() => askVersion(connect(url, { ca, proxy })));
      expect(error).toMatchObject({ failure: 'tls', exitCode: 2 });
      expect(error.message).toContain('its certificate is for another host name');
    },
  );

  it('that speaks TLS itself has its own certificate checked, and the address the other one', async () => {
    const inner = await startProxy();
    const tunnel = await startTlsFront(authority.issue({ names: ['DNS:localhost'] }), inner.port);
    const port = await startHttps(authority.issue({ names: ['IP:127.0.0.1'] }), answer);
    const url = `https://127.0.0.1:${port}`;
    expect(await askVersion(connect(url, { ca, proxy: `https://localhost:${tunnel}` }))).toBe('6.9.28');
    const error = await catchError(() =>
      askVersion(connect(url, { ca, proxy: `https://127.0.0.1:${tunnel}` })),
    );
    expect(error).toMatchObject({ failure: 'tls' });
  });
});

/** Starts TLS before a server without it. */
async function startTlsFront(certificate: Certificate, port: number): Promise<number> {
  const server = createTlsServer(certificate, (socket) => {
    const target = connectTcp(port, '127.0.0.1');
    socket.pipe(target).pipe(socket);
    target.on('error', () => socket.destroy());
    socket.on('error', () => target.destroy());
  });
  return await listen(server);
}

describe.each([
  ['https', startTarget],
  ['http', () => startHttp(answer)],
])('a proxy on the way to %s', (_, startOne) => {
  it('that wants another login is named without it', async () => {
    const proxy = await startProxy({ login: 'me:right' });
    const address = `127.0.0.1:${proxy.port}`;
    const client = connect(await startOne(), { ca, proxy: `http://someone:geheim@${address}` });
    const error = await catchError(() => askVersion(client), [token, 'someone', 'geheim']);
    expect(error).toMatchObject({ failure: 'proxy-refusal', exitCode: 2 });
    expect(error.message).toBe(
      `the proxy http://${address} requires a login (status 407): put user name and password into the URL of opencti.proxy`,
    );
  });

  it('that refuses the connection is named', async () => {
    const port = await findClosedPort();
    const client = connect(await startOne(), { ca, proxy: `http://me:geheim@127.0.0.1:${port}` });
    const error = await catchError(() => askVersion(client), [token, 'geheim']);
    expect(error).toMatchObject({ failure: 'network', exitCode: 1 });
    expect(error.message).toContain(
      `cannot talk to the proxy http://127.0.0.1:${port}: the connection was refused`,
    );
  });
});

describe('a proxy that opens no tunnel', () => {
  it.each([
    [403, 'proxy-refusal', 2],
    [502, 'network', 1],
    [503, 'network', 1],
  ])('but answers %i', async (status, failure, exitCode) => {
    const proxy = await startProxy({ refuseWith: status });
    const url = await startTarget();
    const error = await catchError(() =>
      askVersion(connect(url, { ca, proxy: `http://127.0.0.1:${proxy.port}` })),
    );
    expect(error).toMatchObject({ failure, exitCode });
    expect(error.message).toBe(
      `the proxy http://127.0.0.1:${proxy.port} did not connect to ${new URL(url).host}: status ${status}`,
    );
  });

  it('but hangs up', async () => {
    const port = await startTcp((socket) => socket.on('data', () => socket.end()));
    const client = connect(await startTarget(), { ca, proxy: `http://127.0.0.1:${port}` });
    const error = await catchError(() => askVersion(client));
    expect(error).toMatchObject({ failure: 'network', exitCode: 1 });
    expect(error.message).toContain(`cannot talk to the proxy http://127.0.0.1:${port}: `);
  });

  it('but says nothing', async () => {
    const proxy = await startProxy({ silent: true });
    const client = connect(await startTarget(), {
      ca,
      timeout: 100,
      proxy: `http://127.0.0.1:${proxy.port}`,
    });
    expect(await catchError(() => askVersion(client))).toMatchObject({ failure: 'timeout', exitCode: 1 });
  });

  it('because the target is down', async () => {
    const proxy = await startProxy();
    const target = `https://127.0.0.1:${await findClosedPort()}`;
    const client = connect(target, { ca, proxy: `http://127.0.0.1:${proxy.port}` });
    expect(await catchError(() => askVersion(client))).toMatchObject({ failure: 'network', exitCode: 1 });
  });
});

it('TLS behind a tunnel is checked as without one', async () => {
  const proxy = await startProxy();
  const url = await startTarget();
  const error = await catchError(() => askVersion(connect(url, { proxy: `http://127.0.0.1:${proxy.port}` })));
  expect(error).toMatchObject({ failure: 'tls', exitCode: 2 });
  expect(error.message).toContain(
    `cannot talk to OpenCTI at ${url}/graphql: its certificate is signed by an unknown CA`,
  );
});
