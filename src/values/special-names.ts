/**
 * Names with a special use: IANA's Special-Use Domain Names registry as of 2025-10, and `internal`, which ICANN reserved
 * for private use in 2024. The names below each of them are included. None of them is a name of the public DNS, or its
 * owner is known to be harmless, so such a name in OpenCTI would match the site's own traffic.
 *
 * `onion` (RFC 7686) is left out on purpose: a query for such a name leaves a machine only by mistake, and is worth an
 * alert.
 */
const specialNames = [
  // RFC 6761 and RFC 6762.
  'example',
  'example.com',
  'example.net',
  'example.org',
  'invalid',
  'local',
  'localhost',
  'test',
  // The first two are for private use (ICANN 2024, RFC 8375); the third is never in the DNS (RFC 9476).
  'internal',
  'home.arpa',
  'alt',
  // Protocols look these up on their own: RFC 8880, 9031, 9140, 9462, 9665, 9965.
  '6tisch.arpa',
  'eap.arpa',
  'eap-noob.arpa',
  'ipv4only.arpa',
  'resolver.arpa',
  'service.arpa',
  // The reverse names of private and link-local addresses: RFC 6761, 6762, 7050.
  '10.in-addr.arpa',
  '168.192.in-addr.arpa',
  '254.169.in-addr.arpa',
  '170.0.0.192.in-addr.arpa',
  '171.0.0.192.in-addr.arpa',
  ...Array.from({ length: 16 }, (_, index) => `${16 + index}.172.in-addr.arpa`),
  '8.e.f.ip6.arpa',
  '9.e.f.ip6.arpa',
  'a.e.f.ip6.arpa',
  'b.e.f.ip6.arpa',
] as const;

let byLastLabel: ReadonlyMap<string, readonly string[]> | undefined;

/** Returns true for a special-use name, and for a name below one. @param name in its normal form. */
export function isSpecialUse(name: string): boolean {
  byLastLabel ??= groupByLastLabel();
  const ends = byLastLabel.get(lastLabel(name));
  return ends?.some((end) => name === end || name.endsWith(`.${end}`)) ?? false;
}

function groupByLastLabel(): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const name of specialNames)
    groups.set(lastLabel(name), [...(groups.get(lastLabel(name)) ?? []), name]);
  return groups;
}

const lastLabel = (name: string) => name.slice(name.lastIndexOf('.') + 1);
