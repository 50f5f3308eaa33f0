import type { ObjectDetails } from '../observable/record.ts';
import type { SharedDetails } from '../record/details-table.ts';
import type { ObjectStore } from '../record/object-store.ts';

/** What a report counts of the objects that decide. */
export interface Traits {
  readonly author: string | null;
  readonly labels: readonly string[];
  readonly markings: readonly string[];
  readonly age: Age;
}

const day = 86_400_000;

/** How long an object has been in OpenCTI; each up to its bound, the last without one. */
export const ages = [
  { age: 'a day', days: 1 },
  { age: 'a week', days: 7 },
  { age: '30 days', days: 30 },
  { age: '90 days', days: 90 },
  { age: 'a year', days: 365 },
  { age: 'older', days: Number.POSITIVE_INFINITY },
  { age: 'unknown', days: Number.NaN },
] as const;

export type Age = (typeof ages)[number]['age'];

/** Objects of a platform share few combinations, so each is kept once. */
export interface TraitsTable {
  /** By the number of an object: the place of its traits in `all`. */
  readonly numbers: Uint32Array;
  readonly all: readonly Traits[];
}

/** @param now milliseconds since the epoch. */
export function toTraitsTable(objects: ObjectStore, now: number): TraitsTable {
  const { details, createdAt } = objects.columns();
  const numbers = new Uint32Array(objects.size);
  const all: Traits[] = [];
  /** One more than the number of a combination; 0: not met yet. */
  const known = new Uint32Array(objects.details.all.length * ages.length);
  for (let object = 0; object < objects.size; object += 1) {
    const shared = details[object] as number;
    const age = toAgeNumber(now - (createdAt[object] as number));
    const combination = shared * ages.length + age;
    if (known[combination] === 0) known[combination] = all.push(toTraits(objects.details.at(shared), age));
    numbers[object] = (known[combination] as number) - 1;
  }
  return { numbers, all };
}

function toAgeNumber(elapsed: number): number {
  if (Number.isNaN(elapsed)) return ages.length - 1;
  let number = 0;
  while (elapsed > (ages[number]?.days ?? 0) * day) number += 1;
  return number;
}

function toTraits(details: SharedDetails | undefined, age: number): Traits {
  const { author = null, labels = [], markings = [] }: Partial<ObjectDetails> = details ?? {};
  return {
    author: author?.name ?? null,
    labels: labels.map(({ name }) => name),
    markings: markings.map(({ name }) => name),
    age: ages[age]?.age ?? 'unknown',
  };
}
