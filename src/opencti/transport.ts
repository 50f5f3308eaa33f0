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
  /** Certificates in PEM that are trusted in addition to those of Node; `caFile` is their name in messages. */
  readonly ca?: string | undefined;
  readonly caFile?: string | undefined;
  /**
   * An empty text means none. When it is left out, the environment of the process decides: see
   * `findEnvironmentProxy`.
   */
  readonly proxy?: string | undefined;
}

/** How requests reach the endpoint. */
export interface Transport {
  readonly agent: HttpAgent;
  readonly secureContext: SecureContext | undefined;
  /** Replaces Node's own check of the name in a certificate; undefined: Node's check is used. */
  readonly checkIdentity?: ((host: string, certificate: PeerCertificate) => Error | undefined) | undefined;
  /** The proxy without its credentials; null when there is none. */
  readonly proxy: string | null;
  /** The texts that must not be in a message. */
  readonly secrets: readonly string[];
  /** Closes all connections, also those that still wait for a proxy. */
  close(): void;
}

/** Prepares the way to the endpoint. @throws OpenCtiError when the proxy's URL or the certificates cannot be used. */
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
  /** Closes the sockets that still connect: an agent does not have these yet. */
  readonly signal: AbortSignal;
}

/** Makes the agent for a proxy. The modules are loaded only when there is one: they take start-up time. */
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
 * Returns the check of a certificate for a host that is an address. TLS sends no server name for an address, and through a
 * tunnel Node does not see the host either: without this it would compare the certificate with "localhost"
 * (https-proxy-agent 9.1, Node 20 to 24).
 */
function toIdentityCheck({ hostname }: URL): Transport['checkIdentity'] {
  const host = hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 ? undefined : (_, certificate) => checkServerIdentity(host, certificate);
}

function toProxy(text: string): URL | null {
  if (text === '') return null;
  const proxy = URL.canParse(text) ? new URL(text) : null;
  if (proxy?.protocol !== 'http:' && proxy?.protocol !== 'https:') {
    const message = 'the proxy is not an http:// or https:// URL: check opencti.proxy and HTTPS_PROXY';
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
 * Returns a context that trusts these certificates in addition to Node's own. Before `tls.getCACertificates` (Node 22) there
 * is no documented way to do that: the option `ca` replaces the default certificates, and with them the store of a
 * distribution's Node. `addCACert`, which the option itself calls, adds; only the certificates of NODE_EXTRA_CA_CERTS are
 * lost by it on Node 20, so they are added here.
 */
async function toSecureContext({ ca, caFile }: TransportOptions): Promise<SecureContext | undefined> {
  if (ca === undefined) return undefined;
  const secureContext = createSecureContext();
  const certificates = [...toCertificates(ca, caFile), ...(await readExtraCertificates())];
  for (const certificate of certificates) secureContext.context.addCACert(certificate);
  return secureContext;
}

/** Reads the certificates of NODE_EXTRA_CA_CERTS. As in Node itself, a file that cannot be read is no error. */
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
      `${caFile} holds a certificate that cannot be read: is it complete, and in PEM?`,
    );
  }
}
