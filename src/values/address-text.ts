const groupCount = 8;

/**
 * Returns the eight groups of an IPv6 address in its normal form, without padding: `2a02:6b8::1` has
 * `2a02 6b8 0 0 0 0 0 1`.
 */
export function toIpv6Groups(value: string): string[] {
  if (!value.includes('::')) return value.split(':');
  const [head = [], tail = []] = value.split('::').map((part) => part.split(':').filter(Boolean));
  const zeros = Array<string>(groupCount - head.length - tail.length).fill('0');
  return [...head, ...zeros, ...tail];
}

/** Returns dotted decimals as the last two groups of an IPv6 address: `31.0.0.1` is `1f00:1`. */
export function toHexGroups(ipv4: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = ipv4.split('.').map(Number);
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

/** Splits a network into its address and the text of its length, `/22`; the second text of an address is empty. */
export function splitNetwork(value: string): readonly [address: string, suffix: string] {
  const slash = value.indexOf('/');
  return slash < 0 ? [value, ''] : [value.slice(0, slash), value.slice(slash)];
}
