import type { SkipReason } from './skip-reasons.ts';

/** A text or value that is not compiled, and why. */
export interface Skip {
  readonly skip: SkipReason;
}

export function skip(reason: SkipReason): Skip {
  return { skip: reason };
}

export function isSkip(result: object): result is Skip {
  return 'skip' in result;
}
