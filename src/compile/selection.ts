import type { ObjectFilters } from '../observable/object-filter.ts';
import type { SourceRecord } from '../observable/record.ts';
import type { Trust } from '../observable/trust.ts';
import { createObjectStore, type ObjectStore } from '../record/object-store.ts';
import type { ValueOptions } from './decide-value.ts';
import { decideValues } from './decide-values.ts';
import type { LifeOptions } from './evidence.ts';
import type { NetworkLimit } from './network-limit.ts';
import { createSkippedValues, type SkipCounts, type SkippedValues } from './skipped-values.ts';
import { type Traits, toTraitsTable } from './traits.ts';
import { createValueSet, type ValueSet } from './value-set.ts';

export interface SelectionOptions extends Partial<Omit<LifeOptions, 'now'>>, ValueOptions {
  readonly networks: NetworkLimit;
  /** Milliseconds since the epoch: when validity is judged. */
  readonly now: number;
  /** Null: every object may bring its values in. */
  readonly filters?: ObjectFilters | null;
  /** Whose word counts; all objects are equal by default. */
  readonly trust?: Trust;
}

export type { SelectedValue } from './decide-value.ts';
export type { SkipCounts } from './skipped-values.ts';

export interface Selection {
  readonly values: ValueSet;
  readonly skippedValues: SkippedValues;
  /**
   * A value that is out counts once, however many objects carry it. A text that is no value has no normal form
   * to be told apart by, so each of its occurrences counts.
   */
  readonly skipped: SkipCounts;
  readonly traits: readonly Traits[];
}

export interface Selector {
  add(record: SourceRecord): void;
  finish(): Selection;
}

/** Takes objects in any order and decides each value once, at the end. */
export function createSelector(options: SelectionOptions): Selector {
  const objects = createObjectStore();
  return { add: objects.add, finish: () => select(objects, options) };
}

/**
 * Decides about each value that the objects name. Pure: the same objects and options give the same selection, whatever
 * way the objects came in.
 */
export function select(objects: ObjectStore, options: SelectionOptions): Selection {
  const { deciders, reasons, votes, listings, exactOnly, skipped } = decideValues(objects, options);
  const traits = toTraitsTable(objects, options.now);
  return {
    values: createValueSet({ objects, deciders, exactOnly, traits: traits.numbers }),
    skippedValues: createSkippedValues({ objects, reasons, votes, listings, traits: traits.numbers }),
    skipped,
    traits: traits.all,
  };
}
