import type { SkipReason } from '../observable/skip-reasons.ts';
import { type ObjectStore, reasonNames } from '../record/object-store.ts';
import type { Listing } from '../value-lists/value-index.ts';
import type { SkippedValue } from './decide-value.ts';
import { collectNumbers, toVote } from './value-set.ts';

/** How many values are out, by reason. */
export type SkipCounts = Partial<Record<SkipReason, number>>;

/** The values that are out; each is made when it is asked for. */
export interface SkippedValues extends Iterable<SkippedValue> {
  map<T>(toResult: (value: SkippedValue) => T): T[];
  readonly length: number;
  /** The numbers of all. */
  numbers(): Uint32Array;
  reasonOf(value: number): SkipReason;
  /** The number of the object that the decision names, or -1. */
  objectOf(value: number): number;
  listingOf(value: number): Listing | null;
  /** Where values are listed that are out for it, in no order. */
  listings(): Iterable<Listing>;
}

export interface SkippedParts {
  readonly objects: ObjectStore;
  /** By the number of a value: 0 for one that is not out, else one more than the number of the reason. */
  readonly reasons: Uint8Array;
  /** By the number of a value: the object that the decision names, or -1. */
  readonly votes: Int32Array;
  readonly listings: ReadonlyMap<number, Listing>;
  readonly traits: Uint32Array;
}

export function createSkippedValues({
  objects,
  reasons,
  votes,
  listings,
  traits,
}: SkippedParts): SkippedValues {
  const { values } = objects;
  const length = reasons.reduce((count, reason) => count + (reason === 0 ? 0 : 1), 0);
  const numbers = () => collectNumbers(reasons.length, length, (value) => reasons[value] !== 0);
  const reasonOf = (value: number) => reasonNames[(reasons[value] as number) - 1] as SkipReason;
  const objectOf = (value: number) => votes[value] as number;
  const listingOf = (value: number) => listings.get(value) ?? null;
  return {
    length,
    numbers,
    reasonOf,
    objectOf,
    listingOf,
    listings: () => listings.values(),
    map(toResult) {
      return Array.from(this, toResult);
    },
    *[Symbol.iterator]() {
      for (const value of numbers()) {
        const vote = objectOf(value);
        yield {
          kind: values.kindAt(value),
          value: values.textAt(value),
          reason: reasonOf(value),
          vote: vote < 0 ? null : toVote(objects, vote, traits),
          listing: listingOf(value),
        };
      }
    },
  };
}
