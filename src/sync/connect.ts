import type { OpenCtiConfig } from '../config/schema.ts';
import { KnownError } from '../errors.ts';
import { createClient, type OpenCtiClient } from '../opencti/client.ts';
import type { Progress } from './progress.ts';

/**
 * Returns a client of the configured platform.
 * @throws KnownError (exit code 2) when the configuration names no platform.
 */
export function connect(
  opencti: OpenCtiConfig,
  progress: Pick<Progress, 'note'>,
  signal: AbortSignal | undefined,
): OpenCtiClient {
  const { url, token, ca, caFile, timeout, retryFor, maxRequestsPerMinute } = opencti;
  if (url === null) throw notSet('URL', 'opencti.url', 'OPENCTI_URL');
  if (token === null) throw notSet('token', 'opencti.token_file', 'OPENCTI_TOKEN');
  const onRetry = ({ message }: { readonly message: string }) => progress.note(`${message}; trying again`);
  return createClient({
    url,
    token,
    ca: ca ?? undefined,
    caFile: caFile ?? undefined,
    proxy: opencti.proxy ?? opencti.environmentProxy ?? '',
    timeout,
    retryFor,
    maxRequestsPerMinute,
    onRetry,
    signal,
  });
}

function notSet(what: string, key: string, variable: string): KnownError {
  const message = `the ${what} of OpenCTI is not set: set ${key} in the configuration or ${variable} in the environment`;
  return new KnownError(message, { exitCode: 2 });
}

/** A signal that also aborts when the time is over, so that a run ends before the next one begins. */
interface DurationLimit {
  readonly signal: AbortSignal | undefined;
  /** Stops the timer, which would keep the process alive until it ends. */
  end(): void;
}

/** Returns a signal with a limit of time. @param milliseconds null: no limit. */
export function limitDuration(milliseconds: number | null, signal: AbortSignal | undefined): DurationLimit {
  if (milliseconds === null) return { signal, end() {} };
  const controller = new AbortController();
  const seconds = Math.round(milliseconds / 1_000);
  const text = `reading OpenCTI took longer than opencti.max_duration (${seconds} s): nothing was changed; raise it`;
  const timer = setTimeout(() => controller.abort(new KnownError(text)), milliseconds);
  return {
    signal: signal ? AbortSignal.any([signal, controller.signal]) : controller.signal,
    end: () => clearTimeout(timer),
  };
}
