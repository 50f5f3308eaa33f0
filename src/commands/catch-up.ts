import { applyChanges, countObjects, type ObjectCounts } from '../record/apply-changes.ts';
import type { ObjectStore } from '../record/object-store.ts';
import type { ReadOrigin } from '../record/read-log.ts';
import { formatUnits } from './format.ts';
import type { KeeperOptions } from './keep-pages.ts';
import { type ObjectReader, overlap } from './read-objects.ts';

interface CatchingUp {
  readonly reader: ObjectReader;
  readonly keeping: KeeperOptions;
}

/** A read that was cut cannot be brought to its end, or not to the right one. */
export class DeadEnd extends Error {
  /** The platform has other objects than were read. */
  readonly isDifference: boolean;

  constructor(reason: string, isDifference: boolean) {
    super(reason);
    this.isDifference = isDifference;
  }
}

/** How far what was read is from what the platform has. */
interface Difference {
  /** Objects that were read and are there no more. */
  readonly gone: number;
  /** Objects that are there and were not read. */
  readonly missing: number;
}

/**
 * What was changed since the read began may have been read before: its edits are behind it. Deletes show in the counts,
 * and so does what the token came to see meanwhile, which may lie before the cursor with the dates that it always had.
 * @param isAtEnd nothing was left to read: a read from the first page comes to its end on this platform.
 */
export async function catchUp(
  { reader, keeping }: CatchingUp,
  objects: ObjectStore,
  { since, isSecond }: ReadOrigin,
  isAtEnd: boolean,
): Promise<number> {
  const from = Math.max(0, since - overlap);
  const readDifference = async (): Promise<Difference & { readonly rows: number }> => {
    const changes = await reader.readChanges({ observables: from, indicators: from });
    applyChanges(objects, changes);
    const [there, here] = [await reader.count(), countObjects(objects)];
    return { ...compareCounts(here, there), rows: changes.length };
  };
  let difference = await readDifference();
  let { rows } = difference;
  if (difference.missing > 0) {
    // They may have come between the changes and the counts.
    difference = await readDifference();
    rows += difference.rows;
  }
  objects.sortValues();
  if (difference.gone === 0 && difference.missing === 0) return rows;
  const text = formatDifference(difference);
  if (!isSecond || isAtEnd) throw new DeadEnd(text, true);
  // A platform that loses objects all the time, and is too slow for one run, would never be read to its end.
  keeping.progress.note(`${text}; the lists are so until the next run, which reads everything`);
  return rows;
}

function compareCounts(here: ObjectCounts, there: ObjectCounts): Difference {
  const apart = [here.observables - there.observables, here.indicators - there.indicators];
  const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + Math.max(0, number), 0);
  return { gone: sumOf(apart), missing: sumOf(apart.map((number) => -number)) };
}

function formatDifference({ gone, missing }: Difference): string {
  const parts = [
    ...(gone > 0
      ? [`${formatUnits(gone, 'object')} that ${gone === 1 ? 'was read is' : 'were read are'} gone`]
      : []),
    ...(missing > 0 ? [`OpenCTI has ${formatUnits(missing, 'object')} more than were read`] : []),
  ];
  return parts.join(', and ');
}
