import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP } from 'node:net';
import { checkServerIdentity, createSecureContext, type PeerCertificate, type SecureContext } from 'node:tls';
import { findEnvironmentProxy } from '../shell.ts';
import { OpenCtiError } from './errors.ts';

export interface TransportOptions {
  readonly endpoint: URL;
  /** PEM, trusted in addition to what Node trusts; `caFile` is its name for messages. */
  readonly ca?: string | undefined;
  readonly caFile?: string | undefined;
  /** Empty: none. Without it the environment of the process decides: see `findEnvironmentProxy`. */
  readonly proxy?: string | undefined;
}

/** How requests reach the endpoint. */
export interface Transport {
  readonly agent: HttpAgent;
  readonly secureContext: SecureContext | undefined;
  /** In the place of Node's own check of whom a certificate is for; undefined: that one. */
  readonly checkIdentity?: ((host: string, certificate: PeerCertificate) => Error | undefined) | undefined;
  /** The proxy without its credentials, or null. */
  readonly proxy: string | null;
  /** What must not show in a message. */
  readonly secrets: readonly string[];
  /** Ends all connections, also those that still wait for a proxy. */
  close(): void;
}

/** @throws OpenCtiError when the proxy's URL or the certificates cannot be used. */
export async function openTransport(options: TransportOptions): Promise<Transport> {
  const { endpoint } = options;
  const secureContext = await toSecureContext(options);
  const proxy = toProxy(options.proxy ?? findEnvironmentProxy(endpoint.href, process.env) ?? '');
  if (!proxy) {
    const isTls = endpoint.protocol === 'https:';
    const agent = isTls ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
    return { agent, secureContext, proxy: null, secrets: [], close: () => agent.destroy() };
  }
  const closing = new AbortController();
  const agent = await createProxyAgent(endpoint, proxy, { secureContext, signal: closing.signal });
  return {
    agent,
    secureContext,
    checkIdentity: toIdentityCheck(endpoint),
    proxy: `${proxy.protocol}//${proxy.host}`,
    secrets: [proxy.username, proxy.password, decodeURIComponent(proxy.password)].filter(
      (text) => text !== '',
    ),
    close() {
      closing.abort();
      agent.destroy();
    },
  };
}

interface ProxyConnection {
  readonly secureContext: SecureContext | undefined;
  /** An agent does not know the sockets that still connect. */
  readonly signal: AbortSignal;
}

/** The agents are loaded only when there is a proxy: they cost start-up time. */
async function createProxyAgent(endpoint: URL, proxy: URL, { secureContext, signal }: ProxyConnection) {
  const options = { keepAlive: true, signal, ...(secureContext && { secureContext }) };
  if (endpoint.protocol === 'https:') {
    const { HttpsProxyAgent } = await import('https-proxy-agent');
    return new HttpsProxyAgent(proxy, options);
  }
  const { HttpProxyAgent } = await import('http-proxy-agent');
  return new HttpProxyAgent(proxy, options);
}

/**
 * An address is no name for TLS to ask for, and through a tunnel Node does not see the host either: without this it holds
 * the certificate against "localhost" (https-proxy-agent 9.1, Node 20 to 24).
 */
function toIdentityCheck({ hostname }: URL): Transport['checkIdentity'] {
  const host = hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 ? undefined : (_, certificate) => checkServerIdentity(host, certificate);
}

function toProxy(text: string): URL | null {
  if (text === '') return null;
  const proxy = URL.canParse(text) ? new URL(text) : null;
  if (proxy?.protocol !== 'http:' && proxy?.protocol !== 'https:') {
    const message = 'the proxy is not an http:// or https:// URL: look at opencti.proxy and HTTPS_PROXY';
    throw new OpenCtiError('settings', message);
  }
  try {
    decodeURIComponent(proxy.username + proxy.password);
    return proxy;
  } catch {
    const place = `${proxy.protocol}//${proxy.host}`;
    throw new OpenCtiError('settings', `the login of the proxy ${place} holds a % that must be written %25`);
  }
}

/**
 * Node has no documented way to add to its default trust before `tls.getCACertificates` (Node 22): the option `ca`
 * replaces it, and with it the store of a distribution's Node. `addCACert`, which the option itself calls, adds;
 * only the certificates of NODE_EXTRA_CA_CERTS get lost by it on Node 20.
 */
async function toSecureContext({ ca, caFile }: TransportOptions): Promise<SecureContext | undefined> {
  if (ca === undefined) return undefined;
  const secureContext = createSecureContext();
  const certificates = [...toCertificates(ca, caFile), ...(await readExtraCertificates())];
  for (const certificate of certificates) secureContext.context.addCACert(certificate);
  return secureContext;
}

/** Like Node itself, does without a file that cannot be read. */
async function readExtraCertificates(): Promise<readonly string[]> {
  const { NODE_EXTRA_CA_CERTS: file } = process.env;
  if (!file) return [];
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.match(pemBlocks) ?? [];
}

const pemBlocks =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;

function toCertificates(ca: string, caFile = 'opencti.ca_file'): string[] {
  const blocks = ca.match(pemBlocks) ?? [];
  if (blocks.length === 0) {
    throw new OpenCtiError('settings', `${caFile} holds no PEM certificate (-----BEGIN CERTIFICATE-----)`);
  }
  try {
    return blocks.map((block) => new X509Certificate(block).toString());
  } catch {
    throw new OpenCtiError(
      'settings',
      `${caFile} holds a certificate that cannot be read: is it whole, and PEM?`,
    );
  }
}
