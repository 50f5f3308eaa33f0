import { setTimeout as delay } from 'node:timers/promises';
import pRetry from 'p-retry';
import { KnownError } from '../errors.ts';
import { OpenCtiError } from './errors.ts';

export interface RetryNote {
  /** The number of the try that failed: 1, 2, ... */
  readonly attempt: number;
  readonly message: string;
}

export interface RetryLimits {
  /** Milliseconds for one try. */
  readonly timeout: number;
  /** Milliseconds for all tries. The first one has its full time in any case, so 0 means one try. */
  readonly retryFor: number;
  readonly firstDelay?: number | undefined;
  readonly onRetry?: ((note: RetryNote) => void) | undefined;
  readonly signals: readonly AbortSignal[];
  /** False when a time-out is final. */
  readonly retryTimeouts?: boolean;
  /** Is awaited before each try; its time does not count for the try. */
  readonly beforeTry?: (signal: AbortSignal) => Promise<void>;
}

const defaultFirstDelay = 1000;
const longestDelay = 30_000;

/**
 * Runs one request, and again after a delay when another try can succeed, within `retryFor`. It waits for `Retry-After`,
 * unless that is beyond the limit: then there is no further try.
 * @throws OpenCtiError of the last try, with the number of tries; `aborted` when a signal stopped it.
 */
export async function runWithRetries<T>(
  limits: RetryLimits,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const signal = AbortSignal.any([...limits.signals]);
  const tries = startTries(limits, signal, run);
  try {
    return await pRetry(tries.runOnce, {
      retries: Number.POSITIVE_INFINITY,
      maxRetryTime: limits.retryFor,
      minTimeout: limits.firstDelay ?? defaultFirstDelay,
      maxTimeout: longestDelay,
      randomize: true,
      signal,
      shouldRetry: ({ error }) => tries.isWorthAnother(error),
    });
  } catch (error) {
    // The reason of the signal says why it was stopped.
    if (signal.reason instanceof KnownError) throw signal.reason;
    if (signal.aborted) throw new OpenCtiError('aborted', 'the request to OpenCTI was stopped');
    throw tries.toFinal(error);
  }
}

function startTries<T>(limits: RetryLimits, signal: AbortSignal, run: (signal: AbortSignal) => Promise<T>) {
  const started = performance.now();
  const timeLeft = () => limits.retryFor - (performance.now() - started);
  const failures: unknown[] = [];
  return {
    async runOnce(): Promise<T> {
      await limits.beforeTry?.(signal);
      const isFirst = failures.length === 0;
      const time = isFirst ? limits.timeout : Math.min(limits.timeout, timeLeft());
      if (time <= 0) throw failures.at(-1);
      try {
        return await runWithin(time, signal, run);
      } catch (error) {
        // This try had less than its time: the failure of the try before says more.
        const cutShort = time < limits.timeout && isTimeout(error);
        failures.push(cutShort ? failures.at(-1) : error);
        throw failures.at(-1);
      }
    },

    async isWorthAnother(error: Error): Promise<boolean> {
      if (!(error instanceof OpenCtiError) || !error.retry) return false;
      if (isTimeout(error) && limits.retryTimeouts === false) return false;
      const wait = error.retryAfter ?? 0;
      if (wait > timeLeft()) return false;
      limits.onRetry?.({ attempt: failures.length, message: error.message });
      if (wait > 0) await delay(wait, undefined, { signal });
      return true;
    },

    toFinal(error: unknown): unknown {
      const isSingle = failures.length <= 1;
      return isSingle ? error : withTries(error, failures.length, performance.now() - started);
    },
  };
}

async function runWithin<T>(
  time: number,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const text = `OpenCTI did not answer completely within ${formatSeconds(time)} (opencti.timeout)`;
  const timer = setTimeout(() => controller.abort(new OpenCtiError('timeout', text)), time);
  const stop = () => controller.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await run(controller.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

const isTimeout = (error: unknown) => error instanceof OpenCtiError && error.failure === 'timeout';

function withTries(error: unknown, tries: number, time: number): unknown {
  if (!(error instanceof OpenCtiError)) return error;
  const text = `${error.message} (tried ${tries} times in ${formatSeconds(time)})`;
  return new OpenCtiError(error.failure, text, error.retryAfter);
}

const formatSeconds = (milliseconds: number) => `${Number((milliseconds / 1000).toPrecision(2))} s`;

/** Limits how many requests start in a minute. */
export interface Pace {
  /** Resolves when the next request may start. @throws the signal's reason */
  turn(signal: AbortSignal): Promise<void>;
}

const minute = 60_000;

/** Makes a pace with even intervals, so that requests never start in bursts. @param perMinute null means no limit. */
export function createPace(perMinute: number | null): Pace {
  if (perMinute === null) return { turn: async () => {} };
  const interval = minute / perMinute;
  let next = 0;
  return {
    async turn(signal) {
      const now = performance.now();
      const start = Math.max(now, next);
      next = start + interval;
      if (start > now) await delay(start - now, undefined, { signal });
    },
  };
}
