import { hashKinds } from '../observable/kinds.ts';
import { storedKinds } from '../record/value-columns.ts';
import type { ValueStore } from '../record/value-store.ts';
import type { Listing, ValueIndex } from '../value-lists/value-index.ts';

/** So many are asked for one by one sooner than all that is listed is gone through, as for one value of `explain`. */
const fewValues = 1_000;

/**
 * Where a value is listed, by its number. Few hashes are listed and millions are known, so the listed ones are looked
 * for among the known, not the other way round.
 */
export function toListingFinder(values: ValueStore, lists: ValueIndex): (value: number) => Listing | null {
  const find = (value: number) => lists.find({ kind: values.kindAt(value), value: values.textAt(value) });
  if (values.size < fewValues) return find;
  const listedHashes = new Set<number>();
  for (const text of lists.names()) {
    for (const kind of hashKinds) listedHashes.add(values.find({ kind, value: text }));
  }
  const hashNumbers: ReadonlySet<number> = new Set(hashKinds.map((kind) => storedKinds.indexOf(kind)));
  const { kinds } = values.columns();
  return (value) => {
    if (hashNumbers.has(kinds[value] as number) && !listedHashes.has(value)) return null;
    return find(value);
  };
}
