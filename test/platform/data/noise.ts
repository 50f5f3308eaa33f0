/** Pseudo-random numbers that are a pure function of their inputs; nothing here is for secrets. */

/** An integer from 0 to 2^32 - 1. */
export function toNoise(seed: number, index: number, salt: number): number {
  let h =
    Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^
    Math.imul(index + 1, 0xc2b2ae35) ^
    Math.imul(salt + 1, 0x27d4eb2f);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Room for the longest text of `toNoiseHex`. */
const scratch = Buffer.alloc(64);

/** Lower-case hexadecimal digits; `digits` is a multiple of 8, at most 128. */
export function toNoiseHex(seed: number, index: number, salt: number, digits: number): string {
  for (let word = 0; word < digits / 8; word += 1) {
    scratch.writeUInt32BE(toNoise(seed, index, salt * 64 + word), word * 4);
  }
  return scratch.toString('hex', 0, digits / 2);
}

export function pick<T>(noise: number, from: readonly [T, ...T[]]): T {
  const picked = from[noise % from.length];
  return picked === undefined ? from[0] : picked;
}
