import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** PEM texts for `node:https` and `startOpenCti({ tls })`. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

export interface CertificateOptions {
  /** Subject alternative names as OpenSSL writes them. Default: `IP:127.0.0.1` and `DNS:localhost`. */
  readonly names?: readonly string[];
  readonly expired?: boolean;
}

/** A root CA that is not trusted by default. */
export interface Authority {
  /** PEM text for `ca` and for a `ca_file`. */
  readonly cert: string;
  issue(options?: CertificateOptions): Certificate;
}

/** Makes a new root CA with the `openssl` of the machine; nothing stays on disk. */
export function createAuthority(name = 'Test Root CA'): Authority {
  const root = inFolder((folder) => {
    openssl(folder, [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-subj', `/CN=${name}`, '-days', '2', '-keyout', 'key.pem', '-out', 'cert.pem'],
    ]);
    return readPair(folder);
  });
  return { cert: root.cert, issue: (options = {}) => issue(root, options) };
}

function issue(root: Certificate, options: CertificateOptions): Certificate {
  const { names = ['IP:127.0.0.1', 'DNS:localhost'], expired = false } = options;
  return inFolder((folder) => {
    writeFileSync(join(folder, 'ca-key.pem'), root.key, { mode: 0o600 });
    writeFileSync(join(folder, 'ca.pem'), root.cert);
    writeFileSync(join(folder, 'extensions'), `subjectAltName=${names.join(',')}\n`);
    openssl(folder, [
      ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-subj', '/CN=opencti.example', '-keyout', 'key.pem', '-out', 'request.pem'],
    ]);
    writeFileSync(join(folder, 'index.txt'), '');
    writeFileSync(join(folder, 'ca.cnf'), caConfig);
    // `openssl x509` takes no dates before 3.4; Debian 12 has 3.0.
    const [from, to] = expired ? [-60, -30] : [-1, 2];
    openssl(folder, [
      ...['ca', '-batch', '-notext', '-config', 'ca.cnf', '-rand_serial', '-extfile', 'extensions'],
      ...['-cert', 'ca.pem', '-keyfile', 'ca-key.pem', '-in', 'request.pem', '-out', 'cert.pem'],
      ...['-startdate', formatDay(from), '-enddate', formatDay(to)],
    ]);
    return readPair(folder);
  });
}

const caConfig = `[ca]
default_ca = test
[test]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
[any]
commonName = supplied
`;

/** `YYYYMMDDHHMMSSZ` so many days from now. */
function formatDay(days: number): string {
  const time = new Date(Date.now() + days * 86_400_000);
  return `${time.toISOString().replaceAll(/\D/g, '').slice(0, 14)}Z`;
}

function openssl(folder: string, args: readonly string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
}

function readPair(folder: string): Certificate {
  return {
    key: readFileSync(join(folder, 'key.pem'), 'utf8'),
    cert: readFileSync(join(folder, 'cert.pem'), 'utf8'),
  };
}

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'opencti-wazuh-tls-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
