import { type ExitCode, KnownError, messageOf } from '../errors.ts';
import { toExcerpt } from '../text.ts';

/** The way of a request that failed. */
export interface Route {
  readonly endpoint: URL;
  /** The proxy without its credentials when the connection to it failed, else null. */
  readonly failedProxy: string | null;
  readonly secrets: readonly string[];
}

interface Explanation {
  readonly failure: OpenCtiFailure;
  readonly text: string;
}

const caAdvice = 'give the root certificate that signed it as opencti.ca_file (PEM)';

/** The error codes of Node 20 to 24, each with what a person can do about it. */
const explanations: Record<string, Explanation> = {
  ENOTFOUND: { failure: 'unknown-host', text: 'the host name is unknown: check its spelling and the DNS' },
  EAI_AGAIN: { failure: 'network', text: 'the DNS did not answer' },
  ECONNREFUSED: { failure: 'network', text: 'the connection was refused: is it running, is the port right?' },
  ECONNRESET: { failure: 'network', text: 'the connection was cut' },
  EPIPE: { failure: 'network', text: 'the connection was cut' },
  Z_BUF_ERROR: { failure: 'network', text: 'the answer was cut off' },
  Z_DATA_ERROR: { failure: 'network', text: 'the compressed answer is damaged' },
  ETIMEDOUT: { failure: 'timeout', text: 'the connection timed out' },
  EHOSTUNREACH: { failure: 'network', text: 'the host cannot be reached' },
  ENETUNREACH: { failure: 'network', text: 'the network cannot be reached' },
  DEPTH_ZERO_SELF_SIGNED_CERT: { failure: 'tls', text: `its certificate is self-signed: ${caAdvice}` },
  SELF_SIGNED_CERT_IN_CHAIN: {
    failure: 'tls',
    text: `its certificate chain ends in an unknown root: ${caAdvice}`,
  },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
    failure: 'tls',
    text: `its certificate is signed by an unknown CA: ${caAdvice}`,
  },
  UNABLE_TO_GET_ISSUER_CERT: {
    failure: 'tls',
    text: `its certificate is signed by an unknown CA: ${caAdvice}`,
  },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: {
    failure: 'tls',
    text: `its certificate is signed by an unknown CA: ${caAdvice}`,
  },
  CERT_SIGNATURE_FAILURE: {
    failure: 'tls',
    text: `its certificate is not signed by the CA it names: ${caAdvice}`,
  },
  CERT_HAS_EXPIRED: {
    failure: 'tls',
    text: 'its certificate has expired: renew it, and check the clock of this host',
  },
  CERT_NOT_YET_VALID: {
    failure: 'tls',
    text: 'its certificate is not valid yet: check the clock of this host',
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    failure: 'tls',
    text: 'its certificate is for another host name: use a name that the certificate has in opencti.url',
  },
  HPE_INVALID_CONSTANT: { failure: 'address', text: 'the answer is not HTTP: is the port right?' },
};

/**
 * Turns an error of Node's network, TLS and zlib modules into ours, without the original, which has the request in
 * it.
 */
export function toNetworkError(error: unknown, route: Route): OpenCtiError {
  const code = readCode(error);
  const place = route.failedProxy ? `the proxy ${route.failedProxy}` : `OpenCTI at ${route.endpoint.href}`;
  const known = explanations[code] ?? explainFamily(code);
  const text = known?.text ?? toExcerpt(messageOf(error), route.secrets);
  const suffix = code === '' ? '' : ` (${code})`;
  return new OpenCtiError(known?.failure ?? 'network', `cannot talk to ${place}: ${text}${suffix}`);
}

function explainFamily(code: string): Explanation | undefined {
  if (/^(CERT_|ERR_TLS_|UNABLE_TO_|INVALID_CA|HOSTNAME_MISMATCH)/.test(code)) {
    return { failure: 'tls', text: `its certificate is not accepted: ${caAdvice}` };
  }
  if (/^(ERR_SSL_|EPROTO)/.test(code)) {
    const text = 'no TLS connection could be made: does this port use TLS, or is it http:// instead?';
    return { failure: 'tls', text };
  }
  if (code.startsWith('HPE_')) return { failure: 'network', text: 'the answer is not valid HTTP' };
  return undefined;
}

/**
 * Returns the code of an error. A host with several addresses fails with an AggregateError that has the first one's
 * code.
 */
