import { type Selection, select } from '../compile/selection.ts';
import type { Config } from '../config/schema.ts';
import type { OpenCtiClient, Traffic } from '../opencti/client.ts';
import { type Platform, preflight } from '../opencti/preflight.ts';
import { countObjects } from '../record/apply-changes.ts';
import type { PassedOver } from '../value-lists/parse-warning-list.ts';
import { connect } from './connect.ts';
import { limitDuration } from './limit-duration.ts';
import type { Progress } from './progress.ts';
import { createReader, type ObjectsRead } from './read-objects.ts';
import { type RecordPlace, readWithRecord } from './read-with-record.ts';
import { toSelectionOptions } from './selection-options.ts';

/** What was read from a platform, and what of it goes into lists. */
export interface Fetched extends Pick<ObjectsRead, 'whyAll'> {
  /** The address without any secret. */
  readonly url: string;
  readonly platform: Platform;
  readonly selection: Selection;
  readonly read: ReadCounts;
  /** What of the warning lists is not used. */
  readonly passedOver: readonly PassedOver[];
}

/** The objects that values were looked for in, and what went over the line for it; each try is a request. */
export interface ReadCounts extends Traffic {
  readonly observables: number;
  readonly indicators: number;
  /** Those that came in this run: all, or what has changed since the one before. */
  readonly rows: number;
}

export interface FetchOptions {
  readonly config: Config;
  readonly progress: Progress;
  /** When validity is judged. */
  readonly now: Date;
  /** False: OpenCTI sends what the filters leave out, too. The lists are the same; true by default. */
  readonly filterThere?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Where the run before left what it read, so that this one reads what has changed since. */
  readonly record?: RecordPlace | undefined;
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
  record,
}: FetchOptions): Promise<Fetched> {
  const limit = limitDuration(config.opencti.maxDuration, signal);
  let client: OpenCtiClient | undefined;
  try {
    client = connect(config.opencti, progress, limit.signal);
    return await readAll(client, config, {
      progress,
      now,
      filterThere,
      record,
      ...(checkPlatform && { checkPlatform }),
    });
  } finally {
    progress.end();
    client?.close();
    // A timer that is left holds the process for all its time.
    limit.end();
  }
}

async function readAll(
  client: OpenCtiClient,
  config: Config,
  { progress, now, filterThere = true, checkPlatform, record }: Omit<FetchOptions, 'config'>,
): Promise<Fetched> {
  const platform = await preflight(client);
  checkPlatform?.(platform);
  const options = await toSelectionOptions(client, config, now, progress.note);
  const reader = createReader(client, platform, config, progress);
  const { objects, rows, whyAll } = record
    ? await readWithRecord(reader, record, now)
    : await reader.readAll(filterThere ? options.filters : null);
  return {
    url: client.url,
    platform,
    selection: select(objects, options),
    read: { ...countObjects(objects), rows, ...client.traffic() },
    passedOver: options.passedOver,
    whyAll,
  };
}
