import { pick, toNoise } from './noise.ts';
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
