import { toNoise, toNoiseHex } from './noise.ts';

/** The seed's ids look random; the index is in the last twelve digits, so that an id leads back to its row. */
export function toRowId(seed: number, salt: number, index: number): string {
  const hex = toNoiseHex(seed, index, salt, 24);
  const tail = ((index ^ toNoise(seed, 0, salt)) >>> 0).toString(16).padStart(8, '0');
  const groups = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`];
  return `${groups.join('-')}-${hex.slice(20)}${tail}`;
}

/** The index of the row with this id, or -1. */
export function toRowIndex(seed: number, salt: number, count: number, id: string): number {
  const tail = Number.parseInt(id.slice(-8), 16);
  if (Number.isNaN(tail)) return -1;
  const index = (tail ^ toNoise(seed, 0, salt)) >>> 0;
  return index < count && toRowId(seed, salt, index) === id ? index : -1;
}
