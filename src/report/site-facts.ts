import { basename } from 'node:path';
import { tryOpenOssecConf } from '../wazuh/ossec-conf/open-ossec-conf.ts';
import type { CoverageRow, Report } from './report.ts';
import { findSeenRows, type SeenRows } from './seen-rows.ts';

/** What only a manager can tell: which lists it declares, which events it gets. */
export interface SiteFacts {
  readonly declaredLists: ReadonlySet<string>;
  /** The engine has the set that the last refresh published. */
  readonly isLoaded: boolean;
  readonly seen: SeenRows;
}

/** Null: there is no manager here, or its configuration is not to be read. @param isLoaded see `SiteFacts`. */
export function findSiteFacts(home: string, isLoaded: boolean): SiteFacts | null {
  const conf = tryOpenOssecConf(home);
  if (conf === null) return null;
  const declaredLists = new Set(conf.lists.map((path) => basename(path)));
  return { declaredLists, isLoaded, seen: findSeenRows(home) };
}

export type RowFacts = Pick<CoverageRow, 'declared' | 'seen' | 'last_seen' | 'state'>;

/** @param site null: not known. */
export function toRowFacts(
  { list, rule, entries, gates }: Pick<CoverageRow, 'list' | 'rule' | 'entries' | 'gates'>,
  site: SiteFacts | null,
): RowFacts {
  const declared = site?.declaredLists.has(list) ?? null;
  const { seen = 'unknown', lastSeen = null } = site?.seen.get(rule) ?? {};
  const compiled = site?.isLoaded ? 'active' : 'not-loaded';
  const filled = entries + gates > 0 ? compiled : 'empty';
  return { declared, seen, last_seen: lastSeen, state: declared === false ? 'not-configured' : filled };
}

/** The report of a run with the site as it is now, where it can be looked at. */
export function withSiteOfNow(report: Report, home: string, isLoaded: boolean): Report {
  const site = findSiteFacts(home, isLoaded);
  if (site === null) return report;
  return { ...report, coverage: report.coverage.map((row) => ({ ...row, ...toRowFacts(row, site) })) };
}
