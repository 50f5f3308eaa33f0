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
  readonly signal?: AbortSignal | undefined;
  /** Where the run before left what it read, so that this one reads what has changed since. */
  readonly record?: RecordPlace | undefined;
  /** May refuse a platform, by throwing, before anything is read from it. */
  readonly checkPlatform?: (platform: Platform) => void;
}

/**
 * Reads all objects that may hold values and decides each value. Touches nothing but the network and the record.
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
