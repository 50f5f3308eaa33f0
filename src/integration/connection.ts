import { checkAnswer } from '../opencti/answer.ts';
import { OpenCtiError, toGraphqlError } from '../opencti/errors.ts';
import { post, toEndpoint } from '../opencti/http.ts';
import type { Transport } from '../opencti/transport.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import type { IntegrationSettings } from './settings.ts';

/** One request for all objects that the candidates may have. */
export interface Question {
  readonly document: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A platform to ask; no connection is opened before the first question. */
export interface Connection {
  readonly endpoint: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly token: string;
  readonly settings: IntegrationSettings;
  /** A proxy is given by the environment or by the settings. */
  readonly hasProxy: boolean;
}

/** @throws OpenCtiError when URL or token are missing or cannot be used. */
export function toConnection(settings: IntegrationSettings, environment: Environment): Connection {
  const { url, token } = settings;
  if (url === null) throw toMissing('URL', 'url', 'OPENCTI_URL');
  if (token === null) throw toMissing('token', 'token', 'OPENCTI_TOKEN');
  // This is checked here, since the error of a refused header quotes the token.
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new OpenCtiError(
      'settings',
      'the token is empty or holds a blank or another character that no token has',
    );
  }
  const hasProxy = settings.proxy !== null || Object.keys(environment).some((name) => /_proxy$/i.test(name));
  return { endpoint: toEndpoint(url), headers: toHeaders(token), token, settings, hasProxy };
}

function toMissing(what: string, key: string, variable: string): OpenCtiError {
  return new OpenCtiError(
    'settings',
    `no ${what} of OpenCTI: set "${key}" in custom-opencti.json ("opencti-wazuh install" writes it) or ${variable}`,
  );
}

function toHeaders(token: string): Record<string, string> {
  return {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept: 'application/json',
    'user-agent': 'custom-opencti',
    // Without this header, a user in a draft workspace would see the draft.
    'opencti-draft-id': '',
  };
}

/**
 * The bytes of the largest answer about one match; thousands of references and labels are 2 MB. A larger answer would
 * delay every match after this one by seconds.
 */
const largestAnswer = 8 * 2 ** 20;

/**
 * Asks one question.
 * @returns the data of an answer without any error.
 * @throws OpenCtiError, or the signal's reason
 */
export async function askQuestion(
  connection: Connection,
  question: Question,
  signal: AbortSignal,
): Promise<JsonObject> {
  const transport = await (connection.hasProxy ? openProxied(connection) : openDirect(connection));
  try {
    return await askThrough(transport, connection, question, signal);
  } catch (error) {
    // The platform may have a certificate of a public CA although there is an own `ca_file`: the CLI trusts both.
    const mayBePublic = connection.settings.ca !== null && !connection.hasProxy;
    if (!(error instanceof OpenCtiError) || error.failure !== 'tls' || !mayBePublic) throw error;
    const { rootCertificates } = await import('node:tls');
    return askThrough(await openDirect(connection, rootCertificates), connection, question, signal);
  }
}

async function askThrough(
  transport: Transport,
  { endpoint, headers, token }: Connection,
  { document, variables }: Question,
  signal: AbortSignal,
): Promise<JsonObject> {
  const secrets = [token, ...transport.secrets];
  const body = JSON.stringify({ query: document, variables });
  const answer = await post({ endpoint, transport, headers, body, signal, secrets, largestAnswer });
  checkAnswer(answer, { endpoint, proxy: transport.proxy, secrets });
  const { data, errors } = parseAnswer(answer.text, endpoint);
  if (Array.isArray(errors) && errors.length > 0) throw toGraphqlError(errors, endpoint, secrets);
  if (isJsonObject(data)) return data;
  throw new OpenCtiError('answer', `the answer of OpenCTI at ${endpoint.href} holds neither data nor errors`);
}

/** Parses an answer. The parser's own message is left out, since it quotes the text. */
function parseAnswer(text: string, endpoint: URL): JsonObject {
  const excess = findExcess(text);
  if (excess !== null)
    throw new OpenCtiError(
      'answer',
      `the answer of OpenCTI at ${endpoint.href} ${excess}: nothing of it was used`,
    );
  try {
    const answer: unknown = JSON.parse(text);
    if (isJsonObject(answer)) return answer;
  } catch {
    // The error is thrown below.
  }
  throw new OpenCtiError(
    'answer',
    `the answer of OpenCTI at ${endpoint.href} (${text.length} characters) is not the JSON of a GraphQL API`,
  );
}

/**
 * Opens a direct connection, which needs only Node's own modules. The option `ca` replaces the certificates that Node
 * trusts by default: parsing all of them takes 25 ms, a quarter of a run. Node 20.20 parses them nevertheless, unless
 * it was started with `--use-openssl-ca`, as the launcher does when there is an own CA.
 */
async function openDirect(
  { endpoint, settings }: Connection,
  more: readonly string[] = [],
): Promise<Transport> {
  const ca = settings.ca === null ? {} : { ca: [settings.ca, ...more] };
  const isTls = endpoint.protocol === 'https:';
  const { Agent } = isTls ? await import('node:https') : await import('node:http');
  const agent = new Agent(ca);
  return { agent, secureContext: undefined, proxy: null, secrets: [], close: () => agent.destroy() };
}

/** Opens a connection through a proxy, as the CLI does. */
async function openProxied({ endpoint, settings }: Connection): Promise<Transport> {
  const { openTransport } = await import('../opencti/transport.ts');
  const { ca, caFile, proxy } = settings;
  return openTransport({
    endpoint,
    ...(ca !== null && { ca }),
    ...(caFile !== null && { caFile }),
    ...(proxy !== null && { proxy }),
  });
}

/**
 * The most levels of an answer. An answer to our documents has 12 levels, with lists as edges. Functions that walk
 * through an answer call themselves once per level.
 */
const mostLevels = 64;
/**
 * The most values of an answer. Five thousand references and as many labels are 75,000 values; each value takes memory
 * and time in every later step.
 */
const mostValues = 200_000;

const quote = 34;
const comma = 44;
const backslash = 92;

/**
 * Returns why a JSON text cannot be an answer to one of our documents, or null: it is nested so deep that walking
 * through it would overflow the stack, or has so many values that they would fill the memory. This reads each character
 * once, before the parser gets the text.
 */
function findExcess(text: string): string | null {
  let level = 0;
  let values = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) at = findEnd(text, at + 1);
    else if (code === comma) values += 1;
    // `[` and `{`, `]` and `}`.
    else if (code === 91 || code === 123) {
      level += 1;
      values += 1;
    } else if (code === 93 || code === 125) level -= 1;
    if (level > mostLevels) return `is nested deeper than ${mostLevels} levels`;
    if (values > mostValues) return `has more than ${mostValues.toLocaleString('en')} values`;
  }
  return null;
}

/** Returns the offset of the quote that closes a string, or of the end of the text. */
function findEnd(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    if (!isEscaped(text, at, from)) return at;
  }
  return text.length;
}

/**
 * Returns whether an odd number of backslashes precedes the quote. A sequence of backslashes is counted only for the
 * quote after it.
 */
function isEscaped(text: string, at: number, from: number): boolean {
  let first = at;
  while (first > from && text.charCodeAt(first - 1) === backslash) first -= 1;
  return (at - first) % 2 === 1;
}
