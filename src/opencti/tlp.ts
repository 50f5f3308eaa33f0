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

/** `tlp: amber + strict` -> `TLP:AMBER+STRICT`: names are written by people. */
const toPlainName = (name: string) => name.toUpperCase().replace(/\s+/g, '');

const rankOf = ({ name }: { readonly name: string }) => ranks.get(toPlainName(name));

/** What looks like a marking of TLP, known or not. */
const isTlp = ({ name, type }: NamedObject) =>
  toPlainName(name).startsWith('TLP') || (type !== undefined && toPlainName(type) === 'TLP');

/** TLP 2.0 calls CLEAR what 1.0 called WHITE; a platform has one of them. */
export function toTlpNames(name: string): string[] {
  const plain = toPlainName(name);
  if (plain === 'TLP:WHITE') return [name, 'TLP:CLEAR'];
  return plain === 'TLP:CLEAR' ? [name, 'TLP:WHITE'] : [name];
}

/** What is the same for two spellings of one marking. */
export function toMarkingKey(name: string): string {
  const plain = toPlainName(name);
  if (plain === 'TLP:WHITE') return 'TLP:CLEAR';
  return plain.startsWith('TLP') ? plain : name.trim().toUpperCase();
}

export interface AboveCeiling {
  /** Markings of the platform that stand above the ceiling, those that are not known among them. */
  readonly markings: readonly NamedObject[];
  /** Markings of TLP that no version of it has: nobody can tell how far they let information go. */
  readonly unknown: readonly NamedObject[];
}

/**
 * The markings of the platform that an object below a ceiling does not have.
 * @throws KnownError when the ceiling is not one of TLP
 */
export function findAboveCeiling(all: readonly NamedObject[], name: string): AboveCeiling {
  const highest = rankOf({ name });
  if (highest === undefined) {
    const legal = [...ranks.keys()].join(', ');
    throw new KnownError(
      `markings.tlp_max: ${JSON.stringify(name)} is not a marking of TLP; legal: ${legal}`,
      {
        exitCode: 2,
      },
    );
  }
  const unknown = all.filter((marking) => isTlp(marking) && rankOf(marking) === undefined);
  const above = all.filter((marking) => (rankOf(marking) ?? 0) > highest);
  return { markings: [...above, ...unknown], unknown };
}
