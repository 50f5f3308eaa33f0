import type { Observable } from '../observable/kinds.ts';
import { type Skip, skip } from '../observable/skip.ts';

/** Null: networks are not matched. */
export type NetworkLimit = { readonly maxAddresses: number } | null;

/** A shorter prefix is a part of the internet, not of an adversary. */
const shortestPrefix = 8;
/** An IPv6 host has a whole /64, so IPv6 networks are measured in these. */
const ipv6HostPrefix = 64;

/** Why a network is not compiled; null for one that is, and for all that is no network. */
export function skipOfNetwork({ kind, value }: Observable, limit: NetworkLimit): Skip | null {
  if (kind !== 'ipv4-network' && kind !== 'ipv6-network') return null;
  if (limit === null) return skip('network');
  const prefix = Number(value.slice(value.indexOf('/') + 1));
  const freeBits = Math.max(0, (kind === 'ipv4-network' ? 32 : ipv6HostPrefix) - prefix);
  return prefix < shortestPrefix || 2 ** freeBits > limit.maxAddresses ? skip('network-too-large') : null;
}
