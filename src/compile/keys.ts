import { toHexGroups, toIpv6Groups } from '../values/address-text.ts';
import type { HashKind, Observable } from '../values/kinds.ts';
import { type Spelling, sysmonLabels } from '../wazuh/fields.ts';

/** Each returns the keys by which a field of that spelling looks a value up. The caller makes sure that the kind fits. */
export const formatKeys = {
  'labelled-upper': ({ kind, value }) => [`${sysmonLabels[kind as HashKind]}=${value.toUpperCase()}`],
  'bare-lower': ({ value }) => [value],
  'sysmon-address': ({ kind, value }) =>
    kind === 'ipv4' ? [value, expandMapped(value)] : [expandIpv6(value)],
  'any-address': ({ kind, value }) =>
    kind === 'ipv4'
      ? [value, expandMapped(value), ...shortenMapped(value)]
      : [...new Set([expandIpv6(value), value])],
  'log-address': ({ kind, value }) => (kind === 'ipv4' ? [value] : spellIpv6(value)),
  'mapped-log-address': ({ kind, value }) =>
    kind === 'ipv4' ? [value, `::ffff:${value}`] : spellIpv6(value),
  name: ({ value }) => [value, `${value}.`],
  // No list has these: what the field would hold.
  'url-host': ({ value }) => [`${value}:443`, `http://${value}/`],
  'name-in-array': ({ value }) => [`[{"rrname": "${value}", "rrtype": "A"}]`],
} as const satisfies Record<Spelling, (observable: Observable) => string[]>;

/**
 * Returns an IPv6 address as Sysmon for Windows writes it, in eight groups without padding:
 * `2a00:1450:4009:81e:0:0:0:200e`. The normal form differs from it only by `::`.
 */
export function expandIpv6(value: string): string {
  return toIpv6Groups(value).join(':');
}

/**
 * As RFC 5952 has it, and as the log of the Linux kernel and Suricata do: eight groups of four digits. For an address that
 * has nothing to shorten the two are the same.
 */
export function spellIpv6(value: string): string[] {
  return [...new Set([value, padIpv6(value)])];
}

function padIpv6(value: string): string {
  return toIpv6Groups(value)
    .map((group) => group.padStart(4, '0'))
    .join(':');
}

/** The IPv4 address of a dual-stack socket as Sysmon writes it: `0:0:0:0:0:ffff:2d53:4001` for 45.83.64.1. */
function expandMapped(ipv4: string): string {
  return `0:0:0:0:0:ffff:${toHexGroups(ipv4)}`;
}

/**
 * Returns the same as other programs write it: with two groups, and with the dotted address, which the server API
 * refuses.
 */
function shortenMapped(ipv4: string): [string, string] {
  return [`::ffff:${toHexGroups(ipv4)}`, `::ffff:${ipv4}`];
}
