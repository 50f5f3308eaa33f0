import { GraphQLClient } from 'graphql-request';
import * as v from 'valibot';
import { checkAnswer } from './check-answer.ts';
import { OpenCtiError } from './errors.ts';
import { toGraphqlError } from './graphql-failure.ts';
import { type HttpAnswer, post } from './post.ts';
import type { Transport } from './transport.ts';

export interface Answer<T> {
  readonly data: T;
  /** The server's clock. */
  readonly date: Date | null;
}

export type Variables = Readonly<Record<string, unknown>>;

export interface Connection {
  readonly endpoint: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly transport: Transport;
  readonly token: string;
  /** Told of the bytes of each answer. */
  readonly onBytes?: (count: number) => void;
}

export interface Question {
  readonly document: string;
  readonly variables: Variables;
  /** JSON by default. */
  readonly parse?: ((text: string) => unknown) | undefined;
  readonly signal: AbortSignal;
}

/** A page of 5,000 rows has some MB; one of patterns that are whole rules of YARA is asked for again, smaller. */
const largestAnswer = 64 * 2 ** 20;

/**
 * Sends one query through graphql-request.
 * @throws OpenCtiError when the answer is not data alone: any entry in `errors` makes it unusable
 */
export async function ask(connection: Connection, question: Question): Promise<Answer<unknown>> {
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
    // Any other policy throws the whole answer as the text of a ClientError.
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

/** The status is checked, so `ok` makes graphql-request parse each answer. */
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

/** The parser's own message is left out: it quotes the text. */
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
