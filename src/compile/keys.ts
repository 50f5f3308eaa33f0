import ipaddr from 'ipaddr.js';
import type { HashKind, Observable } from '../observable/kinds.ts';
import type { Spelling } from '../wazuh/event-fields.ts';

/** Sysmon's labels, as its `HashAlgorithms` setting names them. */
const sysmonLabel = { sha256: 'SHA256', sha1: 'SHA1', md5: 'MD5' } as const satisfies Record<
  HashKind,
  string
>;

/** The keys under which a field of that spelling will ask for a value; the caller knows that the kind fits. */
export const formatKeys = {
  'labelled-upper': ({ kind, value }) => [`${sysmonLabel[kind as HashKind]}=${value.toUpperCase()}`],
  'bare-lower': ({ value }) => [value],
  'sysmon-address': (observable) => [expand(observable)],
  'any-address': (observable) => [...new Set([expand(observable), observable.value])],
  name: ({ value }) => [value],
} as const satisfies Record<Spelling, (observable: Observable) => string[]>;

/** Sysmon for Windows writes eight groups without padding: `2a00:1450:4009:81e:0:0:0:200e`. */
function expand({ kind, value }: Observable): string {
  return kind === 'ipv6' ? ipaddr.IPv6.parse(value).toNormalizedString() : value;
}
