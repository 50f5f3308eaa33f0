import * as v from 'valibot';
import packageJson from '../../package.json' with { type: 'json' };
import { type Answer, ask, type Variables } from './ask.ts';
import { toEndpoint } from './endpoint.ts';
import { OpenCtiError } from './errors.ts';
import { createPace } from './pace.ts';
import { type RetryNote, runWithRetries } from './retry.ts';
import { openTransport, type Transport } from './transport.ts';

export interface ClientOptions {
  /** The platform's base URL; `/graphql` is added when absent. */
  readonly url: string;
  readonly token: string;
  /** PEM text, trusted in addition to the system's CAs; `caFile` is its name for messages. */
  readonly ca?: string | undefined;
  readonly caFile?: string | undefined;
  /** Without it HTTPS_PROXY, HTTP_PROXY and NO_PROXY decide. */
  readonly proxy?: string | undefined;
  /** Milliseconds for one try. */
  readonly timeout: number;
  /** Milliseconds for one request with all its tries; 0 means one try. */
  readonly retryFor: number;
  /** Milliseconds before the second try; doubled with each further one. */
  readonly firstDelay?: number | undefined;
  /** Tries count too; null: no limit. */
  readonly maxRequestsPerMinute?: number | null | undefined;
  readonly onRetry?: ((note: RetryNote) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** False: a time-out ends the request, since the same one would hardly be quicker. True by default. */
  readonly retryTimeouts?: boolean;
  /** JSON by default. */
  readonly parse?: ((text: string) => unknown) | undefined;
}

export interface Traffic {
  /** Each try is one. */
  readonly requests: number;
  /** Of the bodies of all answers, as they came: compressed, where they were. */
  readonly bytes: number;
}

export interface OpenCtiClient {
  /** The GraphQL address, for messages: it holds no secret. */
  readonly url: string;
  /** @throws OpenCtiError; answers with any entry in `errors` are never returned. */
  request<T>(
    document: string,
    variables: Variables,
    schema: v.GenericSchema<unknown, T>,
    options?: RequestOptions,
  ): Promise<Answer<T>>;
  /** What went over the line so far. */
  traffic(): Traffic;
  /** Ends the kept connections. */
  close(): void;
}

/** No connection is made before the first request. @throws OpenCtiError when an option cannot be used. */
export function createClient(options: ClientOptions): OpenCtiClient {
  const endpoint = toEndpoint(options.url);
  const headers = toHeaders(options.token);
  const pace = createPace(options.maxRequestsPerMinute ?? null);
  let transport: Promise<Transport> | undefined;
  let requests = 0;
  let bytes = 0;
  const onBytes = (count: number) => {
    bytes += count;
  };
  const open = () => {
    transport ??= openTransport({ ...options, endpoint });
    return transport;
  };
  return {
    url: endpoint.href,
    async request(document, variables, schema, { signal, retryTimeouts = true, parse } = {}) {
      const connection = { endpoint, headers, transport: await open(), token: options.token, onBytes };
      const signals = [options.signal, signal].filter((each) => each !== undefined);
      const beforeTry = (stop: AbortSignal) => pace.turn(stop);
      const answer = await runWithRetries({ ...options, signals, retryTimeouts, beforeTry }, (limit) => {
        requests += 1;
        return ask(connection, { document, variables, parse, signal: limit });
      });
      return { ...answer, data: take(answer.data, schema) };
    },
    traffic: () => ({ requests, bytes }),
    close() {
      transport?.then((opened) => opened.close()).catch(() => {});
    },
  };
}

function toHeaders(token: string): Record<string, string> {
  // Checked here, since what refuses a header quotes it.
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new OpenCtiError(
      'settings',
      'opencti.token is empty or holds a blank or another character that no token has',
    );
  }
  return {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept: 'application/json',
    'accept-encoding': 'gzip',
    'user-agent': `${packageJson.name}/${packageJson.version}`,
    // A user who is in a draft workspace would see the draft.
    'opencti-draft-id': '',
  };
}

function take<T>(data: unknown, schema: v.GenericSchema<unknown, T>): T {
  const taken = v.safeParse(schema, data);
  if (taken.success) return taken.output;
  const [issue] = taken.issues;
  const field = v.getDotPath(issue) ?? 'data';
  throw new OpenCtiError(
    'answer',
    `the answer of OpenCTI does not fit at "${field}": expected ${issue.expected}`,
  );
}
