import { inspect } from 'node:util';
import * as v from 'valibot';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { type ClientOptions, createClient, type OpenCtiClient } from '../../../src/opencti/client.ts';
import { OpenCtiError } from '../../../src/opencti/errors.ts';
import { onCleanup } from './servers.ts';

/** A token whose text occurs nowhere else, so that a leak of it can be found. */
export const token = 'flgrn_octi_tkn_5ecre7-0f-the-te5t5';

/** The tests do not use the proxies of the developer's environment. */
beforeEach(() => {
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY']) {
    vi.stubEnv(name, '');
    vi.stubEnv(name.toLowerCase(), '');
  }
});

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A client that gives up quickly. */
export function connect(url: string, options: Partial<ClientOptions> = {}): OpenCtiClient {
  const client = createClient({ url, token, timeout: 60_000, retryFor: 0, firstDelay: 1, ...options });
  onCleanup(() => client.close());
  return client;
}

/** The smallest query. */
export async function askVersion(client: OpenCtiClient, signal?: AbortSignal): Promise<string> {
  const schema = v.object({ about: v.object({ version: v.string() }) });
  const { data } = await client.request('query Version { about { version } }', {}, schema, { signal });
  return data.about.version;
}

/** The error that `run` ends with; whatever can be printed of it is free of secrets. */
export async function catchError(
  run: () => unknown,
  secrets: readonly string[] = [token],
): Promise<OpenCtiError> {
  const error = await Promise.resolve()
    .then(run)
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
  if (!(error instanceof OpenCtiError)) throw new Error(`no OpenCtiError but ${inspect(error)}`);
  expectNoSecret(error, secrets);
  return error;
}

function expectNoSecret(error: OpenCtiError, secrets: readonly string[]): void {
  const printed = [
    String(error),
    error.stack ?? '',
    JSON.stringify(error),
    JSON.stringify(error, Object.getOwnPropertyNames(error)),
    inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true }),
    inspect(error.cause, { depth: Number.POSITIVE_INFINITY, showHidden: true }),
  ].join('\n');
  for (const secret of secrets) expect(printed).not.toContain(secret);
}
