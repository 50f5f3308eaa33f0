/** Where a range of addresses can be reached from. */
export type Reach = 'global' | 'not-global' | 'multicast' | 'platform';

export interface SpecialRange {
  readonly cidr: string;
  readonly reach: Reach;
  /** The name that the registry or the cloud has for it. */
  readonly name: string;
}

/**
 * Public addresses that can be reached only within one cloud, where they belong to a service of the cloud itself. The
 * metadata services of the other clouds have link-local, unique local and shared addresses (169.254.169.254,
 * fd00:ec2::254, 100.100.100.200), which are not global anyway.
 */
const platformIpv4 = [
  { cidr: '168.63.129.16/32', reach: 'platform', name: 'Azure: wire server, DNS, health probes' },
  { cidr: '199.36.153.4/30', reach: 'platform', name: 'Google Cloud: restricted.googleapis.com' },
  { cidr: '199.36.153.8/30', reach: 'platform', name: 'Google Cloud: private.googleapis.com' },
] as const satisfies readonly SpecialRange[];

/**
 * IANA IPv4 Special-Purpose Address Registry, as of 2025-10, and the multicast block. Where the registry says
 * "N/A" to "globally reachable", the range counts as not reachable. The longest prefix decides.
 */
export const specialIpv4 = [
  { cidr: '0.0.0.0/8', reach: 'not-global', name: 'This network' },
  { cidr: '10.0.0.0/8', reach: 'not-global', name: 'Private-Use' },
  { cidr: '100.64.0.0/10', reach: 'not-global', name: 'Shared Address Space' },
  { cidr: '127.0.0.0/8', reach: 'not-global', name: 'Loopback' },
  { cidr: '169.254.0.0/16', reach: 'not-global', name: 'Link Local' },
  { cidr: '172.16.0.0/12', reach: 'not-global', name: 'Private-Use' },
  { cidr: '192.0.0.0/24', reach: 'not-global', name: 'IETF Protocol Assignments' },
  { cidr: '192.0.0.9/32', reach: 'global', name: 'Port Control Protocol Anycast' },
  { cidr: '192.0.0.10/32', reach: 'global', name: 'Traversal Using Relays around NAT Anycast' },
  { cidr: '192.0.2.0/24', reach: 'not-global', name: 'Documentation (TEST-NET-1)' },
  { cidr: '192.88.99.0/24', reach: 'not-global', name: 'Deprecated (6to4 Relay Anycast)' },
  { cidr: '192.168.0.0/16', reach: 'not-global', name: 'Private-Use' },
  { cidr: '198.18.0.0/15', reach: 'not-global', name: 'Benchmarking' },
  { cidr: '198.51.100.0/24', reach: 'not-global', name: 'Documentation (TEST-NET-2)' },
  { cidr: '203.0.113.0/24', reach: 'not-global', name: 'Documentation (TEST-NET-3)' },
  { cidr: '224.0.0.0/4', reach: 'multicast', name: 'Multicast' },
  { cidr: '240.0.0.0/4', reach: 'not-global', name: 'Reserved' },
  ...platformIpv4,
] as const satisfies readonly SpecialRange[];

/**
 * IANA IPv6 Special-Purpose Address Registry, as of 2025-10, and the multicast block. The first two rows sum up
 * the IPv6 address space registry: global unicast is allocated from 2000::/3 alone.
 */
export const specialIpv6 = [
  { cidr: '::/0', reach: 'not-global', name: 'Not allocated as global unicast' },
  { cidr: '2000::/3', reach: 'global', name: 'Global Unicast' },
  { cidr: '64:ff9b::/96', reach: 'global', name: 'IPv4-IPv6 Translation' },
  { cidr: '2001::/23', reach: 'not-global', name: 'IETF Protocol Assignments' },
  { cidr: '2001:1::1/128', reach: 'global', name: 'Port Control Protocol Anycast' },
  { cidr: '2001:1::2/128', reach: 'global', name: 'Traversal Using Relays around NAT Anycast' },
  { cidr: '2001:1::3/128', reach: 'global', name: 'DNS-SD Service Registration Protocol Anycast' },
  { cidr: '2001:3::/32', reach: 'global', name: 'AMT' },
  { cidr: '2001:4:112::/48', reach: 'global', name: 'AS112-v6' },
  { cidr: '2001:20::/28', reach: 'global', name: 'ORCHIDv2' },
  { cidr: '2001:30::/28', reach: 'global', name: 'Drone Remote ID Protocol Entity Tags' },
  { cidr: '2001:db8::/32', reach: 'not-global', name: 'Documentation' },
  { cidr: '2002::/16', reach: 'not-global', name: '6to4' },
  { cidr: '3fff::/20', reach: 'not-global', name: 'Documentation' },
  { cidr: 'ff00::/8', reach: 'multicast', name: 'Multicast' },
] as const satisfies readonly SpecialRange[];
