import { OpenCtiError, type OpenCtiFailure } from '../opencti/errors.ts';
import { countObjects } from '../record/apply-changes.ts';
import { createObjectStore } from '../record/object-store.ts';
import type { ReadLog, ReadOrigin, ReadPlace } from '../record/read-log.ts';
import { formatAge } from '../refresh/freshness.ts';
import { catchUp, DeadEnd } from './catch-up.ts';
import { formatCount, formatUnits } from './format.ts';
import { createPageKeeper, type KeeperOptions, type PageKeeper, type ReadLogPlace } from './keep-pages.ts';
import {
  type Course,
  type ObjectReader,
  type ObjectsRead,
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
    const isSecond = begun.origin.isSecond || error.isDifference;
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
    return read + (await catchUp({ reader, keeping }, objects, origin, keeper.pages === 0));
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

export function formatResumed({ page, rows, age }: Resumed): string {
  return `goes on from page ${formatCount(page)}: ${formatUnits(rows, 'row')} were read, the last ones ${formatAge(age)}`;
}
