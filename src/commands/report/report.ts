import type { Selection } from '../../compile/select.ts';
import type { Age } from '../../compile/value-set.ts';
import { flags, type ObjectStore, reasonNames } from '../../store/object-store.ts';
import type { ObservableKind } from '../../values/kinds.ts';
import type { SkipReason } from '../../values/skip-reasons.ts';
import type { SourceName } from '../../wazuh/fields.ts';

/** A name, and how many values have it. */
export interface Share {
  readonly name: string;
  readonly count: number;
}

/** The entries of a list, and how they changed; null: there was no earlier set to compare with. */
export interface ListChange {
  readonly name: string;
  readonly entries: number;
  readonly added: number | null;
  readonly removed: number | null;
}

/** A row of the event table that is on at this site, or a field of the site. */
export interface CoverageRow {
  /** In a report of an earlier version `windows` or `linux` in place of `sysmon` and `sysmon_linux`. */
  readonly source: SourceName | 'windows' | 'linux';
  /** Its name in the configuration; not there in reports of earlier versions. */
  readonly row?: string;
  /** Windows's event number, or the id of the stock rule for FIM; null: the events have none. */
  readonly event: number | null;
  readonly field: string;
  /** Null: patterns alone match the field. */
  readonly list: string | null;
  /** The alert rule of the row. */
  readonly rule: number;
  readonly entries: number;
  /** The number of rules that match values which no list can match: composite hashes, subdomains, networks. */
  readonly gates: number;
  /** `ossec.conf` declares the list; null: not known, as in an export. */
  readonly declared: boolean | null;
  /** Whether events with the field are among the last lines of the manager's event logs. */
  readonly seen: 'yes' | 'no' | 'unknown';
  /** ISO 8601. */
  readonly last_seen: string | null;
  /**
   * `not-configured`: `ossec.conf` does not declare the list; `empty`: no value is of the field's kinds; `not-loaded`:
   * it is not known that an engine has the set, as in an export, or the engine needs a restart.
   */
  readonly state: 'active' | 'empty' | 'not-configured' | 'not-loaded';
}

/** A row that is not in the rules: it is off, or a decoder that it needs is not there. */
export interface OffRow extends Pick<CoverageRow, 'seen' | 'last_seen'> {
  readonly source: SourceName;
  readonly row: string;
}

/** `report.json`: what one run did. Other programs read it; keys only grow. */
export interface Report {
  readonly tool: string;
  readonly version: string;
  readonly started: string;
  readonly finished: string;
  readonly source: {
    readonly url: string;
    readonly version: string;
    readonly user: string;
    readonly markings: readonly string[];
  };
  readonly read: {
    readonly observables: number;
    readonly indicators: number;
    readonly requests: number;
    readonly bytes: number;
  };
  readonly values: {
    readonly in: number;
    readonly out: number;
    /** Texts that are out and never became a value have no kind. */
    readonly kinds: readonly { readonly kind: ObservableKind; readonly in: number; readonly out: number }[];
    /** The types of the objects that decided for the values that are in. */
    readonly sources: { readonly observable: number; readonly indicator: number };
    readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
    /** Some values of each reason; missing in reports of earlier versions. */
    readonly examples?: Examples;
    /** The allow files and warning lists, with the number of values that each of them took out. */
    readonly listed: readonly Share[];
  };
  readonly lists: readonly ListChange[];
  /**
   * The authors of the objects that decided for the values that are in; the most frequent first. Labels and markings
   * are counted in the same way.
   */
  readonly authors: readonly Share[];
  readonly labels: readonly Share[];
  readonly markings: readonly Share[];
  /** Scores 0-9, 10-19, ..., 90-100. */
  readonly scores: readonly Share[];
  readonly ages: readonly { readonly name: Age; readonly count: number }[];
  readonly coverage: readonly CoverageRow[];
  /** Not there in reports of earlier versions. */
  readonly off?: readonly OffRow[];
}

export const reportFile = 'report.json';
/** The decisions of the run, one for each value, for `explain --offline`. */
export const valuesFile = 'values.tsv';

/** A value that is out, and the object of OpenCTI that it is about. */
export interface Example {
  /** Null: the object has a text that is no value, and the text is not kept. */
  readonly value: string | null;
  /** OpenCTI's internal id; null: no object decided about the value. */
  readonly id: string | null;
}

export type Examples = Readonly<Partial<Record<SkipReason, readonly Example[]>>>;

/** The number of examples of each reason. They show what is meant; `explain` has the rest. */
const perReason = 3;

/** Returns some values of each reason, in the order in which they were read. */
export function findExamples(selection: Selection): Examples {
  const found = new Map<SkipReason, Example[]>();
  const add = (reason: SkipReason, toExample: () => Example) => {
    const known = found.get(reason) ?? [];
    if (known.length === perReason) return;
    const example = toExample();
    const isNew = known.every(({ value, id }) => value !== example.value || id !== example.id);
    if (isNew) found.set(reason, [...known, example]);
  };
  addValues(selection, add);
  addTexts(selection.values.objects, add);
  return Object.fromEntries(found);
}

/** Adds an example; it is made only when one more is needed. */
type Add = (reason: SkipReason, toExample: () => Example) => void;

function addValues({ values: { objects }, skippedValues }: Selection, add: Add): void {
  for (const value of skippedValues.numbers()) {
    add(skippedValues.reasonOf(value), () => {
      const object = skippedValues.objectOf(value);
      return { value: objects.values.textAt(value), id: object < 0 ? null : objects.ids.at(object) };
    });
  }
}

/** Adds examples of texts that are no values: only the reason is known, and the object with the text. */
function addTexts({ ids, size, columns }: ObjectStore, add: Add): void {
  const { flags: states, linkStarts, links } = columns();
  for (let object = 0; object < size; object += 1) {
    if (((states[object] as number) & flags.gone) !== 0) continue;
    for (let at = linkStarts[object] as number; at < (linkStarts[object + 1] as number); at += 1) {
      const reason = reasonNames[-1 - (links[at] as number)];
      if (reason !== undefined) add(reason, () => ({ value: null, id: ids.at(object) }));
    }
  }
}

/**
 * Returns the page of an object in OpenCTI's own interface (5.12 to 7.260817).
 * @param url of the platform, as a report has it.
 * @returns null: the report has no web address.
 */
export function toObjectUrl(url: string, id: string | null): string | null {
  if (id === null || !/^https?:\/\//.test(url)) return null;
  return `${url.replace(/\/graphql$/, '').replace(/\/+$/, '')}/dashboard/id/${encodeURIComponent(id)}`;
}
