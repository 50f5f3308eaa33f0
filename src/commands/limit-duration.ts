import { KnownError } from '../errors.ts';

/** A signal that also stops when the time is over, so that a run ends before the next one begins. */
export interface DurationLimit {
  readonly signal: AbortSignal | undefined;
  end(): void;
}

/** @param milliseconds null: no limit. */
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
