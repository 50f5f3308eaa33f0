import { basename } from 'node:path';
import { allFields, type EventField } from '../../wazuh/fields.ts';
import { tryOpenOssecConf } from '../../wazuh/ossec-conf/read.ts';
import { findSeenRows, type SeenRow, type SeenRows } from '../../wazuh/seen-rows.ts';
import type { CoverageRow, OffRow, Report } from './report.ts';

/** The facts that only a manager has: the lists that it declares, and the events that it gets. */
export interface SiteFacts {
  readonly declaredLists: ReadonlySet<string>;
  /** The engine has loaded the set that the last refresh published. */
  readonly isLoaded: boolean;
  readonly seen: SeenRows;
}

/**
 * Null: there is no manager here, or its configuration is not to be read.
 * @param isLoaded see `SiteFacts`.
 * @param fields those of the site (`sources.custom`) among them.
 */
export function findSiteFacts(
  home: string,
  isLoaded: boolean,
  fields: readonly EventField[],
): SiteFacts | null {
  const conf = tryOpenOssecConf(home);
  if (conf === null) return null;
  const declaredLists = new Set(conf.lists.map((path) => basename(path)));
  return { declaredLists, isLoaded, seen: findSeenRows(home, withTable(fields)) };
}

export type RowFacts = Pick<CoverageRow, 'declared' | 'seen' | 'last_seen' | 'state'>;

/** Returns the facts about a row. @param site null: not known. */
export function toRowFacts(
  { list, rule, entries, gates }: Pick<CoverageRow, 'list' | 'rule' | 'entries' | 'gates'>,
  site: SiteFacts | null,
): RowFacts {
  // What patterns alone match needs no list.
  const declared = list === null ? null : (site?.declaredLists.has(list) ?? null);
  const { seen = 'unknown', lastSeen = null } = site?.seen.get(rule) ?? {};
  const compiled = site?.isLoaded ? 'active' : 'not-loaded';
  const filled = entries + gates > 0 ? compiled : 'empty';
  return { declared, seen, last_seen: lastSeen, state: declared === false ? 'not-configured' : filled };
}

/** The report of a run with the site as it is now, where it can be looked at. @param fields see `findSiteFacts`. */
export function withSiteOfNow(
  report: Report,
  home: string,
  isLoaded: boolean,
  fields: readonly EventField[],
): Report {
  const site = findSiteFacts(home, isLoaded, fields);
  if (site === null) return report;
  const coverage = report.coverage.map((row) => ({ ...row, ...toRowFacts(row, site) }));
  return { ...report, coverage, off: toOffRows(coverage, site) };
}

/** The whole table, whatever is on: what is off is looked for, too. */
function withTable(fields: readonly EventField[]): readonly EventField[] {
  const known = new Set(allFields.map(({ key }) => key));
  return [...allFields, ...fields.filter(({ key }) => !known.has(key))];
}

/** The rows of the table of which no rule is in the coverage, in the order of the table. @param site null: not known. */
export function toOffRows(coverage: readonly CoverageRow[], site: SiteFacts | null): OffRow[] {
  const on = new Set(coverage.map(({ rule }) => rule));
  const rows = new Map<string, { isOn: boolean; off: OffRow }>();
  for (const { source, row, ruleId } of allFields.flatMap(({ events }) => events)) {
    const name = `${source} ${row}`;
    const { isOn = false, off = null } = rows.get(name) ?? {};
    const seen = latest(off, site?.seen.get(ruleId));
    rows.set(name, { isOn: isOn || on.has(ruleId), off: { source, row, ...seen } });
  }
  return [...rows.values()].flatMap(({ isOn, off }) => (isOn ? [] : [off]));
}

function latest(
  known: Pick<OffRow, 'seen' | 'last_seen'> | null,
  { seen, lastSeen }: SeenRow = { seen: 'unknown', lastSeen: null },
): Pick<OffRow, 'seen' | 'last_seen'> {
  const isLater = known?.seen !== 'yes' || (seen === 'yes' && (lastSeen ?? '') > (known.last_seen ?? ''));
  return isLater ? { seen, last_seen: lastSeen } : { seen: 'yes', last_seen: known.last_seen };
}
