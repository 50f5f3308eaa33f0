import packageJson from '../../package.json' with { type: 'json' };
import type { Plan } from '../compile/plan.ts';
import type { Selection } from '../compile/selection.ts';
import { type EventField, eventFields } from '../wazuh/fields.ts';
import { findExamples } from './examples.ts';
import type { CoverageRow, ListChange, Report } from './report.ts';
import { addTo, toScores, toShares, toTop } from './shares.ts';
import { type SiteFacts, toRowFacts } from './site-facts.ts';
import { type Tally, tallyValues } from './tally.ts';

export interface ReportInput {
  readonly started: Date;
  readonly finished: Date;
  readonly source: Report['source'];
  readonly read: Report['read'];
  readonly selection: Selection;
  readonly plan: Pick<Plan, 'lists' | 'gates'>;
  /** By the name of a list; null: there is no earlier set. */
  readonly changes: Readonly<Record<string, { readonly added: number; readonly removed: number }>> | null;
  /** Null: not known here. */
  readonly site: SiteFacts | null;
}

/** All that a run can tell of itself. Pure. */
export function toReport(input: ReportInput): Report {
  const { selection, plan, changes, source, read, started, finished } = input;
  const tally = tallyValues(selection);
  const entries = new Map<string, number>(plan.lists.map(({ name, entries }) => [name, entries]));
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
    coverage: eventFields.flatMap((field) => toCoverage(field, entries, input)),
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
  const count = entries.get(list) ?? 0;
  return field.events.map(({ source, event, ruleId }) => {
    const row = { source, event, field: ruleField, list, rule: ruleId, entries: count, gates };
    return { ...row, ...toRowFacts(row, site) };
  });
}
