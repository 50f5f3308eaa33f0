import type { Named, ObjectDetails } from '../observable/record.ts';

/** What many objects have in common. */
export type SharedDetails = Pick<ObjectDetails, 'author' | 'labels' | 'markings'>;

/** Objects of a platform share few combinations of author, labels and markings: each is kept once. */
export interface DetailsTable {
  /** @param details undefined: not read. */
  intern(details: SharedDetails | undefined): number;
  at(number: number): SharedDetails | undefined;
  readonly all: readonly (SharedDetails | null)[];
}

interface NumberedName {
  readonly name: string;
  readonly number: number;
}

const mostNames = 2 ** 26;

export function createDetailsTable(saved: readonly (SharedDetails | null)[] = []): DetailsTable {
  const all: (SharedDetails | null)[] = [];
  const names = new Map<string, NumberedName[]>();
  let nameCount = 0;
  /** A combination is a way through a tree of names; a place in it and a name lead to the next place. */
  const steps = new Map<number, number>();
  const numbers = new Map<number, number>();
  let places = 0;

  function step(place: number, name: number): number {
    const key = place * mostNames + name;
    const known = steps.get(key);
    if (known !== undefined) return known;
    places += 1;
    steps.set(key, places);
    return places;
  }
  /** The same id with another name is another one: a name can change. */
  function toNumber({ id, name }: Named): number {
    const ofId = names.get(id) ?? [];
    for (const known of ofId) if (known.name === name) return known.number;
    nameCount += 1;
    // 0 and 1 are steps of their own: to the markings, and nobody.
    ofId.push({ name, number: nameCount + 1 });
    names.set(id, ofId);
    return nameCount + 1;
  }
  function toPlace({ author, labels, markings }: SharedDetails): number {
    let place = step(0, author === null ? 1 : toNumber(author));
    for (const label of labels) place = step(place, toNumber(label));
    place = step(place, 0);
    for (const marking of markings) place = step(place, toNumber(marking));
    return place;
  }
  function intern(details: SharedDetails | undefined): number {
    const place = details === undefined ? 0 : toPlace(details);
    const known = numbers.get(place);
    if (known !== undefined) return known;
    numbers.set(place, all.length);
    return all.push(details === undefined ? null : pick(details)) - 1;
  }

  for (const details of saved) intern(details ?? undefined);
  return { intern, at: (number) => all[number] ?? undefined, all };
}

function pick({ author, labels, markings }: SharedDetails): SharedDetails {
  return { author, labels, markings };
}
