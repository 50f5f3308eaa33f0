import type { Selection } from '../compile/selection.ts';
import { ages, type Traits } from '../compile/traits.ts';
import type { Report, Share } from './report.ts';
import type { Tally } from './tally.ts';

/** More names than this say nothing to a reader. */
const topNames = 20;

/** What stands for an object that has none. */
const namesOf = {
  authors: ({ author }) => [author ?? 'no author'],
  labels: ({ labels }) => (labels.length > 0 ? labels : ['no label']),
  markings: ({ markings }) => (markings.length > 0 ? markings : ['no marking']),
} as const satisfies Record<string, (traits: Traits) => readonly string[]>;

/** Of the objects that decided for the values that are in. */
export function toShares(
  { traits }: Selection,
  tallied: Tally,
): Pick<Report, 'authors' | 'labels' | 'markings' | 'ages'> {
  // Combinations first: there are few of them, and many values.
  const combinations = traits
    .map((each, place) => [each, tallied.traits[place] ?? 0] as const)
    .filter(([, count]) => count > 0);
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

export function addTo(counts: Map<string, number>, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count);
}

export function toTop(counts: ReadonlyMap<string, number>): Share[] {
  return [...counts]
    .map(([name, count]) => ({ name, count }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
    .slice(0, topNames);
}

export function toScores({ scores }: Tally): Share[] {
  return scores.map((count, place) => {
    const to = place === scores.length - 1 ? 100 : place * 10 + 9;
    return { name: `${place * 10}-${to}`, count };
  });
}
