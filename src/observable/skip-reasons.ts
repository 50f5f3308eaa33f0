/**
 * Why a value is not compiled: the closed set. Each reason has one sentence for the analyst.
 * A reason is never renamed; manifests and dashboards carry them.
 */
export const skipReasons = {
  'malformed-hash': 'The text is not a hexadecimal hash of the length that its algorithm has.',
  'malformed-address': 'The text is not an IP address, or it carries a port, a zone or a path.',
  'malformed-name':
    'The text is not a host name: it has a port, a path, a wildcard, a blank, a quote or another character that no DNS name has, or it is too long.',
  'single-label': 'The name has one label only, such as "localhost".',
  'public-suffix': 'The name is a public suffix, such as "co.uk": every name below it would be meant.',
  'name-is-address': 'The name is an IP address; name lookups never see it.',
  'not-global': 'The address is not globally reachable by the special-purpose registries of IANA.',
  multicast: 'The address is a multicast address.',
  'empty-file': 'The hash is that of the empty file.',
  network: 'The value is a network; only gates match networks, and they are off (gates.cidr).',
  'network-too-large': 'The network has more addresses than select.cidr_max_addresses, or its prefix is shorter than /8.',
  'unused-algorithm': 'No looked-up event field carries this hash algorithm.',
  'unused-object': 'The pattern compares an object or property that no looked-up event field carries.',
  'pattern-type': 'The pattern is not of type STIX.',
  'pattern-syntax': 'The STIX pattern cannot be parsed.',
  'pattern-operator': 'The comparison is not an equality.',
  'pattern-literal': 'The comparison is with something other than a text.',
  'pattern-negated': 'The comparison is negated.',
  'pattern-and': 'The comparison holds only together with others.',
  'pattern-sequence': 'The observation counts only together with or after others.',
  'pattern-qualifier': 'The observation is bound to a time or a number of repetitions.',
  revoked: 'Every indicator of the value is dead, at least one of them because it was revoked.',
  expired: 'No indicator of the value is valid now: its time is over or has not begun.',
  'no-score': 'The object that decides has no score.',
  'low-score': 'The score of the object that decides is below the minimum.',
} as const satisfies Record<string, string>;

export type SkipReason = keyof typeof skipReasons;
