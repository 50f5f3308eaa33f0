import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ErrorSpelling } from './api-error.ts';
import { createCountCache, type Platform } from './context.ts';
import type { DemoData } from './data/demo-data.ts';
import { createFaultPlan, type FaultControl } from './faults.ts';
import { createRequestHandler } from './request-handler.ts';
import type { RecordedRequest } from './requests.ts';
import { toVersionTraits } from './version.ts';

export interface OpenCtiServerOptions {
  readonly data: DemoData;
  /** Decides the shape of the schema. Default 7.260318.0. */
  readonly version?: string;
  /** Default `demoToken`. */
  readonly token?: string;
  readonly platformId?: string;
  readonly platformTitle?: string;
  /** Ids of the markings that the token may see. Default: all. */
  readonly markings?: readonly string[];
  /** Default: KNOWLEDGE and APIACCESS_USETOKEN. */
  readonly capabilities?: readonly string[];
  /** Most rows a page has. Default 5000. */
  readonly maxPageSize?: number;
  /** HTTPS instead of HTTP. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** `settings` is refused to the token. */
  readonly settingsRefused?: boolean;
  /** The `Date` header is wrong by so many milliseconds, like a clock that is not set. */
  readonly dateOffset?: number;
  /** Default `code`. */
  readonly errorSpelling?: ErrorSpelling;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default: a free one. */
  readonly port?: number;
}

export interface OpenCtiServer {
  /** Base URL, without `/graphql`. */
  readonly url: string;
  readonly port: number;
  /** Every request so far, in the order of arrival. */
  readonly requests: readonly RecordedRequest[];
  readonly faults: FaultControl;
  readonly data: DemoData;
  /** Cuts what is open; may be called again. */
  close(): Promise<void>;
}

/** Not a secret: opens nothing but an embedded server. */
export const demoToken = 'flgrn_octi_tkn_demo';

/** Starts an OpenCTI that behaves like the real one, as far as this tool can see. */
export async function startOpenCti(options: OpenCtiServerOptions): Promise<OpenCtiServer> {
  const requests: RecordedRequest[] = [];
  const faults = createFaultPlan();
  const handle = createRequestHandler({
    platform: toPlatform(options),
    token: options.token ?? demoToken,
    dateOffset: options.dateOffset ?? 0,
    faults,
    requests,
  });
  const listener = (request: IncomingMessage, response: ServerResponse) => void handle(request, response);
  const server = options.tls ? createTlsServer(options.tls, listener) : createServer(listener);
  const host = options.host ?? '127.0.0.1';
  const port = await listen(server, host, options.port ?? 0);
  let closed: Promise<void> | undefined;
  return {
    url: `${options.tls ? 'https' : 'http'}://${host}:${port}`,
    port,
    requests,
    faults,
    data: options.data,
    close: () => {
      closed ??= close(server);
      return closed;
    },
  };
}

function toPlatform(options: OpenCtiServerOptions): Platform {
  const version = options.version ?? '7.260318.0';
  return {
    version,
    traits: toVersionTraits(version),
    id: options.platformId ?? '2f6b7f0e-9a5d-4c1e-8b3f-6d2a1c0e9f77',
    title: options.platformTitle ?? 'Embedded OpenCTI',
    capabilities: options.capabilities ?? ['KNOWLEDGE', 'APIACCESS_USETOKEN'],
    markings: new Set(options.markings ?? options.data.markings.keys()),
    maxPageSize: options.maxPageSize ?? 5000,
    settingsRefused: options.settingsRefused ?? false,
    errorSpelling: options.errorSpelling ?? 'code',
    data: options.data,
    counts: createCountCache(),
  };
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    server.closeAllConnections();
  });
}