function readCode(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

/** By codes in upper case and without underscores: `AUTH_REQUIRED` is also spelled `AuthRequired` (OpenCTI 5 and 6). */
const failures: Record<string, OpenCtiFailure> = {
  AUTHREQUIRED: 'token',
  FORBIDDENACCESS: 'capability',
  GRAPHQLVALIDATIONFAILED: 'query',
  GRAPHQLPARSEFAILED: 'query',
  BADUSERINPUT: 'query',
  UNSUPPORTEDERROR: 'query',
  DATABASEERROR: 'busy',
  LOCKERROR: 'busy',
};

interface Reported {
  readonly failure: OpenCtiFailure;
  readonly code: string;
  readonly message: string;
}

/** Turns the entries of `errors` into one error of ours: the first one with a known code decides. */
export function toGraphqlError(
  errors: readonly unknown[],
  endpoint: URL,
  secrets: readonly string[],
): OpenCtiError {
  const reported = errors.map(toReported);
  const { failure, code, message } = reported.find((entry) => entry.failure !== 'server') ??
    reported[0] ?? { failure: 'server', code: 'no code', message: '' };
  const said = toExcerpt(message === '' ? code : `${code}: ${message}`, secrets);
  return new OpenCtiError(failure, explain(failure, `OpenCTI at ${endpoint.href}`, said));
}

/** Reads an entry without a schema library: the integration loads this module, too, and starts for each match. */
function toReported(entry: unknown): Reported {
  if (!isObject(entry)) return { failure: 'server', code: 'an error of unknown form', message: '' };
  const { message, name, extensions } = entry;
  const code = isObject(extensions) ? extensions.code : undefined;
  const codes = [code, name].filter((each) => typeof each === 'string');
  const known = codes.find((each) => toFailure(each) !== undefined) ?? codes[0] ?? 'no code';
  return {
    failure: toFailure(known) ?? 'server',
    code: known,
    message: typeof message === 'string' ? message : '',
  };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const toFailure = (code: string) => failures[code.replaceAll('_', '').toUpperCase()];

function explain(failure: OpenCtiFailure, where: string, said: string): string {
  switch (failure) {
    case 'token':
      return (
        `${where} refused the token (${said}): check that opencti.token is the whole API token of a user of this ` +
        'platform, neither expired nor revoked; on OpenCTI 7 the user also needs the capability APIACCESS_USETOKEN'
      );
    case 'capability':
      return (
        `${where} refused access (${said}): the user of the token needs the capability KNOWLEDGE ("Access ` +
        'knowledge") and, on OpenCTI 7, APIACCESS_USETOKEN; give a role of that user both'
      );
    case 'query':
      return `${where} refused our query (${said}): this version does not support its API; is there a newer version?`;
    default:
      return `${where} reported an error (${said}): nothing of this answer was used`;
  }
}

interface Verdict {
  readonly exitCode: ExitCode;
  /** Whether the same request may succeed some seconds later. */
  readonly retry: boolean;
}

/** The failures of a request, each with the exit code and with whether another try can succeed. */
const verdicts = {
  settings: { exitCode: 2, retry: false },
  token: { exitCode: 2, retry: false },
  capability: { exitCode: 2, retry: false },
  address: { exitCode: 2, retry: false },
  tls: { exitCode: 2, retry: false },
  'proxy-refusal': { exitCode: 2, retry: false },
  version: { exitCode: 2, retry: false },
  query: { exitCode: 2, retry: false },
  status: { exitCode: 2, retry: false },
  'unknown-host': { exitCode: 1, retry: false },
  network: { exitCode: 1, retry: true },
  timeout: { exitCode: 1, retry: true },
  busy: { exitCode: 1, retry: true },
  /** OpenCTI itself has asked us to wait before the next request. */
  'asked-to-wait': { exitCode: 1, retry: true },
  server: { exitCode: 1, retry: false },
  answer: { exitCode: 1, retry: false },
  'too-large': { exitCode: 1, retry: false },
  incomplete: { exitCode: 1, retry: false },
  aborted: { exitCode: 1, retry: false },
} as const satisfies Record<string, Verdict>;

export type OpenCtiFailure = keyof typeof verdicts;

/**
 * OpenCTI, or the connection to it, failed. The error has no cause: the errors of Node and graphql-request have the
 * request in them, and with it the token.
 */
export class OpenCtiError extends KnownError {
  readonly failure: OpenCtiFailure;
  /** Milliseconds that the server asked us to wait (`Retry-After`); null when it did not say. */
  readonly retryAfter: number | null;

  constructor(failure: OpenCtiFailure, message: string, retryAfter: number | null = null) {
    super(message, { exitCode: verdicts[failure].exitCode });
    this.failure = failure;
    this.retryAfter = retryAfter;
  }

  get retry(): boolean {
    return verdicts[this.failure].retry;
  }
}
