import type { CheckedValue, HashKind, Observable, ObservableKind } from '../observable/kinds.ts';
import type { Sighting } from './sighting.ts';

/** How the event's value comes to the one that OpenCTI has. */
export type MatchedBy = 'exact' | 'composite' | 'parent domain' | 'network';

/** A value that OpenCTI may know, and how it follows from what the event has. */
export interface Candidate {
  readonly kind: ObservableKind;
  /** In its normal form (`Observable`). */
  readonly value: string;
  readonly matchedBy: MatchedBy;
  /** How far it is from the event's own value: labels taken off a name, bits taken off an address; 0 is the value. */
  readonly distance: number;
  readonly sighting: Sighting;
  /** The OpenCTI id that the field's list has for it, or the map of networks; null: neither has it. */
  readonly listId: string | null;
}

/** Its value went through the one door, now or when the list that has it was compiled. */
export function toObservable({ kind, value }: Candidate): Observable {
  return { kind, value: value as CheckedValue };
}

/** A longer hash says more. */
const hashRank = { sha256: 0, sha1: 1, md5: 2 } as const satisfies Record<HashKind, number>;

function rankOf({ kind }: Candidate): number {
  return kind in hashRank ? hashRank[kind as HashKind] : 0;
}

/** The nearest first; of equally near ones what a list has, and the longer hash. */
export function compareCandidates(a: Candidate, b: Candidate): number {
  return (
    a.distance - b.distance || Number(a.listId === null) - Number(b.listId === null) || rankOf(a) - rankOf(b)
  );
}
