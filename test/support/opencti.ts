import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { onTestFinished } from 'vitest';
import { createDemoData, type DemoDataOptions } from '../platform/data/demo-data.ts';
import {
  demoToken,
  type OpenCtiServer,
  type OpenCtiServerOptions,
  startOpenCti,
} from '../platform/server.ts';

/** Starts an embedded OpenCTI that is closed after the test. */
export async function openOpenCti(
  data: DemoDataOptions = {},
  options: Omit<OpenCtiServerOptions, 'data'> = {},
): Promise<OpenCtiServer> {
  const server = await startOpenCti({ ...options, data: createDemoData(data) });
  onTestFinished(() => server.close());
  return server;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface RawRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** PEM text of the CA to trust. */
  readonly ca?: string;
}

/** Sends one request through `node:http(s)`; rejects when the connection breaks, also within the body. */
export function sendRaw(
  url: string,
  { method = 'POST', headers = {}, body = '', ca }: RawRequest = {},
): Promise<RawAnswer> {
  const send = url.startsWith('https:') ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const request = send(url, { method, headers, agent: false, ...(ca && { ca }) }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

export interface Question {
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly token?: string;
  readonly ca?: string;
}

/** Returns the parsed answer to a GraphQL document, as the type that the caller expects. */
export async function ask<T = unknown>(
  server: OpenCtiServer,
  query: string,
  { variables = {}, token = demoToken, ca }: Question = {},
): Promise<T> {
  const answer = await sendRaw(`${server.url}/graphql`, {
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
    ...(ca && { ca }),
  });
  return JSON.parse(answer.text) as T;
}
