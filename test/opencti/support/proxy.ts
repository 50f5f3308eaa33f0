import { createServer, type IncomingMessage, request as requestHttp } from 'node:http';
import { connect } from 'node:net';
import { listen } from './servers.ts';

export interface TestProxy {
  readonly port: number;
  /** `CONNECT host:port` or `POST http://host:port/path`, one a request. */
  readonly seen: readonly string[];
}

export interface ProxyOptions {
  /** The login that it requires, `user:password`. */
  readonly login?: string;
  /** Instead of a tunnel. */
  readonly refuseWith?: number;
  /** Never answers. */
  readonly silent?: boolean;
}

/** A real HTTP proxy: tunnels for CONNECT, forwards requests with an absolute URI. */
export async function startProxy(options: ProxyOptions = {}): Promise<TestProxy> {
  const seen: string[] = [];
  const expected = options.login && `Basic ${Buffer.from(options.login).toString('base64')}`;
  const toRefusal = (request: IncomingMessage) => {
    if (expected && request.headers['proxy-authorization'] !== expected) return 407;
    return options.refuseWith;
  };
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    const refusal = toRefusal(request);
    if (refusal) {
      response.writeHead(refusal, { 'content-type': 'text/html' }).end('<title>Proxy</title>');
      return;
    }
    const onward = requestHttp(request.url ?? '', { method: 'POST', headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  server.on('connect', (request, client) => {
    seen.push(`CONNECT ${request.url}`);
    if (options.silent) return;
    const refusal = toRefusal(request);
    if (refusal) {
      client.end(`HTTP/1.1 ${refusal} Refused\r\ncontent-type: text/html\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const [host = '', port] = (request.url ?? '').split(':');
    const target = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.pipe(client).pipe(target);
    });
    target.on('error', () => client.destroy());
    client.on('error', () => target.destroy());
    client.on('close', () => target.destroy());
  });
  return { port: await listen(server), seen };
}
