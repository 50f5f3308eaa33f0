import { GraphQLClient } from 'graphql-request';
import * as v from 'valibot';
import packageJson from '../../package.json' with { type: 'json' };
import { checkAnswer } from './answer.ts';
import { OpenCtiError, toGraphqlError } from './errors.ts';
import { type HttpAnswer, post, toEndpoint } from './http.ts';
import { createPace, type RetryNote, runWithRetries } from './retry.ts';
import type { Transport } from './transport.ts';
import { openTransport } from './transport.ts';

export interface ClientOptions {
  /** The platform's base URL; `/graphql` is added when absent. */
  readonly url: string;
  readonly token: string;
  /** Certificates in PEM that are trusted in addition to the system's CAs; `caFile` is their name in messages. */
  readonly ca?: string | undefined;
  readonly caFile?: string | undefined;
  /** When it is left out, HTTPS_PROXY, HTTP_PROXY and NO_PROXY decide. */
  readonly proxy?: string | undefined;
  /** Milliseconds for one try. */
  readonly timeout: number;
  /** Milliseconds for one request with all its tries; 0 means one try. */
  readonly retryFor: number;
  /** Milliseconds before the second try; doubled with each further one. */
  readonly firstDelay?: number | undefined;
  /** Each try counts as a request; null means no limit. */
  readonly maxRequestsPerMinute?: number | null | undefined;
  readonly onRetry?: ((note: RetryNote) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** When false, a time-out ends the request, since the same one would hardly be faster. True by default. */
  readonly retryTimeouts?: boolean;
  /** Parses the text of the answer; `JSON.parse` by default. */
  readonly parse?: ((text: string) => unknown) | undefined;
}

export interface Traffic {
  /** How many requests were sent; each try is one. */
  readonly requests: number;
  /** Bytes of the bodies of all answers as they were received, compressed or not. */
  readonly bytes: number;
}

export interface OpenCtiClient {
  /** The GraphQL address for messages: it has no secret in it. */
  readonly url: string;
  /** Sends a query. @throws OpenCtiError; an answer with any entry in `errors` is never returned. */
  request<T>(
    document: string,
    variables: Variables,
    schema: v.GenericSchema<unknown, T>,
    options?: RequestOptions,
  ): Promise<Answer<T>>;
  /** Returns the count of requests and bytes so far. */
  traffic(): Traffic;
  /** Closes the connections that are kept open. */
  close(): void;
}

/** Makes a client; it connects at the first request. @throws OpenCtiError when an option cannot be used. */
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
  // The token is checked here, since Node quotes a header that it refuses.
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
    // Without this, a user who works in a draft workspace would get the objects of the draft.
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

export interface Answer<T> {
  readonly data: T;
  /** The time of the server's clock. */
  readonly date: Date | null;
}

export type Variables = Readonly<Record<string, unknown>>;

export interface Connection {
  readonly endpoint: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly transport: Transport;
  readonly token: string;
  /** Called with the bytes of each answer. */
  readonly onBytes?: (count: number) => void;
}

export interface Question {
  readonly document: string;
  readonly variables: Variables;
  /** Parses the text of the answer; `JSON.parse` by default. */
  readonly parse?: ((text: string) => unknown) | undefined;
  readonly signal: AbortSignal;
}

/**
 * In bytes. A page of 5,000 rows has a few MB. A page of patterns that are whole YARA rules may have more: then a smaller
 * page is requested.
 */
const largestAnswer = 64 * 2 ** 20;

/**
 * Sends one query through graphql-request.
 * @throws OpenCtiError when the answer has anything but data: any entry in `errors` makes it unusable.
 */
async function ask(connection: Connection, question: Question): Promise<Answer<unknown>> {
  const { endpoint, transport, headers, token, onBytes } = connection;
  const secrets = [token, ...transport.secrets];
  const { signal, document, variables, parse = JSON.parse } = question;
  const fetch = async (_: unknown, init?: { readonly body?: unknown }) => {
    const answer = await post({
      largestAnswer,
      onBytes,
      endpoint,
      transport,
      headers,
      body: String(init?.body),
      signal,
      secrets,
    });
    checkAnswer(answer, { endpoint, proxy: transport.proxy, secrets });
    return toResponse(answer);
  };
  const graphql = new GraphQLClient(endpoint.href, {
    // graphql-request reads these members of a Response and no others.
    fetch: fetch as unknown as typeof globalThis.fetch,
    // With any other policy graphql-request throws a ClientError that has the whole answer as its text.
    errorPolicy: 'all',
    jsonSerializer: { parse: (text) => parseAnswer(text, parse), stringify: JSON.stringify },
  });
  const { data, errors = [], status, headers: answered } = await graphql.rawRequest(document, variables);
  if (errors.length > 0) throw toGraphqlError(errors, endpoint, secrets);
  if (status >= 400) {
    throw new OpenCtiError('status', `OpenCTI at ${endpoint.href} refused the request: status ${status}`);
  }
  const date = new Date(answered.get('date') ?? Number.NaN);
  return { data, date: Number.isNaN(date.getTime()) ? null : date };
}

/**
 * Returns what graphql-request reads of a Response. The status is checked already, so `ok` makes it parse each
 * answer.
 */
function toResponse({ status, text, contentType, date }: HttpAnswer) {
  const headers: Record<string, string | null> = { 'content-type': contentType, date };
  return {
    ok: true,
    status,
    headers: { get: (name: string) => headers[name.toLowerCase()] ?? null },
    text: async () => text,
  };
}

const envelope = v.object({
  data: v.nullish(v.looseObject({})),
  errors: v.nullish(v.array(v.unknown()), []),
});

/** Parses an answer. The parser's own message is left out, since it quotes the text. */
function parseAnswer(text: string, parse: (text: string) => unknown): unknown {
  try {
    return v.parse(envelope, parse(text));
  } catch {
    throw new OpenCtiError(
      'answer',
      `the answer of OpenCTI (${text.length} characters) is not the JSON of a GraphQL API`,
    );
  }
}
