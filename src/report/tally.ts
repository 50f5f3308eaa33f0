import type { Selection } from '../compile/selection.ts';
import type { ObservableKind } from '../observable/kinds.ts';
import { flags } from '../record/object-store.ts';
import { storedKinds } from '../record/value-columns.ts';

const bucketCount = 10;

/** What a report counts of millions of values. */
export interface Tally {
  /** Those that are there, in the order in which lists are made. */
  readonly kinds: readonly { readonly kind: ObservableKind; readonly in: number; readonly out: number }[];
  /** What decided for the values that are in. */
  readonly sources: { readonly observable: number; readonly indicator: number };
  /** Values that are in by tens of their score; 100 stands with the nineties. */
  readonly scores: readonly number[];
  /** Values that are in by the place of their traits in the selection's. */
  readonly traits: Uint32Array;
}

/** Once through the columns: an object a value would take ten times as long. */
export function tallyValues({ values, skippedValues, traits }: Selection): Tally {
  const { objects } = values;
  const { kinds } = objects.values.columns();
  const { flags: states, scores } = objects.columns();
  const counts = {
    in: new Uint32Array(storedKinds.length),
    out: new Uint32Array(storedKinds.length),
    scores: new Uint32Array(bucketCount),
    traits: new Uint32Array(traits.length),
  };
  let indicators = 0;
  for (const value of values.numbers()) {
    const object = values.objectOf(value);
    increment(counts.in, kinds[value] as number);
    increment(counts.scores, Math.min(bucketCount - 1, Math.floor((scores[object] as number) / bucketCount)));
    increment(counts.traits, values.traits[object] as number);
    if (((states[object] as number) & flags.indicator) !== 0) indicators += 1;
  }
  for (const value of skippedValues.numbers()) increment(counts.out, kinds[value] as number);
  return {
    kinds: storedKinds.flatMap((kind, number) => {
      const [inside = 0, outside = 0] = [counts.in[number], counts.out[number]];
      return kind === 'other-hash' || inside + outside === 0 ? [] : [{ kind, in: inside, out: outside }];
    }),
    sources: { observable: values.length - indicators, indicator: indicators },
    scores: [...counts.scores],
    traits: counts.traits,
  };
}

function increment(counts: Uint32Array, place: number): void {
  counts[place] = (counts[place] as number) + 1;
}
