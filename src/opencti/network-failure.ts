import { OpenCtiError, type OpenCtiFailure } from './errors.ts';
import { toExcerpt } from './excerpt.ts';

/** Where a request went wrong. */
export interface Route {
  readonly endpoint: URL;
  /** The proxy without its credentials when the way to it failed, else null. */
  readonly failedProxy: string | null;
  readonly secrets: readonly string[];
}

interface Explanation {
  readonly failure: OpenCtiFailure;
  readonly text: string;
}

const caAdvice = 'give the root certificate that signed it as opencti.ca_file (PEM)';

/** Error codes of Node 20 to 24. The advice is what a person can do about it. */
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
  HPE_INVALID_CONSTANT: { failure: 'address', text: 'what answers there speaks no HTTP: is the port right?' },
};

/** What Node's network, TLS and zlib modules threw, as our error: without the original, which holds the request. */
export function toNetworkError(error: unknown, route: Route): OpenCtiError {
  const code = readCode(error);
  const place = route.failedProxy ? `the proxy ${route.failedProxy}` : `OpenCTI at ${route.endpoint.href}`;
  const known = explanations[code] ?? explainFamily(code);
  const text =
    known?.text ?? toExcerpt(error instanceof Error ? error.message : String(error), route.secrets);
  const suffix = code === '' ? '' : ` (${code})`;
  return new OpenCtiError(known?.failure ?? 'network', `cannot talk to ${place}: ${text}${suffix}`);
}

function explainFamily(code: string): Explanation | undefined {
  if (/^(CERT_|ERR_TLS_|UNABLE_TO_|INVALID_CA|HOSTNAME_MISMATCH)/.test(code)) {
    return { failure: 'tls', text: `its certificate is not accepted: ${caAdvice}` };
  }
  if (/^(ERR_SSL_|EPROTO)/.test(code)) {
    const text = 'TLS could not be agreed on: does this port speak TLS, or is it http:// instead?';
    return { failure: 'tls', text };
  }
  if (code.startsWith('HPE_')) return { failure: 'network', text: 'the answer is not valid HTTP' };
  return undefined;
}

/** A host with several addresses fails with an AggregateError whose own code is that of the first. */
function readCode(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}
