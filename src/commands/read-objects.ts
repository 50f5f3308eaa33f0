import type { Config, SourceKind } from '../config/schema.ts';
import type { ObjectFilters } from '../observable/object-filter.ts';
import type { SourceRecord } from '../observable/record.ts';
import type { OpenCtiClient } from '../opencti/client.ts';
import type { Platform } from '../opencti/preflight.ts';
import {
  fetchCount,
  type OnSmallerPage,
  type Page,
  readIndicators,
  readObservables,
  toChangedSince,
} from '../opencti/read.ts';
import { toObservableFilters, toObservableTypes } from '../opencti/server-filters.ts';
import type { ObjectCounts } from '../record/apply-changes.ts';
import { createObjectStore, type ObjectStore } from '../record/object-store.ts';
import type { Progress } from './progress.ts';

/**
 * Rows become visible to a search some time behind their `updated_at`, and not always in its order: what changed shortly
 * before a time is read with what changed behind it. In milliseconds.
 */
export const overlap = 600_000;

export interface ObjectsRead {
  readonly objects: ObjectStore;
  /** How many rows came. */
  readonly rows: number;
  /** Why everything was read, though there is a place for a record; null: it was not, or there is none. */
  readonly whyAll: string | null;
}

/** What can be asked of a platform about the objects that may hold values. Each function throws OpenCtiError. */
export interface ObjectReader {
  readonly platform: Platform;
  readonly config: Config;
  readonly progress: Progress;
  /** @param filters null: the platform leaves nothing out. */
  readAll(filters: ObjectFilters | null): Promise<ObjectsRead>;
  /** @param since by source, milliseconds since the epoch. */
  readChanges(since: Readonly<Record<SourceKind, number>>): Promise<SourceRecord[]>;
  /** How many objects of the configured sources there are; 0 for the others. */
  count(): Promise<ObjectCounts>;
}

export function createReader(
  client: OpenCtiClient,
  platform: Platform,
  config: Config,
  progress: Progress,
): ObjectReader {
  const { opencti, select } = config;
  const onSmallerPage: OnSmallerPage = (from, to, why) => {
    const cause =
      why === 'timeout'
        ? `did not give ${from} rows within opencti.timeout`
        : `gave too much for ${from} rows`;
    progress.note(`OpenCTI ${cause}: asking for ${to} at a time`);
  };
  const reading = { pageSize: opencti.pageSize, details: true, onSmallerPage } as const;
  const types = toObservableTypes(select.kinds);
  const take = async (
    source: SourceKind,
    pages: AsyncIterable<Page<SourceRecord>>,
    add: (row: SourceRecord) => unknown,
  ) => {
    let rows = 0;
    for await (const { records, read, total } of pages) {
      for (const record of records) {
        add(record);
        rows += 1;
      }
      progress.read(source, read, total);
    }
    return rows;
  };
  return {
    platform,
    config,
    progress,
    async readAll(filters) {
      const objects = createObjectStore();
      const observables = filters && toObservableFilters(filters);
      const pages = {
        observables: () => readObservables(client, platform, { ...reading, types, filters: observables }),
        indicators: () => readIndicators(client, platform, reading),
      };
      let rows = 0;
      for (const source of select.sources) rows += await take(source, pages[source](), objects.add);
      objects.sortValues();
      return { objects, rows, whyAll: null };
    },
    async readChanges(since) {
      const changes: SourceRecord[] = [];
      const of = (source: SourceKind) => ({
        ...reading,
        stopAtTotal: true,
        filters: toChangedSince(since[source]),
      });
      const pages = {
        observables: () => readObservables(client, platform, { ...of('observables'), types }),
        indicators: () => readIndicators(client, platform, of('indicators')),
      };
      for (const source of select.sources)
        await take(source, pages[source](), (record) => changes.push(record));
      return changes;
    },
    async count() {
      const countOf = (source: SourceKind, root: 'stixCyberObservables' | 'indicators') =>
        select.sources.includes(source) ? fetchCount(client, platform, root, types) : 0;
      return {
        observables: await countOf('observables', 'stixCyberObservables'),
        indicators: await countOf('indicators', 'indicators'),
      };
    },
  };
}

/** When a run began, by the platform's clock: what has an `updated_at` before that is in what it reads. */
export function toPlatformTime({ date }: Platform, now: Date): number {
  // The date may be that of a proxy whose clock is fast.
  return Math.min(date?.getTime() ?? Number.POSITIVE_INFINITY, now.getTime());
}
