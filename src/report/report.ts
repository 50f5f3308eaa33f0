import type { Age } from '../compile/traits.ts';
import type { ObservableKind } from '../observable/kinds.ts';
import type { SkipReason } from '../observable/skip-reasons.ts';

import type { Examples } from './examples.ts';

/** How often something has it. */
export interface Share {
  readonly name: string;
  readonly count: number;
}

/** Entries of a list, and how they changed; null: there was no earlier set to compare with. */
export interface ListChange {
  readonly name: string;
  readonly entries: number;
  readonly added: number | null;
  readonly removed: number | null;
}

/** A row of the event table at this site. */
export interface CoverageRow {
  readonly source: 'windows' | 'linux' | 'fim';
  /** Sysmon's event number, or the id of the stock rule for FIM. */
  readonly event: number;
  readonly field: string;
  readonly list: string;
  /** The alert rule of the row. */
  readonly rule: number;
  readonly entries: number;
  /** Rules that match what no list can: composite hashes, subdomains, networks. */
  readonly gates: number;
  /** `ossec.conf` names the list; null: not known, as of an export. */
  readonly declared: boolean | null;
  /** Events with the field, in the ends of the manager's event logs. */
  readonly seen: 'yes' | 'no' | 'unknown';
  /** ISO 8601. */
  readonly last_seen: string | null;
  /**
   * `not-configured`: `ossec.conf` does not name the list; `empty`: no value is of the field's kinds; `not-loaded`: no
   * engine is known to have the set, as of an export, or of one that waits for a restart.
   */
  readonly state: 'active' | 'empty' | 'not-configured' | 'not-loaded';
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
    /** Of the values that are out, texts that never became one have no kind. */
    readonly kinds: readonly { readonly kind: ObservableKind; readonly in: number; readonly out: number }[];
    /** What decided for the values that are in. */
    readonly sources: { readonly observable: number; readonly indicator: number };
    readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
    /** Some values of each reason; not there in reports of before. */
    readonly examples?: Examples;
    /** Which allow file or warning list took how many values out. */
    readonly listed: readonly Share[];
  };
  readonly lists: readonly ListChange[];
  /** Of the objects that decided for the values that are in; the most frequent first. */
  readonly authors: readonly Share[];
  readonly labels: readonly Share[];
  readonly markings: readonly Share[];
  /** Scores 0-9, 10-19, ..., 90-100. */
  readonly scores: readonly Share[];
  readonly ages: readonly { readonly name: Age; readonly count: number }[];
  readonly coverage: readonly CoverageRow[];
}

export const reportFile = 'report.json';
/** The decisions of the run, one a value, for `explain --offline`. */
export const valuesFile = 'values.tsv';
