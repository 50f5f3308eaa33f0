import { basename } from 'node:path';
import { hasEvent, parseAlert } from '../../wazuh/alert.ts';
import { allFields, toSource } from '../../wazuh/fields.ts';
import { type EventLog, eventLogs, readLastEvents } from '../../wazuh/log-end.ts';
import { tryOpenOssecConf } from '../../wazuh/ossec-conf/read.ts';
import type { CoverageRow, Report } from './report.ts';

/** The facts that only a manager has: the lists that it declares, and the events that it gets. */
export interface SiteFacts {
  readonly declaredLists: ReadonlySet<string>;
  /** The engine has loaded the set that the last refresh published. */
  readonly isLoaded: boolean;
  readonly seen: SeenRows;
}

/**
 * Returns the facts of a manager; null: there is no manager here, or its configuration cannot be read. @param isLoaded
 * see `SiteFacts`.
 */
export function findSiteFacts(home: string, isLoaded: boolean): SiteFacts | null {
  const conf = tryOpenOssecConf(home);
  if (conf === null) return null;
  const declaredLists = new Set(conf.lists.map((path) => basename(path)));
  return { declaredLists, isLoaded, seen: findSeenRows(home) };
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

/** Returns the report of a run with the present facts of the site, if they can be read. */
export function withSiteOfNow(report: Report, home: string, isLoaded: boolean): Report {
  const site = findSiteFacts(home, isLoaded);
  if (site === null) return report;
  return { ...report, coverage: report.coverage.map((row) => ({ ...row, ...toRowFacts(row, site) })) };
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

/** Returns the rows whose events are in the event logs. @param home the Wazuh home. */
export function findSeenRows(home: string): SeenRows {
  const written = new Set<EventLog>();
  const times = new Map<number, string>();
  for (const log of Object.keys(eventLogs) as EventLog[]) {
    for (const line of readLastEvents(home, log)) {
      written.add(log);
      for (const { rule, time } of readRows(line)) noteTime(times, rule, time);
    }
  }
  const rows = allFields.flatMap(({ events }) =>
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

/** Returns the rows whose event, with the field, is in a line. */
function readRows(line: string): { readonly rule: number; readonly time: string }[] {
  const alert = tryParse(line);
  if (alert === null) return [];
  const time = toIso(alert.textAt('timestamp'));
  return allFields.flatMap((field) =>
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
