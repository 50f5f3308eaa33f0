import type { Selection } from '../compile/selection.ts';
import { ages, type Traits } from '../compile/traits.ts';
import type { Report, Share } from './report.ts';

/** More names than this say nothing to a reader. */
const topNames = 20;

/** What stands for an object that has none. */
const namesOf = {
  authors: ({ author }) => [author ?? 'no author'],
  labels: ({ labels }) => (labels.length > 0 ? labels : ['no label']),
  markings: ({ markings }) => (markings.length > 0 ? markings : ['no marking']),
} as const satisfies Record<string, (traits: Traits) => readonly string[]>;

/** Of the objects that decided for the values that are in. */
export function toShares(selection: Selection): Pick<Report, 'authors' | 'labels' | 'markings' | 'ages'> {
  const combinations = countTraits(selection);
  const tally = (toNames: (traits: Traits) => readonly string[]) => {
    const counts = new Map<string, number>();
    for (const [traits, count] of combinations)
      for (const name of toNames(traits)) addTo(counts, name, count);
    return counts;
  };
  const ofAge = tally(({ age }) => [age]);
  return {
    authors: toTop(tally(namesOf.authors)),
    labels: toTop(tally(namesOf.labels)),
    markings: toTop(tally(namesOf.markings)),
    ages: ages.map(({ age }) => ({ name: age, count: ofAge.get(age) ?? 0 })),
  };
}

/** Combinations first: there are few of them, and many values. */
function countTraits({ values, traits }: Selection): [Traits, number][] {
  const counts = new Uint32Array(traits.length);
  for (const fact of values.facts()) counts[fact.traits] = (counts[fact.traits] ?? 0) + 1;
  return traits
    .map((each, index): [Traits, number] => [each, counts[index] ?? 0])
    .filter(([, count]) => count > 0);
}

export function addTo(counts: Map<string, number>, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count);
}

export function toTop(counts: ReadonlyMap<string, number>): Share[] {
  return [...counts]
    .map(([name, count]) => ({ name, count }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
    .slice(0, topNames);
}

const bucketCount = 10;

/** 100 stands with the nineties. */
export function toScores({ values }: Selection): Share[] {
  const counts = new Array<number>(bucketCount).fill(0);
  for (const { score } of values.facts()) {
    const bucket = Math.min(bucketCount - 1, Math.floor(score / bucketCount));
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return counts.map((count, index) => {
    const to = index === bucketCount - 1 ? 100 : index * bucketCount + 9;
    return { name: `${index * bucketCount}-${to}`, count };
  });
}
