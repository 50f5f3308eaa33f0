import { isAscii } from 'node:buffer';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import { toExcerpt } from '../text.ts';
import { OpenCtiError, toNetworkError } from './errors.ts';
import type { Transport } from './transport.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly location: string | null;
  readonly retryAfter: string | null;
  readonly date: string | null;
  readonly text: string;
  /** True when the proxy answered in place of the server. */
  readonly fromProxy: boolean;
}

export interface Post {
  readonly endpoint: URL;
  readonly transport: Transport;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
  readonly secrets: readonly string[];
  /** Bytes of the largest answer that is accepted, decompressed: a small one can decompress to more than the memory. */
  readonly largestAnswer: number;
  /** Called with the bytes of the body as it was received, compressed or not. */
  readonly onBytes?: ((count: number) => void) | undefined;
}

/** How far a request has come; without a proxy it begins as if the proxy were passed. */
interface Progress {
  proxyPassed: boolean;
  proxyRefused: boolean;
}

/**
 * Sends one POST with Node's own http and https: the global `fetch` accepts neither a CA nor a proxy and takes 200 ms of
 * start-up on Node 20. No redirect is followed: the token would be sent with it.
 * @throws OpenCtiError, or the signal's reason.
 */
export async function post(call: Post): Promise<HttpAnswer> {
  const { endpoint, transport, signal, secrets } = call;
  const progress: Progress = { proxyPassed: transport.proxy === null, proxyRefused: false };
  try {
    const response = await send(call, progress);
    const text = await readText(response, call);
    const status = response.statusCode ?? 0;
    const { headers } = response;
    return {
      status,
      contentType: headers['content-type'] ?? '',
      location: headers.location ?? null,
      retryAfter: headers['retry-after'] ?? null,
      date: headers.date ?? null,
      text,
      fromProxy: progress.proxyRefused || (transport.proxy !== null && status === 407),
    };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof OpenCtiError) throw error;
    const failedProxy = progress.proxyPassed ? null : transport.proxy;
    throw toNetworkError(error, { endpoint, failedProxy, secrets });
  }
}

async function send(call: Post, progress: Progress): Promise<IncomingMessage> {
  const { endpoint, transport, headers, body, signal } = call;
  // Only the module that is needed is loaded: the integration starts for each match, and TLS takes 3 ms to load.
  const isTls = endpoint.protocol === 'https:';
  const { request: open } = isTls ? await import('node:https') : await import('node:http');
  const { agent, secureContext, checkIdentity } = transport;
  return new Promise((resolve, reject) => {
    const request = open(endpoint, {
      method: 'POST',
      agent,
      headers,
      signal,
      ...(secureContext && { secureContext }),
      ...(checkIdentity && { checkServerIdentity: checkIdentity }),
    });
    watchProxy(request, progress);
    // The signal does not end a request that still waits for its connection, for example when the proxy does not answer.
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    request.on('response', resolve);
    request.on('error', reject);
    request.end(body);
  });
}

/** `proxyConnect` is the event of https-proxy-agent and http-proxy-agent; only a tunnel has a status. */
function watchProxy(request: ClientRequest, progress: Progress): void {
  request.on('proxyConnect', ({ statusCode = 200 }: { statusCode?: number }) => {
    progress.proxyPassed = true;
    progress.proxyRefused = statusCode !== 200;
  });
  request.on('socket', () => {
    if (request.reusedSocket) progress.proxyPassed = true;
  });
}

async function readText(
  response: IncomingMessage,
  { endpoint, largestAnswer, onBytes }: Post,
): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  const decoded = await decode(response);
  for await (const chunk of decoded) {
    size += chunk.length;
    if (size > largestAnswer) {
      const limit = `${largestAnswer / 2 ** 20} MB`;
      throw new OpenCtiError(
        'too-large',
        `an answer of OpenCTI at ${endpoint.href} has more than ${limit}: nothing of it was used`,
      );
    }
    chunks.push(chunk);
  }
  onBytes?.('bytesWritten' in decoded ? Number(decoded.bytesWritten) : size);
  const bytes = Buffer.concat(chunks, size);
  return saysJson(response) ? toJsonText(bytes) : bytes.toString('utf8');
}

const saysJson = ({ headers }: IncomingMessage) => /\bjson\b/i.test(headers['content-type'] ?? '');

async function decode(response: IncomingMessage): Promise<Readable> {
  const encoding = response.headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (encoding === 'identity') return response;
  if (encoding === 'gzip') {
    // It is loaded only here: the integration does not ask for gzip. The reader gets the errors of both streams.
    const { createGunzip } = await import('node:zlib');
    return pipeline(response, createGunzip(), () => {});
  }
  response.destroy();
  throw new OpenCtiError(
    'answer',
    `OpenCTI sent the content encoding "${toExcerpt(encoding)}", and only gzip is accepted`,
  );
}

/**
 * Returns the GraphQL address of a platform's base URL; a base path is kept, query and fragment are removed.
 * @throws OpenCtiError when it is no http or https URL, or has a user name or password in it.
 */
export function toEndpoint(url: string): URL {
  if (!URL.canParse(url)) {
    throw new OpenCtiError('settings', 'opencti.url is not a URL: write it like https://opencti.example.org');
  }
  const endpoint = new URL(url);
  if (endpoint.username || endpoint.password) {
    throw new OpenCtiError(
      'settings',
      'opencti.url holds a user name or password: take it out, the token is enough',
    );
  }
  if (endpoint.protocol !== 'https:' && endpoint.protocol !== 'http:') {
    throw new OpenCtiError('settings', `opencti.url ${url} is neither http:// nor https://`);
  }
  endpoint.search = '';
  endpoint.hash = '';
  const path = endpoint.pathname.replace(/\/+$/, '');
  endpoint.pathname = path.endsWith('/graphql') ? path : `${path}/graphql`;
  return endpoint;
}

/**
 * Returns the text of a JSON document with each character outside of ASCII written as `\uXXXX`. It is the same document,
 * since such characters can be only inside of strings. A single letter outside of Latin-1 makes V8 keep a page of thousands
 * of rows in two bytes a character, which is parsed half as fast (Node 20).
 */
export function toJsonText(bytes: Buffer): string {
  const text = bytes.toString('latin1');
  return isAscii(bytes) ? text : text.replace(/[\x80-\xff]+/g, escapeRun);
}

/** Escapes a run of UTF-8 bytes, one in each character. Invalid bytes become U+FFFD, as they do in any decoder. */
function escapeRun(run: string): string {
  const characters = Buffer.from(run, 'latin1').toString('utf8');
  let escaped = '';
  for (let at = 0; at < characters.length; at += 1) {
    escaped += `\\u${characters.charCodeAt(at).toString(16).padStart(4, '0')}`;
  }
  return escaped;
}
