import type { ObjectDetails } from '../observable/record.ts';

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

/** Objects of a platform share few combinations, so each is kept once and a vote holds its number. */
export interface TraitsTable {
  /** @param details undefined: not read. */
  toNumber(details: ObjectDetails | undefined): number;
  readonly all: readonly Traits[];
}

/** @param now milliseconds since the epoch. */
export function createTraitsTable(now: number): TraitsTable {
  const all: Traits[] = [];
  const numbers = new Map<string, number>();
  return {
    all,
    toNumber(details) {
      const age = details?.createdAt == null ? 'unknown' : toAge(now - details.createdAt);
      let key = `${age}\n${details?.author?.id ?? ''}`;
      for (const { id } of details?.labels ?? []) key += `\n${id}`;
      key += '\n';
      for (const { id } of details?.markings ?? []) key += `\n${id}`;
      const known = numbers.get(key);
      if (known !== undefined) return known;
      numbers.set(key, all.length);
      return all.push(toTraits(details, age)) - 1;
    },
  };
}

function toAge(elapsed: number): Age {
  return ages.find(({ days }) => elapsed <= days * day)?.age ?? 'unknown';
}

function toTraits(details: ObjectDetails | undefined, age: Age): Traits {
  return {
    author: details?.author?.name ?? null,
    labels: details?.labels.map(({ name }) => name) ?? [],
    markings: details?.markings.map(({ name }) => name) ?? [],
    age,
  };
}
