import { hasEvent, parseAlert } from './alert.ts';
import { allFields, type EventField, type SourceName, sourceNames, toSource } from './fields.ts';
import { type EventLog, eventLogs, readLastEvents } from './log-end.ts';

/** Whether events of a row reach the engine, by the last lines of its event logs. */
export interface SeenRow {
  readonly seen: 'yes' | 'no' | 'unknown';
  /** ISO 8601. */
  readonly lastSeen: string | null;
}

/** The rows, by the ids of their alert rules. */
export type SeenRows = ReadonlyMap<number, SeenRow>;

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
      const wouldShow = toSource(source).shownBy.some((log) => written.has(log));
      return [ruleId, toSeen(times.get(ruleId), wouldShow)] as const;
    }),
  );
  return new Map(rows);
}

function toSeen(time: string | undefined, wouldShow: boolean): SeenRow {
  if (time !== undefined) return { seen: 'yes', lastSeen: time === '' ? null : time };
  return { seen: wouldShow ? 'no' : 'unknown', lastSeen: null };
}

/** In bytes. A source that writes little, or seldom, is to be found as well: some hours or days of most sites. */
const lookedAt = 64 * 2 ** 20;

/**
 * Returns the sources of which the last 64 MB of an event log have an event with a looked-up field, with the first such
 * log, in the order of the table. It takes seconds on a manager with full logs.
 * @param home the Wazuh home.
 */
export function findSeenSources(home: string): ReadonlyMap<SourceName, EventLog> {
  const readRows = createReader(allFields);
  const found = new Map<SourceName, EventLog>();
  for (const log of Object.keys(eventLogs) as EventLog[])
    for (const line of readLastEvents(home, log, lookedAt))
      for (const { source } of readRows(line, (each) => !found.has(each))) found.set(source, log);
  return new Map(
    sourceNames.flatMap((name) => {
      const log = found.get(name);
      return log === undefined ? [] : [[name, log] as const];
    }),
  );
}

function noteTime(times: Map<number, string>, rule: number, time: string): void {
  const known = times.get(rule);
  if (known === undefined || known < time) times.set(rule, time);
}

interface FoundRow {
  readonly source: SourceName;
  readonly rule: number;
  /** ISO 8601, or empty. */
  readonly time: string;
}

/** Gives the rows of which a line has an event, field and all. @param wants of which sources. Default: all. */
type Reader = (line: string, wants?: (source: SourceName) => boolean) => readonly FoundRow[];

/**
 * Parsing costs a hundred times more than a look at the names of the fields that a line has, and most lines have none that
 * is looked up.
 */
function createReader(fields: readonly EventField[]): Reader {
  const byName = new Map<string, EventField[]>();
  for (const field of fields)
    for (const name of new Set(field.alertPaths.map(toLastName)))
      byName.set(name, [...(byName.get(name) ?? []), field]);
  const names = new RegExp(`"(${[...byName.keys()].join('|')})"`, 'g');
  return (line, wants = () => true) => {
    const found = new Set(Array.from(line.matchAll(names), ([, name = '']) => name));
    const named = [...new Set([...found].flatMap((name) => byName.get(name) ?? []))];
    const looked = named.filter(({ events }) => events.some(({ source }) => wants(source)));
    return looked.length === 0 ? [] : readRows(line, looked, wants);
  };
}

/** A name of a field has letters, digits, `_` and `-`: none of them means anything in a pattern. */
const toLastName = (path: string): string => path.slice(path.lastIndexOf('.') + 1);

function readRows(
  line: string,
  fields: readonly EventField[],
  wants: (source: SourceName) => boolean,
): FoundRow[] {
  const alert = tryParse(line);
  if (alert === null) return [];
  const time = toIso(alert.textAt('timestamp'));
  return fields.flatMap((field) =>
    field.events
      .filter((event) => wants(event.source) && hasEvent(alert, field, event))
      .map(({ source, ruleId }) => ({ source, rule: ruleId, time })),
  );
}

function tryParse(line: string): ReturnType<typeof parseAlert> | null {
  try {
    return parseAlert(line, 'a line');
  } catch {
    // The last line may not be complete yet.
    return null;
  }
}

/** Reads `2026-11-24T05:00:12.500+0000`; empty: there is none that can be read. */
function toIso(timestamp: string | null): string {
  const time = Date.parse(timestamp ?? '');
  return Number.isNaN(time) ? '' : new Date(time).toISOString();
}
