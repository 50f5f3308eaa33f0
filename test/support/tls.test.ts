import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAuthority } from './tls.ts';

describe('createAuthority', () => {
  const authority = createAuthority();

  it('issues certificates for the loopback address and localhost', () => {
    const certificate = new X509Certificate(authority.issue().cert);
    expect(certificate.subjectAltName).toBe('IP Address:127.0.0.1, DNS:localhost');
    expect(certificate.verify(new X509Certificate(authority.cert).publicKey)).toBe(true);
    expect(Date.parse(certificate.validTo) > Date.now()).toBe(true);
  });

  it('issues expired ones and ones for other names', () => {
    const certificate = new X509Certificate(
      authority.issue({ expired: true, names: ['DNS:other.example'] }).cert,
    );
    expect(certificate.subjectAltName).toBe('DNS:other.example');
    expect(Date.parse(certificate.validTo) < Date.now()).toBe(true);
  });
});
