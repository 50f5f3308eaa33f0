import ipaddr from 'ipaddr.js';
import type { AddressKind, Claim, Observable } from '../observable/kinds.ts';
import { isSkip } from '../observable/skip.ts';
import type { SkipReason } from '../observable/skip-reasons.ts';
import { toName } from '../observable/to-name.ts';
import { toObservable } from '../observable/to-observable.ts';
import type { Candidate } from './candidate.ts';
import { findKeys, type Lookup, listDomains, toExactCandidate } from './list-lookup.ts';
import type { Sighting } from './sighting.ts';

export interface Derived {
  readonly candidates: readonly Candidate[];
  /** Why a text can be no value of a list. */
  readonly skipped: readonly SkipReason[];
}

/** The shortest prefixes that a gate can have: `select.cidr_max_addresses` is at most 2^24. */
const shortestPrefix = { ipv4: 8, ipv6: 104 } as const satisfies Record<AddressKind, number>;

/**
 * Every value that OpenCTI may have for the event, when no list has one: what a gate matched (a network, a domain
 * above a name), or what an alert of the site carries.
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
  if (observable.kind === 'name') return [exact, ...toParents(sighting, observable.value)];
  if (observable.kind === 'ipv4' || observable.kind === 'ipv6') {
    return [exact, ...toNetworks(sighting, observable.kind, observable.value)];
  }
  return claim.kind === observable.kind ? [exact] : [];
}

/** The domains above a name, down to the registrable one. */
function toParents(sighting: Sighting, name: string): Candidate[] {
  return listDomains(name)
    .slice(1)
    .filter((domain) => !isSkip(toName(domain)))
    .map((value, index) => ({
      kind: 'name',
      value,
      matchedBy: 'parent domain',
      distance: index + 1,
      sighting,
      listId: null,
    }));
}

/** The networks around an address, the smallest first. A network of one address is that address. */
function toNetworks(sighting: Sighting, kind: AddressKind, value: string): Candidate[] {
  const address = ipaddr.parse(value);
  const bytes = address.toByteArray();
  const bits = bytes.length * 8;
  const networks: Candidate[] = [];
  for (let length = bits; length >= shortestPrefix[kind]; length -= 1) {
    const base = formatAddress(
      ipaddr.fromByteArray(bytes.map((byte, index) => byte & toMask(length, index))),
    );
    networks.push({
      kind: `${kind}-network`,
      value: `${base}/${length}`,
      matchedBy: length === bits ? 'exact' : 'network',
      distance: bits - length,
      sighting,
      listId: null,
    });
  }
  return networks;
}

function toMask(length: number, index: number): number {
  return (0xff00 >> Math.min(8, Math.max(0, length - index * 8))) & 0xff;
}

function formatAddress(address: ipaddr.IPv4 | ipaddr.IPv6): string {
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}
