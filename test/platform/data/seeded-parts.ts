import { pick, toNoise } from './noise.ts';
import type { StoredIndicator } from './objects.ts';
import {
  alienVault,
  demoAnalyst,
  icsCsirt,
  referenceLabels,
  tlpAmber,
  tlpGreen,
  tlpRed,
  tlpWhite,
} from './references.ts';

const scores = [80, 100, 60, 50, 75, 90, 70, 85, 65, 95, 55, 20, 40, null] as const;
const authors = [alienVault, icsCsirt, demoAnalyst, alienVault, null] as const;
const white = [tlpWhite];
const markingSets = [
  white,
  white,
  white,
  white,
  [tlpGreen],
  [tlpGreen],
  [tlpAmber],
  [tlpRed],
  [],
  [],
] as const;

/** About one score in five is low or missing. */
export function toScore(seed: number, salt: number, index: number): number | null {
  return pick(toNoise(seed, index, salt * 100), scores);
}

export function toAuthor(seed: number, salt: number, index: number): string | null {
  return pick(toNoise(seed, index, salt * 100 + 1), authors);
}

export function toMarkings(seed: number, salt: number, index: number): readonly string[] {
  return pick<readonly string[]>(toNoise(seed, index, salt * 100 + 2), markingSets);
}

/** None, one or two. */
export function toLabels(seed: number, salt: number, index: number): readonly string[] {
  const noise = toNoise(seed, index, salt * 100 + 3);
  const start = noise % referenceLabels.length;
  return referenceLabels.slice(start, start + ((noise >>> 8) % 3)).map((label) => label.id);
}

type Validity = Pick<StoredIndicator, 'revoked' | 'valid_from' | 'valid_until' | 'x_opencti_detection'>;

/** Far from any clock, so that the same rows are alive whenever they are read. */
const longBefore = '2022-03-01T00:00:00.000Z';
const longAgo = '2022-06-01T00:00:00.000Z';
const farAhead = '2099-01-01T00:00:00.000Z';
const furtherAhead = '2099-12-31T00:00:00.000Z';

/**
 * Of twenty: 14 alive, one of them without an end; 2 revoked by hand, one with its time ahead; 1 expired and
 * revoked by the platform; 2 expired and not yet seen by its next pass; 1 not yet valid.
 */
export function toValidity(noise: number, created: string): Validity {
  const kind = noise % 20;
  const alive = {
    revoked: false,
    valid_from: created,
    valid_until: farAhead,
    x_opencti_detection: kind % 2 === 0,
  };
  if (kind < 13) return alive;
  if (kind === 13) return { ...alive, valid_until: null };
  if (kind === 14) return { ...alive, revoked: true };
  if (kind === 15) return { ...alive, revoked: true, valid_until: null };
  const over = { ...alive, valid_from: longBefore, valid_until: longAgo };
  if (kind === 16) return { ...over, revoked: true, x_opencti_detection: false };
  if (kind < 19) return over;
  return { ...alive, valid_from: farAhead, valid_until: furtherAhead };
}
