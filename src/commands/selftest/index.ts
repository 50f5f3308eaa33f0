import { loadConfig } from '../../config/load.ts';
import { printText, type Shell } from '../../shell.ts';
import { formatTable, toPlainJson } from '../../text.ts';
import type { SelftestEvent } from './events.ts';
import { listEvents, type SelftestRow, selftest } from './selftest.ts';

export interface SelftestArguments {
  readonly config?: string | undefined;
  /** Whether to wait for the event of the integration, too. */
  readonly integration: boolean;
  /** Whether to send FIM events, too. */
  readonly syscheck: boolean;
  /** Seconds. */
  readonly timeout: number;
  readonly json: boolean;
}

/** Exit code 0: each row fired, and had its context where that was waited for; 1: not all of them. */
export async function runSelftest(options: SelftestArguments, { stdout, env }: Shell): Promise<0 | 1> {
  const config = loadConfig({ file: options.config, environment: env });
  const { integration, syscheck, timeout, json } = options;
  const settings = { integration, syscheck, patience: timeout * 1_000, environment: env };
  const events = listEvents(config, syscheck);
  const toLine = createLineFormat(events);
  if (!json) printText(stdout, 'Events that go through the engine, and what comes of them');
  const rows = await selftest(config, events, settings, (row) => {
    if (!json) printText(stdout, toLine(row));
  });
  printText(stdout, json ? toPlainJson(rows.map(toPlain)) : formatEnd(rows, options));
  return rows.every((row) => isFired(row) && hasContext(row)) ? 0 : 1;
}

function isFired({ outcome }: SelftestRow): boolean {
  return outcome === 'fired';
}

function hasContext({ context }: SelftestRow): boolean {
  return context === null || context === 'came';
}

/** Each row is printed when it is known: the widths of its columns are those of all events. */
function createLineFormat(events: readonly SelftestEvent[]): (row: SelftestRow) => string {
  const known = events.map(toCells);
  return ({ event, outcome, shadow, context }) => {
    const end = [
      outcome === 'shadowed' ? `shadowed by rule ${shadow}` : outcome,
      context === null ? '' : `context ${context}`,
    ];
    const line = [...toCells(event), ...end];
    // The other rows are only used for the widths.
    return formatTable([line, ...known.map((cells) => [...cells, outcomes, ''])]).split('\n')[0] ?? '';
  };
}

/** The width of nearly every outcome. */
const outcomes = 'fired';

function toCells({ log, field, spelling, alertRule }: SelftestEvent): string[] {
  return [log, field.ruleField, spelling, `rule ${alertRule}`];
}

function formatEnd(rows: readonly SelftestRow[], { integration, syscheck }: SelftestArguments): string {
  const fired = `${rows.filter(isFired).length} of ${rows.length} rows fired`;
  const context = `, ${rows.filter(({ context: found }) => found === 'came').length} of ${rows.length} with context`;
  const hint = syscheck ? '' : '; the rows of syscheck are not asked without --syscheck';
  return [...formatCauses(rows), '', `${fired}${integration ? context : ''}${hint}`].join('\n');
}

/** Returns the causes; many rows can have the same cause, which is reported once. */
function formatCauses(rows: readonly SelftestRow[]): string[] {
  const causes = new Map<string, { next: string; rows: string[] }>();
  for (const { event, diagnosis } of rows) {
    if (diagnosis === null) continue;
    const entry = causes.get(diagnosis.cause) ?? { next: diagnosis.next, rows: [] };
    entry.rows.push(`${event.log} ${event.field.ruleField} (${event.spelling})`);
    causes.set(diagnosis.cause, entry);
  }
  return [...causes].flatMap(([cause, { next, rows: named }]) => [
    '',
    `  ${named.join(', ')}`,
    `    likely: ${cause}`,
    `    next:   ${next}`,
  ]);
}

function toPlain({ event, outcome, shadow, diagnosis, context }: SelftestRow) {
  return {
    source: event.source,
    event: event.event,
    log: event.log,
    field: event.field.ruleField,
    spelling: event.spelling,
    rule: event.alertRule,
    outcome,
    shadow,
    context,
    cause: diagnosis?.cause ?? null,
    next: diagnosis?.next ?? null,
  };
}
