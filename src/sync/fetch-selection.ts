import { type Selection, select } from '../compile/select.ts';
import type { Config } from '../config/schema.ts';
import type { OpenCtiClient, Traffic } from '../opencti/client.ts';
import { type Platform, preflight } from '../opencti/platform.ts';
import { countObjects } from '../store/file.ts';
import type { PassedOver } from '../values/value-lists.ts';
import { connect, limitDuration } from './connect.ts';
import { toSelectionOptions } from './filters.ts';
import type { Progress } from './progress.ts';
import { type ObjectsRead, type RecordPlace, readObjects } from './read.ts';

/** The data that were read from a platform, and the values that are selected for the lists. */
export interface Fetched extends Pick<ObjectsRead, 'whyAll'> {
  /** The URL of the platform without any secret. */
  readonly url: string;
  readonly platform: Platform;
  readonly selection: Selection;
  readonly read: ReadCounts;
  /** The entries of the warning lists that are not used. */
  readonly passedOver: readonly PassedOver[];
}

/** The objects that were searched for values, and the traffic of the reading; each try is a request. */
export interface ReadCounts extends Traffic {
  readonly observables: number;
  readonly indicators: number;
  /** The rows that were read in this run: all rows, or those that have changed since the run before. */
  readonly rows: number;
}

export interface FetchOptions {
  readonly config: Config;
  readonly progress: Progress;
  /** The time at which validity is judged. */
  readonly now: Date;
  readonly signal?: AbortSignal | undefined;
  /** The place where the run before left its objects, so that this run reads only what has changed since. */
  readonly record?: RecordPlace | undefined;
  /** Is called before anything is read from the platform; it refuses a platform by throwing. */
  readonly checkPlatform?: (platform: Platform) => void;
}

/**
 * Reads all objects that may hold values and decides about each value. It changes nothing but the record.
 * @throws KnownError for a configuration that cannot be used, OpenCtiError, and what `checkPlatform` throws
 */
export async function fetchSelection(options: FetchOptions): Promise<Fetched> {
  const { config, progress, now, signal, record, checkPlatform } = options;
  const limit = limitDuration(config.opencti.maxDuration, signal);
  let client: OpenCtiClient | undefined;
  try {
    client = connect(config.opencti, progress, limit.signal);
    const platform = await preflight(client);
    checkPlatform?.(platform);
    const selecting = await toSelectionOptions(client, config, now, progress.note);
    const reading = { client, platform, config, progress, now };
    const { objects, rows, whyAll } = await readObjects(reading, selecting.filters, record);
    return {
      url: client.url,
      platform,
      selection: select(objects, selecting),
      read: { ...countObjects(objects), rows, ...client.traffic() },
      passedOver: selecting.passedOver,
      whyAll,
    };
  } finally {
    progress.end();
    client?.close();
    limit.end();
  }
}
