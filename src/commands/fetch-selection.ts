import { createSelector, type Selection } from '../compile/selection.ts';
import type { Config, OpenCtiConfig } from '../config/config.ts';
import { KnownError } from '../errors.ts';
import type { SourceRecord } from '../observable/record.ts';
import { createClient, type OpenCtiClient } from '../opencti/client.ts';
import { type Platform, preflight } from '../opencti/preflight.ts';
import { type Page, readIndicators, readObservables } from '../opencti/read.ts';
import type { Progress } from './progress.ts';

/** What was read from a platform, and what of it goes into lists. */
export interface Fetched {
  /** The address without any secret. */
  readonly url: string;
  readonly platform: Platform;
  readonly selection: Selection;
  readonly read: { readonly observables: number; readonly indicators: number; readonly requests: number };
}

export interface FetchOptions {
  readonly config: Config;
  readonly progress: Progress;
  /** When validity is judged. */
  readonly now: Date;
  readonly signal?: AbortSignal | undefined;
}

/** Reads all objects that may hold values and decides each value. Touches nothing but the network. */
export async function fetchSelection({ config, progress, now, signal }: FetchOptions): Promise<Fetched> {
  const client = connect(config.opencti, progress, signal);
  try {
    return await readAll(client, config, progress, now);
  } finally {
    progress.end();
    client.close();
  }
}

/** @throws KnownError (exit code 2) when the configuration names no platform. */
function connect(opencti: OpenCtiConfig, progress: Progress, signal: AbortSignal | undefined): OpenCtiClient {
  const { url, token, ca, caFile, proxy, timeout, retryFor } = opencti;
  if (url === null) throw notSet('URL', 'opencti.url', 'OPENCTI_URL');
  if (token === null) throw notSet('token', 'opencti.token_file', 'OPENCTI_TOKEN');
  const onRetry = ({ message }: { readonly message: string }) => progress.note(`${message}; trying again`);
  return createClient({
    url,
    token,
    ca: ca ?? undefined,
    caFile: caFile ?? undefined,
    proxy: proxy ?? undefined,
    timeout,
    retryFor,
    onRetry,
    signal,
  });
}

function notSet(what: string, key: string, variable: string): KnownError {
  const message = `the ${what} of OpenCTI is not set: set ${key} in the configuration (see --config) or ${variable} in the environment`;
  return new KnownError(message, { exitCode: 2 });
}

async function readAll(
  client: OpenCtiClient,
  config: Config,
  progress: Progress,
  now: Date,
): Promise<Fetched> {
  const platform = await preflight(client);
  const selector = createSelector({
    minScore: config.select.minScore,
    networks: config.gates.cidr ? { maxAddresses: config.select.cidrMaxAddresses } : null,
    now: now.getTime(),
  });
  const { pageSize } = config.opencti;
  const read = { observables: 0, indicators: 0, requests: 0 };
  const pages = {
    observables: () => readObservables(client, platform, { pageSize }),
    indicators: () => readIndicators(client, platform, { pageSize }),
  };
  for (const source of config.select.sources) {
    const last = await drain(pages[source](), (page) => {
      for (const record of page.records) selector.add(record);
      progress.read(source, page.read, page.total);
    });
    read[source] = last?.read ?? 0;
    read.requests += last?.requests ?? 0;
  }
  return { url: client.url, platform, selection: selector.finish(), read };
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
