import { createHash } from 'node:crypto';
import packageJson from '../../package.json' with { type: 'json' };
import type { Config, SourceKind } from '../config/schema.ts';
import { messageOf } from '../errors.ts';
import { type HeldFolder, type Owner, readableFile, withFile } from '../files/held.ts';
import { removeName, replaceFile } from '../files/write.ts';
import type { OpenCtiClient } from '../opencti/client.ts';
import type { Page } from '../opencti/pages.ts';
import type { Platform } from '../opencti/platform.ts';
import {
  fetchCount,
  type ReadOptions,
  readIndicators,
  readObservables,
  toChangedSince,
  toObservableFilters,
  toObservableTypes,
} from '../opencti/read.ts';
import {
  applyChanges,
  countObjects,
  findNewest,
  type ObjectCounts,
  type PlatformRecord,
  parseRecordFile,
  type ReadableBytes,
  renderRecordFile,
} from '../store/file.ts';
import { createObjectStore, type ObjectStore } from '../store/object-store.ts';
import { formatCount } from '../text.ts';
import type { ObjectFilters, SourceRecord } from '../values/kinds.ts';
import type { Progress } from './progress.ts';

/** A platform, and the client that reads it. */
export interface Reading {
  readonly client: OpenCtiClient;
  readonly platform: Platform;
  readonly config: Config;
  readonly progress: Progress;
  /** The time at which the run began. */
  readonly now: Date;
}

export interface ObjectsRead {
  readonly objects: ObjectStore;
  /** The number of rows that were read. */
  readonly rows: number;
  /**
   * Why everything was read although there is a place for a record; null: only the changes were read, or there is no
   * such place.
   */
  readonly whyAll: string | null;
}

/** The place of a platform's record between two runs. */
export interface RecordPlace {
  /** Reads the record; null: there is none. */
  read<T>(take: (file: ReadableBytes) => T): T | null;
  /** Replaces the record by a whole new one. */
  write(parts: Iterable<Uint8Array>): void;
}

/**
 * Returns the objects of OpenCTI: those of the record with the changes since the run before; or everything, newly read:
 * once in `opencti.full_every`, after a change of version or configuration, on another platform, and when the counts
 * differ, since OpenCTI does not report deleted objects.
 * @param filters what the platform leaves out when there is no place for a record; null: nothing. With a record it
 * leaves nothing out, since an edit that takes an object out of a filter would never be reported.
 * @throws OpenCtiError
 */
export async function readObjects(
  reading: Reading,
  filters: ObjectFilters | null,
  place?: RecordPlace,
): Promise<ObjectsRead> {
  if (place === undefined) return { ...(await readEverything(reading, filters)), whyAll: null };
  const changed = await tryChanges(reading, place);
  if (typeof changed !== 'string') return changed;
  const read = await readEverything(reading, null);
  const { now, platform } = reading;
  const origin = {
    fingerprint: toFingerprint(reading),
    fullAt: now.getTime(),
    since: toPlatformTime(platform, now),
  };
  save(place, { objects: read.objects, origin }, reading);
  return { ...read, whyAll: changed };
}

/** Reads the changes. A text is the reason why everything has to be read; the record is no longer in memory then. */
async function tryChanges(reading: Reading, place: RecordPlace): Promise<ObjectsRead | string> {
  const known = place.read(parseRecordFile);
  if (known === null) return 'there is no record of an earlier run that can be used';
  const { fingerprint, fullAt } = known.origin;
  if (fingerprint !== toFingerprint(reading))
    return 'the version, the configuration or the platform is another one';
  const age = reading.now.getTime() - fullAt;
  if (age < 0 || age >= reading.config.opencti.fullEvery)
    return 'the last time lies as long back as opencti.full_every says';
  return await bringUpToDate(reading, known, place);
}

/**
 * In milliseconds. Rows become visible to a search some time after their `updated_at`, and not always in that order:
 * changes from shortly before a time are read again with the changes after it.
 */
const overlap = 600_000;

/**
 * Applies the changes to the record. A text is the reason why that is not sufficient: the platform has another number
 * of objects than the record would have.
 */
async function bringUpToDate(
  reading: Reading,
  { objects, origin }: PlatformRecord,
  place: RecordPlace,
): Promise<ObjectsRead | string> {
  // The newest row may be newer than an edit of another row that became visible only after the reading.
  const sinceOf = (type: SourceRecord['type']) =>
    Math.max(0, Math.min(findNewest(objects, type) ?? 0, origin.since) - overlap);
  const changes = await readChanges(reading, {
    observables: sinceOf('observable'),
    indicators: sinceOf('indicator'),
  });
  applyChanges(objects, changes);
  objects.sortValues();
  const [there, here] = [await count(reading), countObjects(objects)];
  if (there.observables !== here.observables || there.indicators !== here.indicators) {
    const reason = `OpenCTI has ${formatCounts(there)}, the record ${formatCounts(here)}`;
    reading.progress.note(`reading everything: ${reason}`);
    return reason;
  }
  const since = toPlatformTime(reading.platform, reading.now);
  if (changes.length > 0) save(place, { objects, origin: { ...origin, since } }, reading);
  return { objects, rows: changes.length, whyAll: null };
}

