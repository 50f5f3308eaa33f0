import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { createAuthority } from '../support/tls.ts';
import { askVersion, catchError, connect } from './support/client.ts';
import { createSelfSigned } from './support/self-signed.ts';
import { answering, onCleanup, startHttp, startHttps } from './support/servers.ts';

const authority = createAuthority();
const stranger = createAuthority('Another Root CA');
const advice = 'give the root certificate that signed it as opencti.ca_file (PEM)';

/** Asks each URL with the CA of a file, in a process of its own. */
const askOnce = `
  import { readFileSync } from 'node:fs';
  import * as v from 'valibot';
  import { createClient } from './client.ts';
  const [caFile, ...urls] = process.argv.slice(2);
  const schema = v.object({ about: v.object({ version: v.string() }) });
  async function main() {
    for (const url of urls) {
      const ca = readFileSync(caFile, 'utf8');
      const client = createClient({ url, token: 'x', timeout: 5000, retryFor: 0, ca });
      console.log((await client.request('{ about { version } }', {}, schema)).data.about.version);
      client.close();
    }
  }
  main();
`;

async function start(certificate: ServerOptions): Promise<string> {
  const port = await startHttps(certificate, answering({ data: { about: { version: '6.9.28' } } }));
  return `https://127.0.0.1:${port}`;
}

describe('TLS', () => {
  it('trusts the CA of ca_file', async () => {
    const url = await start(authority.issue());
    expect(await askVersion(connect(url, { ca: authority.cert }))).toBe('6.9.28');
  });

  it('trusts each of several CAs in one file, with text around', async () => {
    const url = await start(authority.issue());
    const ca = `# companies\n${stranger.cert}\n# ours\r\n${authority.cert}`;
    expect(await askVersion(connect(url, { ca }))).toBe('6.9.28');
  });

  it.each([
    ['NODE_EXTRA_CA_CERTS', []],
    ['SSL_CERT_FILE', ['--use-openssl-ca']],
  ])('trusts the CA of ca_file in addition to those that Node trusts by %s', async (variable, flags) => {
    const folder = await mkdtemp(join(tmpdir(), 'opencti-wazuh-trust-'));
    onCleanup(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'trusted.pem'), authority.cert);
    await writeFile(join(folder, 'own.pem'), stranger.cert);
    await build({
      stdin: { contents: askOnce, resolveDir: fileURLToPath(new URL('../../src/opencti', import.meta.url)) },
      bundle: true,
      platform: 'node',
      outfile: join(folder, 'ask.cjs'),
    });
    // The CA of the first server is Node's, that of the second is the client's own.
    const urls = [await start(authority.issue()), await start(stranger.issue())];
    const env = { [variable]: join(folder, 'trusted.pem') };
    const args = [...flags, join(folder, 'ask.cjs'), join(folder, 'own.pem'), ...urls];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    expect(stdout).toBe('6.9.28\n6.9.28\n');
  });

  it('leaves other clients as they are', async () => {
    const url = await start(authority.issue());
    await askVersion(connect(url, { ca: authority.cert }));
    expect(await catchError(() => askVersion(connect(url)))).toMatchObject({ failure: 'tls' });
  });

  it.each([
    [
      'a CA that is unknown',
      () => authority.issue(),
      undefined,
      `its certificate is signed by an unknown CA: ${advice} (UNABLE_TO_VERIFY_LEAF_SIGNATURE)`,
    ],
    [
      'a chain to an unknown root',
      () => {
        const { key, cert } = authority.issue();
        return { key, cert: cert + authority.cert };
      },
      undefined,
      `its certificate chain ends in an unknown root: ${advice} (SELF_SIGNED_CERT_IN_CHAIN)`,
    ],
    ['another CA than that of ca_file', () => authority.issue(), stranger.cert, `unknown CA: ${advice}`],
    [
      'an expired certificate',
      () => authority.issue({ expired: true }),
      authority.cert,
      'its certificate has expired: renew it, and check the clock of this host (CERT_HAS_EXPIRED)',
    ],
    [
      'a certificate for another name',
      () => authority.issue({ names: ['DNS:other.example'] }),
      authority.cert,
      'its certificate is for another host name: use a name that the certificate has in opencti.url',
    ],
  ])('refuses %s', async (_, certificate, ca, says) => {
    const url = await start(certificate());
    const error = await catchError(() =>
      askVersion(connect(url, { ca, retryFor: 60_000, firstDelay: 60_000 })),
    );
    expect(error).toMatchObject({ failure: 'tls', exitCode: 2 });
    expect(error.message).toContain(`cannot talk to OpenCTI at ${url}/graphql: `);
    expect(error.message).toContain(says);
  });

  it('refuses a self-signed certificate, and takes it as ca_file', async () => {
    const selfSigned = createSelfSigned();
    const url = await start(selfSigned);
    const error = await catchError(() => askVersion(connect(url)));
    expect(error).toMatchObject({ failure: 'tls', exitCode: 2 });
    expect(error.message).toContain(
      `its certificate is self-signed: ${advice} (DEPTH_ZERO_SELF_SIGNED_CERT)`,
    );
    expect(await askVersion(connect(url, { ca: selfSigned.cert }))).toBe('6.9.28');
  });

  it('asks for http:// where a server speaks no TLS', async () => {
    const url = await startHttp(answering({}));
    const error = await catchError(() => askVersion(connect(url.replace('http:', 'https:'))));
    expect(error).toMatchObject({ failure: 'tls', exitCode: 2 });
    expect(error.message).toContain(
      'no TLS connection could be made: does this port use TLS, or is it http:// instead?',
    );
  });

  it('is missed where http:// is asked for', async () => {
    const url = await start(authority.issue());
    const error = await catchError(() => askVersion(connect(url.replace('https:', 'http:'))));
    expect(error.message).toContain('cannot talk to OpenCTI at http://127.0.0.1:');
  });
});
