import { OpenCtiError, type OpenCtiFailure } from '../opencti/errors.ts';
import { applyChanges, countObjects } from '../record/apply-changes.ts';
import { createObjectStore, type ObjectStore } from '../record/object-store.ts';
import type { ReadLog, ReadOrigin, ReadPlace } from '../record/read-log.ts';
import { formatAge } from '../refresh/freshness.ts';
import { formatCount, formatUnits } from './format.ts';
import { createPageKeeper, type KeeperOptions, type PageKeeper, type ReadLogPlace } from './keep-pages.ts';
import {
  type Course,
  type ObjectReader,
  type ObjectsRead,
  overlap,
  type Resumed,
  toPlatformTime,
} from './read-objects.ts';

export interface ReadingOfAll {
  readonly reader: ObjectReader;
  readonly log: ReadLogPlace;
  readonly keeping: KeeperOptions;
}

/** What was read, and by which read. */
export interface EverythingRead extends ObjectsRead {
  readonly origin: ReadOrigin;
}

/** A read that was cut cannot be brought to its end, or not to the right one. */
class DeadEnd extends Error {
  readonly isOfDeletes: boolean;

  constructor(reason: string, isOfDeletes: boolean) {
    super(reason);
    this.isOfDeletes = isOfDeletes;
  }
}

/**
 * Everything, and each page is kept until all are there: a read that an earlier run began goes on behind its last page.
 * @param begun that read; null: there is none.
 * @throws OpenCtiError
 */
export async function readEverything(
  reading: ReadingOfAll,
  begun: ReadLog | null,
  why: string,
): Promise<EverythingRead> {
  if (begun === null) return await readFromTop(reading, { why, isSecond: false });
  try {
    return await goOn(reading, begun);
  } catch (error) {
    if (!(error instanceof DeadEnd)) throw error;
    reading.keeping.progress.note(`reading from the first page: ${error.message}`);
    const isSecond = begun.origin.isSecond || error.isOfDeletes;
    return await readFromTop(reading, { why: begun.origin.why, isSecond });
  }
}

async function readFromTop(
  { reader, log, keeping }: ReadingOfAll,
  about: Pick<ReadOrigin, 'why' | 'isSecond'>,
): Promise<EverythingRead> {
  const { fingerprint, now } = keeping;
  const since = toPlatformTime(reader.platform, now);
  const origin = { ...about, fingerprint, startedAt: now.getTime(), since };
  const keeper = createPageKeeper(log, origin, null, keeping);
  const objects = createObjectStore();
  const read = await keeper.run((keep) =>
    reader.readAll(null, { objects, from: null, onPage: (place) => keep(objects, place) }),
  );
  return { ...read, whyAll: origin.why, origin };
}

async function goOn({ reader, log, keeping }: ReadingOfAll, begun: ReadLog): Promise<EverythingRead> {
  const { objects, origin, last, pages } = begun;
  const { observables, indicators } = countObjects(objects);
  const resumed = {
    page: pages + 1,
    rows: observables + indicators,
    age: keeping.now.getTime() - last.at,
  };
  keeping.progress.note(`a read that was cut ${formatResumed(resumed)}`);
  const keeper = createPageKeeper(log, origin, begun, keeping);
  const rows = await keeper.run(async (keep) => {
    const course = { objects, from: last, onPage: (place: ReadPlace) => keep(objects, place) };
    const read = await readRest(reader, course, keeper);
    return read + (await catchUp({ reader, keeping }, objects, origin));
  });
  return { objects, rows, whyAll: origin.why, resumed, origin };
}

/** OpenCTI gives no cursor a name or a term: one that it does not take shows in its first answer, or in too few rows. */
const refusals: ReadonlySet<OpenCtiFailure> = new Set(['query', 'server', 'answer']);

async function readRest(reader: ObjectReader, course: Course, keeper: PageKeeper): Promise<number> {
  try {
    return (await reader.readAll(null, course)).rows;
  } catch (error) {
    if (!(error instanceof OpenCtiError)) throw error;
    const isRefused = keeper.pages === 0 && refusals.has(error.failure);
    if (isRefused || error.failure === 'incomplete')
      throw new DeadEnd(`OpenCTI does not go on from the last page (${error.message})`, false);
    throw error;
  }
}

/** What was changed since the read began may have been read before: its edits are behind it, and deletes show in the counts. */
async function catchUp(
  { reader, keeping }: Omit<ReadingOfAll, 'log'>,
  objects: ObjectStore,
  { since, isSecond }: ReadOrigin,
): Promise<number> {
  const from = Math.max(0, since - overlap);
  const changes = await reader.readChanges({ observables: from, indicators: from });
  applyChanges(objects, changes);
  objects.sortValues();
  const there = await reader.count();
  const here = countObjects(objects);
  const gone =
    Math.max(0, here.observables - there.observables) + Math.max(0, here.indicators - there.indicators);
  const more =
    Math.max(0, there.observables - here.observables) + Math.max(0, there.indicators - here.indicators);
  // What the token came to see meanwhile may lie before the cursor, with the dates that it always had.
  if (more > 0 && !isSecond) throw new DeadEnd(`OpenCTI has ${formatUnits(more, 'object')} more`, true);
  if (gone === 0) return changes.length;
  const objectsAreGone = `${formatUnits(gone, 'object')} of it ${gone === 1 ? 'is' : 'are'} gone`;
  if (!isSecond) throw new DeadEnd(objectsAreGone, true);
  // A platform that loses objects all the time would never be read to its end.
  keeping.progress.note(`${objectsAreGone}, and ${gone === 1 ? 'stays' : 'stay'} in until the next run`);
  return changes.length;
}

export function formatResumed({ page, rows, age }: Resumed): string {
  return `goes on from page ${formatCount(page)}: ${formatUnits(rows, 'row')} were read, the last ones ${formatAge(age)}`;
}
