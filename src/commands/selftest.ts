import { loadConfig } from '../config/load-config.ts';
import { toPlainJson } from '../plain-text.ts';
import { type SelftestRow, selftest } from '../selftest/selftest.ts';
import { formatTable } from './format.ts';
import { printText } from './print.ts';

export interface SelftestArguments {
  readonly config?: string | undefined;
  /** Waits for the event of the integration too. */
  readonly integration: boolean;
  /** Sends FIM events too. */
  readonly syscheck: boolean;
  /** Seconds. */
  readonly timeout: number;
  readonly json: boolean;
}

/** Exit code 0: each row fired; 1: not all of them. */
export async function runSelftest(options: SelftestArguments): Promise<void> {
  const config = loadConfig({ file: options.config, environment: process.env });
  const { integration, syscheck, timeout, json } = options;
  const rows = await selftest(config, { integration, syscheck, patience: timeout * 1_000 });
  printText(json ? toPlainJson(rows.map(toPlain)) : formatSelftest(rows, syscheck));
  if (!rows.every(isGood)) process.exitCode = 1;
}

function isGood({ outcome, context }: SelftestRow): boolean {
  return outcome === 'fired' && context !== 'missing';
}

const sources = { windows: 'Sysmon', linux: 'Sysmon for Linux', fim: 'syscheck' } as const;

function formatSelftest(rows: readonly SelftestRow[], syscheck: boolean): string {
  const table = formatTable(
    rows.map(({ event, outcome, shadow, context }) => [
      `${sources[event.source]} ${event.event}`,
      event.field.ruleField,
      event.spelling,
      `rule ${event.alertRule}`,
      outcome === 'shadowed' ? `shadowed by rule ${shadow}` : outcome,
      context === null ? '' : `context ${context}`,
    ]),
  );
  const good = rows.filter(isGood).length;
  return [
    'Events that went through the engine, and what came of them',
    table,
    ...formatCauses(rows),
    '',
    `${good} of ${rows.length} rows fired${syscheck ? '' : '; the rows of syscheck are not asked without --syscheck'}`,
  ].join('\n');
}

/** Many rows have one cause: it is told once. */
function formatCauses(rows: readonly SelftestRow[]): string[] {
  const causes = new Map<string, { next: string; rows: string[] }>();
  for (const { event, diagnosis } of rows) {
    if (diagnosis === null) continue;
    const entry = causes.get(diagnosis.cause) ?? { next: diagnosis.next, rows: [] };
    entry.rows.push(`${event.event} ${event.field.ruleField} (${event.spelling})`);
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
