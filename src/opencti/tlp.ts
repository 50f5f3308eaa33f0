import { KnownError } from '../errors.ts';
import type { NamedObject } from './names.ts';

/**
 * TLP 1.0 and 2.0 by how far a marking lets information go. The orders that platforms have do not suffice: they can
 * be edited.
 */
const ranks: ReadonlyMap<string, number> = new Map([
  ['TLP:WHITE', 1],
  ['TLP:CLEAR', 1],
  ['TLP:GREEN', 2],
  ['TLP:AMBER', 3],
  ['TLP:AMBER+STRICT', 4],
  ['TLP:RED', 5],
]);

const rankOf = ({ name }: { readonly name: string }) => ranks.get(name.toUpperCase());

/** TLP 2.0 calls CLEAR what 1.0 called WHITE; a platform has one of them. */
export function toTlpNames(name: string): string[] {
  const upper = name.toUpperCase();
  if (upper === 'TLP:WHITE') return [name, 'TLP:CLEAR'];
  return upper === 'TLP:CLEAR' ? [name, 'TLP:WHITE'] : [name];
}

/**
 * The markings of the platform that stand above a TLP marking.
 * @throws KnownError when the ceiling is not one of TLP
 */
export function findAboveCeiling(
  ceilings: readonly NamedObject[],
  all: readonly NamedObject[],
  name: string,
): NamedObject[] {
  const [ceiling = { name }] = ceilings;
  const highest = rankOf(ceiling);
  if (highest === undefined) {
    const legal = [...ranks.keys()].join(', ');
    throw new KnownError(
      `markings.tlp_max: ${JSON.stringify(name)} is not a marking of TLP; legal: ${legal}`,
      {
        exitCode: 2,
      },
    );
  }
  return all.filter((marking) => (rankOf(marking) ?? 0) > highest);
}
