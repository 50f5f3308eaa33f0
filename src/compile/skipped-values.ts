import type { ObservableKind } from '../observable/kinds.ts';
import type { SkipReason } from '../observable/skip-reasons.ts';
import { type ObjectStore, reasonNames } from '../record/object-store.ts';
import type { Listing } from '../value-lists/value-index.ts';
import type { SkippedValue } from './decide-value.ts';
import { toVote } from './value-set.ts';

/** How many values are out, by reason. */
export type SkipCounts = Partial<Record<SkipReason, number>>;

/** The values that are out; each is made when it is asked for. */
export interface SkippedValues extends Iterable<SkippedValue> {
  map<T>(toResult: (value: SkippedValue) => T): T[];
  readonly length: number;
  /** A value each, in no order, at a fraction of the cost of the values. */
  facts(): Iterable<{ readonly kind: ObservableKind; readonly listing: Listing | null }>;
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
  function* numbers(): Generator<number> {
    for (let value = 0; value < reasons.length; value += 1) if (reasons[value] !== 0) yield value;
  }
  return {
    length: reasons.reduce((count, reason) => count + (reason === 0 ? 0 : 1), 0),
    *facts() {
      for (const value of numbers()) {
        yield { kind: values.kindAt(value), listing: listings.get(value) ?? null };
      }
    },
    map(toResult) {
      return Array.from(this, toResult);
    },
    *[Symbol.iterator]() {
      for (const value of numbers()) {
        const vote = votes[value] as number;
        yield {
          kind: values.kindAt(value),
          value: values.textAt(value),
          reason: reasonNames[(reasons[value] as number) - 1] as SkipReason,
          vote: vote < 0 ? null : toVote(objects, vote, traits),
          listing: listings.get(value) ?? null,
        };
      }
    },
  };
}
