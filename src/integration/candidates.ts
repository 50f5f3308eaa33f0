import { join } from 'node:path';
import { formatKeys } from '../compile/keys.ts';
import { toHash } from '../values/hash.ts';
import {
  type CheckedValue,
  type Claim,
  type HashKind,
  hashKinds,
  isHashKind,
  type Observable,
  type ObservableKind,
} from '../values/kinds.ts';
import { isSkip } from '../values/skip-reasons.ts';
import type { Sighting } from '../wazuh/alert.ts';
import type { EventField } from '../wazuh/fields.ts';
import { findInList } from '../wazuh/list.ts';

/** How the value of the event leads to the value that OpenCTI has. */
export type MatchedBy = 'exact' | 'composite' | 'parent domain' | 'network';

/** A value that OpenCTI may have, and how it follows from the value of the event. */
export interface Candidate {
  readonly kind: ObservableKind;
  /** In its normal form (`Observable`). */
  readonly value: string;
  readonly matchedBy: MatchedBy;
  /**
   * The distance from the event's own value: labels removed from a name, bits removed from an address; 0 is the value
   * itself.
   */
  readonly distance: number;
  readonly sighting: Sighting;
  /** The OpenCTI id that the field's list has for it, or the map of networks; null: neither has it. */
  readonly listId: string | null;
}

/**
 * Returns a candidate as an observable. Its value has passed the check of values, now or when the list with it was
 * compiled.
 */
export function toObservable({ kind, value }: Candidate): Observable {
  return { kind, value: value as CheckedValue };
}

/** Longer hashes are better evidence, so they are first. */
function rankOf({ kind }: Candidate): number {
  return isHashKind(kind) ? hashKinds.indexOf(kind) : 0;
}

/**
 * Compares candidates for sorting: the nearest first; of equally near ones, those in a list and then the longer hashes
 * first.
 */
export function compareCandidates(a: Candidate, b: Candidate): number {
  return (
    a.distance - b.distance || Number(a.listId === null) - Number(b.listId === null) || rankOf(a) - rankOf(b)
  );
}

/** Returns the id that a list has for a key, or null; a list that is missing or cannot be read has none. */
export type Lookup = (list: EventField['list'], key: string) => string | null;

export function createLookup(home: string): Lookup {
  return (list, key) => {
    if (list === null) return null;
    try {
      return findInList(join(home, 'etc/lists', list), key);
    } catch {
      // Lists of fields that no event has may be left out, and a refresh may be replacing the file.
      return null;
    }
  };
}

/**
 * Returns the values of the event that the lists have, and the other hashes of a file when they have one of them. Every
 * match with a list comes here, so this loads neither the public suffixes nor the address ranges: the values of a list
 * passed the check of values when it was compiled.
 */
export function findListed(sightings: readonly Sighting[], lookup: Lookup): Candidate[] {
  const found = sightings.flatMap((sighting) =>
    sighting.claims.flatMap((claim) => toListed(sighting, claim, lookup)),
  );
  return found.some(({ listId }) => listId !== null) ? found : [];
}

function toListed(sighting: Sighting, claim: Claim, lookup: Lookup): Candidate[] {
  switch (claim.kind) {
    case 'name':
      return findListedName(sighting, claim.text, lookup);
    case 'ipv4':
      return findExact(sighting, { kind: 'ipv4', value: claim.text }, lookup);
    default:
      // The other kinds need the check of values for their spellings, such as the address parser.
      return isHashKind(claim.kind) ? toHashCandidate(sighting, claim.kind, claim.text, lookup) : [];
  }
}

/** Returns a hash as a candidate, whether the list has it or not: the list may have another hash of the same file. */
function toHashCandidate(sighting: Sighting, kind: HashKind, text: string, lookup: Lookup): Candidate[] {
  const hash = toHash(kind, text);
  if (isSkip(hash)) return [];
  return [toExactCandidate(sighting, hash, findKeys(sighting, hash, lookup))];
}

function findExact(
  sighting: Sighting,
  value: Pick<Candidate, 'kind' | 'value'>,
  lookup: Lookup,
): Candidate[] {
  const listId = lookup(sighting.field.list, value.value);
  return listId === null ? [] : [toExactCandidate(sighting, value, listId)];
}

export function toExactCandidate(
  sighting: Sighting,
  { kind, value }: Pick<Candidate, 'kind' | 'value'>,
  listId: string | null,
): Candidate {
  const matchedBy = sighting.isComposite ? 'composite' : 'exact';
  return { kind, value, matchedBy, distance: 0, sighting, listId };
}

/** Looks up a value by each spelling that the field has for it. */
export function findKeys({ field }: Sighting, observable: Observable, lookup: Lookup): string | null {
  for (const key of formatKeys[field.spelling](observable)) {
    const id = lookup(field.list, key);
    if (id !== null) return id;
  }
  return null;
}

/** Returns the name itself or the nearest domain above it that the list has. */
function findListedName(sighting: Sighting, text: string, lookup: Lookup): Candidate[] {
  const name = text.toLowerCase().replace(/\.$/, '');
  for (const value of listDomains(name)) {
    const listId = lookup(sighting.field.list, value);
    if (listId === null) continue;
    const distance = countDots(name) - countDots(value);
    const matchedBy = distance === 0 ? 'exact' : 'parent domain';
    return [{ kind: 'name', value, matchedBy, distance, sighting, listId }];
  }
  return [];
}

/** The longest name, in characters. A forged event may hold 60,000 dots. */
const longestName = 253;

/** Returns the name and the domains above it, down to two labels: `a.b.example`, `b.example`. */
export function listDomains(name: string): string[] {
  const cut = name.length > longestName ? name.indexOf('.', name.length - longestName - 1) : -1;
  if (cut < 0 && name.length > longestName) return [];
  const labels = name.slice(cut + 1).split('.');
  return labels.slice(0, -1).map((_, index) => labels.slice(index).join('.'));
}

const countDots = (name: string) => name.split('.').length;
