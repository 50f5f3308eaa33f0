import { basename } from 'node:path';
import { hasEvent, parseAlert } from '../../wazuh/alert.ts';
import { allFields, type EventField, toSource } from '../../wazuh/fields.ts';
import { type EventLog, eventLogs, readLastEvents } from '../../wazuh/log-end.ts';
import { tryOpenOssecConf } from '../../wazuh/ossec-conf/read.ts';
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

/** Whether events of a row reach the engine, by the last lines of its event logs. */
export interface SeenRow {
  readonly seen: 'yes' | 'no' | 'unknown';
  /** ISO 8601. */
  readonly lastSeen: string | null;
}

/** The rows, by the ids of their alert rules. */
export type SeenRows = ReadonlyMap<number, SeenRow>;

type Alert = ReturnType<typeof parseAlert>;

/** @param home the Wazuh home. @param fields default: those of the table. */
export function findSeenRows(home: string, fields: readonly EventField[] = allFields): SeenRows {
  const readRows = createReader(fields);
  const written = new Set<EventLog>();
  const times = new Map<number, string>();
  for (const log of Object.keys(eventLogs) as EventLog[]) {
    for (const line of readLastEvents(home, log)) {
      written.add(log);
      for (const { rule, time } of readRows(line)) noteTime(times, rule, time);
    }
  }
  const rows = fields.flatMap(({ events }) =>
    events.map(({ source, ruleId }) => {
      const wouldTell = toSource(source).shownBy.some((log) => written.has(log));
      return [ruleId, toSeen(times.get(ruleId), wouldTell)] as const;
    }),
  );
  return new Map(rows);
}

function toSeen(time: string | undefined, wouldTell: boolean): SeenRow {
  if (time !== undefined) return { seen: 'yes', lastSeen: time === '' ? null : time };
  return { seen: wouldTell ? 'no' : 'unknown', lastSeen: null };
}

function noteTime(times: Map<number, string>, rule: number, time: string): void {
  const known = times.get(rule);
  if (known === undefined || known < time) times.set(rule, time);
}

interface ReadRow {
  readonly rule: number;
  /** ISO 8601, or empty. */
  readonly time: string;
}

/**
 * Returns a function that gives the rows of which a line has an event, field and all. Parsing costs a hundred times more
 * than a look at the names of the fields that a line has, and most lines have none that is looked up.
 */
function createReader(fields: readonly EventField[]): (line: string) => readonly ReadRow[] {
  const byName = new Map<string, EventField[]>();
  for (const field of fields)
    for (const name of new Set(field.alertPaths.map(toLastName)))
      byName.set(name, [...(byName.get(name) ?? []), field]);
  const names = new RegExp(`"(${[...byName.keys()].join('|')})"`, 'g');
  return (line) => {
    const found = new Set(Array.from(line.matchAll(names), ([, name = '']) => name));
    const looked = new Set([...found].flatMap((name) => byName.get(name) ?? []));
    return looked.size === 0 ? [] : readRows(line, looked);
  };
}

/** A name of a field has letters, digits, `_` and `-`: none of them means anything in a pattern. */
const toLastName = (path: string): string => path.slice(path.lastIndexOf('.') + 1);

function readRows(line: string, fields: Iterable<EventField>): ReadRow[] {
  const alert = tryParse(line);
  if (alert === null) return [];
  const time = toIso(alert.textAt('timestamp'));
  return [...fields].flatMap((field) =>
    field.events
      .filter((event) => hasEvent(alert, field, event))
      .map(({ ruleId }) => ({ rule: ruleId, time })),
  );
}

function tryParse(line: string): Alert | null {
  try {
    return parseAlert(line, 'a line');
  } catch {
    // The first line may be incomplete, and the last one may not be completely written yet.
    return null;
  }
}

/** Returns the time of a timestamp such as `2026-11-24T05:00:12.500+0000`; empty: it has no time that can be read. */
function toIso(timestamp: string | null): string {
  const time = Date.parse(timestamp ?? '');
  return Number.isNaN(time) ? '' : new Date(time).toISOString();
}
