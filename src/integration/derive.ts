import ipaddr from 'ipaddr.js';
import { toName, toObservable } from '../values/door.ts';
import type { AddressKind, Claim, Observable } from '../values/kinds.ts';
import { isSkip, type SkipReason } from '../values/skip-reasons.ts';
import type { Sighting } from '../wazuh/alert.ts';
import { formatNetworkKey, networkMapName } from '../wazuh/ours.ts';
import { type Candidate, findKeys, type Lookup, listDomains, toExactCandidate } from './candidates.ts';

export interface Derived {
  readonly candidates: readonly Candidate[];
  /** Why texts cannot be values of a list. */
  readonly skipped: readonly SkipReason[];
}

/** The shortest prefixes that a gate can have: `select.cidr_max_addresses` is at most 2^24, of IPv6 in /64s. */
const shortestPrefix = { ipv4: 8, ipv6: 40 } as const satisfies Record<AddressKind, number>;

/**
 * The steps of the prefix lengths at which networks that are not in the map are asked for, by their texts: for IPv6,
 * which has many networks, only those that people usually write.
 */
const askedSteps = { ipv4: 1, ipv6: 4 } as const satisfies Record<AddressKind, number>;

/**
 * Returns every value that OpenCTI may have for the event, when no list has one: what a gate matched (a network, a
 * domain above a name), or what an alert of the site carries.
 */
export function deriveCandidates(sightings: readonly Sighting[], lookup: Lookup): Derived {
  const skipped: SkipReason[] = [];
  const candidates = sightings.flatMap((sighting) =>
    sighting.claims.flatMap((claim) => {
      const observable = toObservable(claim);
      if (!isSkip(observable)) return toCandidates(sighting, claim, observable, lookup);
      skipped.push(observable.skip);
      return [];
    }),
  );
  return { candidates, skipped };
}

function toCandidates(sighting: Sighting, claim: Claim, observable: Observable, lookup: Lookup): Candidate[] {
  const exact = toExactCandidate(sighting, observable, findKeys(sighting, observable, lookup));
  if (observable.kind === 'name') return [exact, ...toParents(sighting, observable.value, lookup)];
  if (observable.kind === 'ipv4' || observable.kind === 'ipv6') {
    return [exact, ...toNetworks(sighting, observable.kind, observable.value, lookup)];
  }
  return claim.kind === observable.kind ? [exact] : [];
}

/** Returns the domains above a name, down to the registrable one. */
function toParents(sighting: Sighting, name: string, lookup: Lookup): Candidate[] {
  return listDomains(name)
    .slice(1)
    .flatMap((domain, index) => {
      const parent = toName(domain);
      if (isSkip(parent)) return [];
      const listId = findKeys(sighting, parent, lookup);
      return [{ ...parent, matchedBy: 'parent domain', distance: index + 1, sighting, listId }];
    });
}

/**
 * Returns the networks that contain an address, the smallest first, without the network of one address, which is the
 * address itself. OpenCTI finds a network by text only in the form in which it was written, so the id from the
 * published map has priority.
 */
function toNetworks(sighting: Sighting, kind: AddressKind, address: string, lookup: Lookup): Candidate[] {
  const bytes = ipaddr.parse(address).toByteArray();
  const bits = bytes.length * 8;
  const networks: Candidate[] = [];
  for (let length = bits - 1; length >= shortestPrefix[kind]; length -= 1) {
    const masked = bytes.map((byte, index) => byte & toMask(length, index));
    const value = `${formatAddress(ipaddr.fromByteArray(masked))}/${length}`;
    const listId = lookup(networkMapName, formatNetworkKey(value));
    if (listId === null && length % askedSteps[kind] !== 0) continue;
    const distance = bits - length;
    networks.push({ kind: `${kind}-network`, value, matchedBy: 'network', distance, sighting, listId });
  }
  return networks;
}

function toMask(length: number, index: number): number {
  return (0xff00 >> Math.min(8, Math.max(0, length - index * 8))) & 0xff;
}

function formatAddress(address: ipaddr.IPv4 | ipaddr.IPv6): string {
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}
