import { createSelector, type Selection } from '../compile/selection.ts';
import type { Config } from '../config/config.ts';
import type { SourceKind } from '../config/select-config.ts';
import type { ObjectFilters } from '../observable/object-filter.ts';
import type { SourceRecord } from '../observable/record.ts';
import type { OpenCtiClient, Traffic } from '../opencti/client.ts';
import { type Platform, preflight } from '../opencti/preflight.ts';
import { type Page, type ReadOptions, readIndicators, readObservables } from '../opencti/read.ts';
import { toIndicatorFilters, toObservableFilters, toObservableTypes } from '../opencti/server-filters.ts';
import { connect } from './connect.ts';
import { limitDuration } from './limit-duration.ts';
import type { Progress } from './progress.ts';
import { toSelectionOptions } from './selection-options.ts';

/** What was read from a platform, and what of it goes into lists. */
export interface Fetched {
  /** The address without any secret. */
  readonly url: string;
  readonly platform: Platform;
  readonly selection: Selection;
  readonly read: ReadCounts;
}

/** Rows of each kind, and what went over the line for all of it; each try is a request. */
export interface ReadCounts extends Traffic {
  readonly observables: number;
  readonly indicators: number;
}

export interface FetchOptions {
  readonly config: Config;
  readonly progress: Progress;
  /** When validity is judged. */
  readonly now: Date;
  /** False: OpenCTI sends what the filters leave out, too. The lists are the same; true by default. */
  readonly filterThere?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** May refuse a platform, by throwing, before anything is read from it. */
  readonly checkPlatform?: (platform: Platform) => void;
}

/** Reads all objects that may hold values and decides each value. Touches nothing but the network. */
export async function fetchSelection({
  config,
  progress,
  now,
  signal,
  filterThere = true,
  checkPlatform,
}: FetchOptions): Promise<Fetched> {
  const limit = limitDuration(config.opencti.maxDuration, signal);
  const client = connect(config.opencti, progress, limit.signal);
  try {
    return await readAll(client, config, {
      progress,
      now,
      filterThere,
      ...(checkPlatform && { checkPlatform }),
    });
  } finally {
    progress.end();
    client.close();
    limit.end();
  }
}

async function readAll(
  client: OpenCtiClient,
  config: Config,
  { progress, now, filterThere = true, checkPlatform }: Omit<FetchOptions, 'config'>,
): Promise<Fetched> {
  const platform = await preflight(client);
  checkPlatform?.(platform);
  const options = await toSelectionOptions(client, config, now);
  const selector = createSelector(options);
  const onSmallerPage = (from: number, to: number) =>
    progress.note(`OpenCTI did not give ${from} rows within opencti.timeout: asking for ${to} at a time`);
  const filters = filterThere ? options.filters : null;
  const pages = openPages(client, platform, config, { filters, onSmallerPage });
  const read = { observables: 0, indicators: 0 };
  for (const source of config.select.sources) {
    const last = await drain(pages[source](), (page) => {
      for (const record of page.records) selector.add(record);
      progress.read(source, page.read, page.total);
    });
    read[source] = last?.read ?? 0;
  }
  return { url: client.url, platform, selection: selector.finish(), read: { ...read, ...client.traffic() } };
}

function openPages(
  client: OpenCtiClient,
  platform: Platform,
  { opencti, select }: Config,
  { filters, onSmallerPage }: Pick<ReadOptions, 'onSmallerPage'> & { readonly filters: ObjectFilters | null },
): Record<SourceKind, () => AsyncIterable<Page<SourceRecord>>> {
  const reading = { pageSize: opencti.pageSize, details: true, onSmallerPage } as const;
  return {
    observables: () =>
      readObservables(client, platform, {
        ...reading,
        types: toObservableTypes(select.kinds),
        filters: filters && toObservableFilters(filters),
      }),
    indicators: () =>
      readIndicators(client, platform, {
        ...reading,
        filters: toIndicatorFilters(select.indicators.stixOnly),
      }),
  };
}

/** Takes every page; gives the last one. */
async function drain(
  pages: AsyncIterable<Page<SourceRecord>>,
  take: (page: Page<SourceRecord>) => void,
): Promise<Page<SourceRecord> | null> {
  let last: Page<SourceRecord> | null = null;
  for await (const page of pages) {
    take(page);
    last = page;
  }
  return last;
}
