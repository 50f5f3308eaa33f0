import { setTimeout as delay } from 'node:timers/promises';

/** Lets requests through, no more than so many a minute. */
export interface Pace {
  /** Resolves when the next request may start. @throws the signal's reason */
  turn(signal: AbortSignal): Promise<void>;
}

const minute = 60_000;

/** Evenly, so that no burst comes first. @param perMinute null: as they come. */
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
