import { OpenCtiError } from './errors.ts';

/** How labels and markings come: as `edges { node }`, or as plain lists from 5.12.24 on. */
export type Shape = 'edges' | 'lists';

const oldest = [5, 12, 0];
const plainListsSince = [5, 12, 24];

/**
 * The shape that a version's API has. Suffixes (`7.260309.0-lts.2`) do not count, and a version newer than all
 * known ones counts as the newest known.
 * @throws OpenCtiError for a version that is older than 5.12.0 or no version at all
 */
export function toShape(version: string): Shape {
  const match = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?![\d.])/.exec(version.trim());
  if (!match) {
    throw new OpenCtiError(
      'version',
      `OpenCTI gives its version as ${JSON.stringify(version.slice(0, 50))}: no version`,
    );
  }
  const numbers = match.slice(1).map((part) => Number(part ?? 0));
  if (compare(numbers, oldest) < 0) {
    throw new OpenCtiError('version', `OpenCTI ${match[0]} is too old: 5.12.0 or later is needed`);
  }
  return compare(numbers, plainListsSince) < 0 ? 'edges' : 'lists';
}

function compare(a: readonly number[], b: readonly number[]): number {
  const differing = a.findIndex((number, index) => number !== b[index]);
  return differing < 0 ? 0 : (a[differing] ?? 0) - (b[differing] ?? 0);
}
