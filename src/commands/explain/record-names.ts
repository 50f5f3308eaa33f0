import type { Named } from '../../observable/record.ts';
import type { FindNames, NamedObject } from '../../opencti/names.ts';
import { namedKinds } from '../../opencti/names.ts';
import type { DetailsTable, SharedDetails } from '../../record/details-table.ts';

/** Where an object has what the names of a kind name. */
const picks = {
  label: ({ labels }) => labels,
  marking: ({ markings }) => markings,
  author: ({ author }) => (author === null ? [] : [author]),
} as const satisfies Record<keyof typeof namedKinds, (details: SharedDetails) => readonly Named[]>;

/**
 * The names that objects of a record have. A name that none has is no error here, since OpenCTI may have it; no object
 * carries it.
 */
export function createNameFinder({ all }: DetailsTable): FindNames {
  return async (kind) => {
    const { toKey } = namedKinds[kind];
    const carried = all.flatMap((details) => (details === null ? [] : picks[kind](details)));
    const objects: NamedObject[] = [
      ...new Map(carried.map((each) => [`${each.id}\n${each.name}`, each])).values(),
    ];
    return {
      all: objects,
      byName(name) {
        const found = objects.filter((object) => toKey(object.name) === toKey(name));
        return found.length > 0 ? found : [{ id: `no object of the record: ${name}`, name }];
      },
      near: async () => '',
    };
  };
}