const formatCounts = ({ observables, indicators }: ObjectCounts) =>
  `${formatCount(observables)} observables and ${formatCount(indicators)} indicators`;

/**
 * Returns the time at which a run began, by the platform's clock: the run reads everything with an earlier
 * `updated_at`.
 */
function toPlatformTime({ date }: Platform, now: Date): number {
  // The date may be from a proxy whose clock is fast.
  return Math.min(date?.getTime() ?? Number.POSITIVE_INFINITY, now.getTime());
}

/** Returns a hash of everything that has to be the same for a record to be used. */
function toFingerprint({ config, platform }: Reading): string {
  const { url } = config.opencti;
  const { platformId, user, markings } = platform;
  const parts = [packageJson.version, url, config.select, config.gates, platformId, user, markings];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** Writes the record. When it cannot be written, the next run takes longer, and nothing else is affected. */
function save(place: RecordPlace, record: PlatformRecord, { progress }: Reading): void {
  try {
    place.write(renderRecordFile(record));
  } catch (error) {
    progress.note(`what was read could not be kept, so the next run reads everything: ${messageOf(error)}`);
  }
}

async function readEverything(
  reading: Reading,
  filters: ObjectFilters | null,
): Promise<Omit<ObjectsRead, 'whyAll'>> {
  const objects = createObjectStore();
  const rows = await takeRows(reading, objects.add, {
    observables: { filters: filters && toObservableFilters(filters) },
    indicators: {},
  });
  objects.sortValues();
  return { objects, rows };
}

/** Reads what has changed. @param since by source, in milliseconds since the epoch. */
async function readChanges(
  reading: Reading,
  since: Readonly<Record<SourceKind, number>>,
): Promise<SourceRecord[]> {
  const changes: SourceRecord[] = [];
  await takeRows(reading, (record) => changes.push(record), {
    observables: { filters: toChangedSince(since.observables), stopAtTotal: true },
    indicators: { filters: toChangedSince(since.indicators), stopAtTotal: true },
  });
  return changes;
}

/** Reads the rows of each configured source, oldest first. @returns how many were read. */
async function takeRows(
  { client, platform, config, progress }: Reading,
  add: (row: SourceRecord) => unknown,
  options: Readonly<Record<SourceKind, Pick<ReadOptions, 'filters' | 'stopAtTotal'>>>,
): Promise<number> {
  const { opencti, select } = config;
  const onSmallerPage: ReadOptions['onSmallerPage'] = (from, to, why) => {
    const cause =
      why === 'timeout'
        ? `did not give ${from} rows within opencti.timeout`
        : `gave too much for ${from} rows`;
    progress.note(`OpenCTI ${cause}: asking for ${to} at a time`);
  };
  const all = { pageSize: opencti.pageSize, details: true, onSmallerPage } as const;
  const types = toObservableTypes(select.kinds);
  const pagesOf: Readonly<Record<SourceKind, () => AsyncIterable<Page<SourceRecord>>>> = {
    observables: () => readObservables(client, platform, { ...all, ...options.observables, types }),
    indicators: () => readIndicators(client, platform, { ...all, ...options.indicators }),
  };
  let rows = 0;
  for (const source of select.sources)
    for await (const { records, read, total } of pagesOf[source]()) {
      for (const record of records) {
        add(record);
        rows += 1;
      }
      progress.read(source, read, total);
    }
  return rows;
}

/** Returns the number of objects of the configured sources; 0 for the others. */
async function count({ client, platform, config }: Reading): Promise<ObjectCounts> {
  const { sources, kinds } = config.select;
  const countOf = (source: SourceKind, root: Parameters<typeof fetchCount>[2]) =>
    sources.includes(source) ? fetchCount(client, platform, root, toObservableTypes(kinds)) : 0;
  return {
    observables: await countOf('observables', 'stixCyberObservables'),
    indicators: await countOf('indicators', 'indicators'),
  };
}

/** The name of the record in the state folder of a manager. */
export const platformRecordFile = 'platform.record';

export function toRecordPlace(state: HeldFolder, owner: Owner): RecordPlace {
  return {
    read: (take) => withFile(state, platformRecordFile, ({ descriptor }) => take(readableFile(descriptor))),
    write: (parts) => replaceFile(state, platformRecordFile, parts, owner),
  };
}

/**
 * Removes the file that an earlier version kept of an interrupted read: up to 134 MB that this version does not use.
 */
export function removeReadLog(state: HeldFolder): void {
  removeName(state, 'platform.read');
}
