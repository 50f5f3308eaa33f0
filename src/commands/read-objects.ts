import type { Config } from '../config/config.ts';
import type { SourceKind } from '../config/select-config.ts';
import type { ObjectFilters } from '../observable/object-filter.ts';
import type { SourceRecord } from '../observable/record.ts';
import type { OpenCtiClient } from '../opencti/client.ts';
import type { Platform } from '../opencti/preflight.ts';
import { fetchCount, type Page, readIndicators, readObservables, toChangedSince } from '../opencti/read.ts';
import { toIndicatorFilters, toObservableFilters, toObservableTypes } from '../opencti/server-filters.ts';
import type { ObjectCounts } from '../record/apply-changes.ts';
import { createObjectStore, type ObjectStore } from '../record/object-store.ts';
import type { Progress } from './progress.ts';

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
  /** Null: the platform leaves nothing out. */
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
  const onSmallerPage = (from: number, to: number) =>
    progress.note(`OpenCTI did not give ${from} rows within opencti.timeout: asking for ${to} at a time`);
  const reading = { pageSize: opencti.pageSize, details: true, onSmallerPage } as const;
  const types = toObservableTypes(select.kinds);
  const take = async (
    source: SourceKind,
    pages: AsyncIterable<Page<SourceRecord>>,
    add: (row: SourceRecord) => unknown,
  ) => {
    let rows = 0;
    for await (const page of pages) {
      for (const record of page.records) add(record);
      rows = page.read;
      progress.read(source, page.read, page.total);
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
      const indicators = filters && toIndicatorFilters(select.indicators.stixOnly);
      const pages = {
        observables: () => readObservables(client, platform, { ...reading, types, filters: observables }),
        indicators: () => readIndicators(client, platform, { ...reading, filters: indicators }),
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
