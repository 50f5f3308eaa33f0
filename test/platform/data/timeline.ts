import { toNoise } from './noise.ts';
import type { SortField } from './order.ts';

/** 2023-01-01. A row every 20 seconds from there: a million rows are 231 days. */
const start = Date.UTC(2023, 0, 1);
const step = 20_000;

/** Row times in milliseconds that strictly grow with the index in both orders, so that a time leads back. */
export function timeAt(seed: number, field: SortField, index: number): number {
  const jitter = toNoise(seed, index, field === 'created_at' ? 900 : 901) % (step / 2);
  return start + index * step + jitter + (field === 'created_at' ? 0 : step / 2);
}

/** The index of the last row whose time is not after `time`, or -1. */
export function lastNotAfter(seed: number, field: SortField, count: number, time: number): number {
  const slot = Math.min(Math.floor((time - start) / step), count - 1);
  if (slot < 0) return -1;
  return timeAt(seed, field, slot) <= time ? slot : slot - 1;
}
