import packageJson from '../../../package.json' with { type: 'json' };
import type { Plan } from '../../compile/plan.ts';
import type { Selection } from '../../compile/select.ts';
import { ages, type Traits } from '../../compile/value-set.ts';
import { flags } from '../../store/object-store.ts';
import { storedKinds } from '../../store/sort.ts';
import type { ObservableKind } from '../../values/kinds.ts';
import type { EventField } from '../../wazuh/fields.ts';
import { type SiteFacts, toOffRows, toRowFacts } from './coverage.ts';
import { type CoverageRow, findExamples, type ListChange, type Report, type Share } from './report.ts';

export interface ReportInput {
  readonly started: Date;
  readonly finished: Date;
  readonly source: Report['source'];
  readonly read: Report['read'];
  readonly selection: Selection;
  readonly plan: Pick<Plan, 'fields' | 'lists' | 'gates'>;
  /** By the name of a list; null: there is no earlier set. */
  readonly changes: Readonly<Record<string, { readonly added: number; readonly removed: number }>> | null;
  /** The facts of the site; null: they are not known here. */
  readonly site: SiteFacts | null;
}

/** Returns the report of a run. It is a pure function. */
export function toReport(input: ReportInput): Report {
  const { selection, plan, changes, site, source, read, started, finished } = input;
  const tally = tallyValues(selection);
  const entries = new Map<string, number>(plan.lists.map(({ name, entries }) => [name, entries]));
  const coverage = plan.fields.flatMap((field) => toCoverage(field, entries, input));
  return {
    tool: packageJson.name,
    version: packageJson.version,
    started: started.toISOString(),
    finished: finished.toISOString(),
    source,
    read,
    values: toValues(selection, tally),
    lists: plan.lists.map(({ name, entries }) => toChange(name, entries, changes)),
    ...toShares(selection, tally),
    scores: toScores(tally),
    coverage,
    off: toOffRows(coverage, site),
  };
}

function toValues(selection: Selection, { kinds, sources }: Tally): Report['values'] {
  const { values, skippedValues, skipped } = selection;
  const listed = new Map<string, number>();
  for (const { list } of skippedValues.listings()) addTo(listed, list, 1);
  return {
    in: values.length,
    out: Object.values(skipped).reduce((sum, count) => sum + count, 0),
    kinds,
    sources,
    skipped,
    examples: findExamples(selection),
    listed: toTop(listed),
  };
}

function toChange(name: string, entries: number, changes: ReportInput['changes']): ListChange {
  const { added = null, removed = null } = changes?.[name] ?? {};
  return { name, entries, added, removed };
}

function toCoverage(
  field: EventField,
  entries: ReadonlyMap<string, number>,
  { plan, site }: ReportInput,
): CoverageRow[] {
  const { list, ruleField, key } = field;
  const gates = plan.gates.trees.filter((tree) => tree.field === key).flatMap((tree) => tree.gates).length;
  const count = list === null ? 0 : (entries.get(list) ?? 0);
  return field.events.map(({ source, row, event, ruleId }) => {
    const counted = { source, row, event, field: ruleField, list, rule: ruleId, entries: count, gates };
    return { ...counted, ...toRowFacts(counted, site) };
  });
}

/** The most names in a table; more of them would not help a reader. */
const topNames = 20;

/** Returns the names of an object's traits, with a text for an object that has none. */
const namesOf = {
  authors: ({ author }) => [author ?? 'no author'],
  labels: ({ labels }) => (labels.length > 0 ? labels : ['no label']),
  markings: ({ markings }) => (markings.length > 0 ? markings : ['no marking']),
} as const satisfies Record<string, (traits: Traits) => readonly string[]>;

/** Counts the traits of the objects that decided for the values that are in. */
function toShares(
  { traits }: Selection,
  tallied: Tally,
): Pick<Report, 'authors' | 'labels' | 'markings' | 'ages'> {
  // Combinations are counted first: there are few of them, and many values.
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

function addTo(counts: Map<string, number>, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count);
}

function toTop(counts: ReadonlyMap<string, number>): Share[] {
  return [...counts]
    .map(([name, count]) => ({ name, count }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
    .slice(0, topNames);
}

function toScores({ scores }: Tally): Share[] {
  return scores.map((count, place) => {
    const to = place === scores.length - 1 ? 100 : place * 10 + 9;
    return { name: `${place * 10}-${to}`, count };
  });
}

const bucketCount = 10;

/** The counts of a report about millions of values. */
export interface Tally {
  /** The kinds that occur, in the order in which lists are made. */
  readonly kinds: readonly { readonly kind: ObservableKind; readonly in: number; readonly out: number }[];
  /** The types of the objects that decided for the values that are in. */
  readonly sources: { readonly observable: number; readonly indicator: number };
  /** The values that are in, by tens of their scores; 100 is counted with 90 to 99. */
  readonly scores: readonly number[];
  /** The values that are in, by the position of their traits in those of the selection. */
  readonly traits: Uint32Array;
}

/** Counts all values in one pass over the columns: making an object for each value would take ten times as long. */
function tallyValues({ values, skippedValues, traits }: Selection): Tally {
  const { objects } = values;
  const { kinds } = objects.values.columns();
  const { flags: states, scores } = objects.columns();
  const counts = {
    in: new Uint32Array(storedKinds.length),
    out: new Uint32Array(storedKinds.length),
    scores: new Uint32Array(bucketCount),
    traits: new Uint32Array(traits.length),
  };
  let indicators = 0;
  for (const value of values.numbers()) {
    const object = values.objectOf(value);
    increment(counts.in, kinds[value] as number);
    increment(counts.scores, Math.min(bucketCount - 1, Math.floor((scores[object] as number) / bucketCount)));
    increment(counts.traits, values.traits[object] as number);
    if (((states[object] as number) & flags.indicator) !== 0) indicators += 1;
  }
  for (const value of skippedValues.numbers()) increment(counts.out, kinds[value] as number);
  return {
    kinds: storedKinds.flatMap((kind, number) => {
      const [inside = 0, outside = 0] = [counts.in[number], counts.out[number]];
      return kind === 'other-hash' || inside + outside === 0 ? [] : [{ kind, in: inside, out: outside }];
    }),
    sources: { observable: values.length - indicators, indicator: indicators },
    scores: [...counts.scores],
    traits: counts.traits,
  };
}

function increment(counts: Uint32Array, place: number): void {
  counts[place] = (counts[place] as number) + 1;
}
