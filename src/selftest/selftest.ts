import { randomBytes } from 'node:crypto';
import type { Config } from '../config/config.ts';
import { KnownError } from '../errors.ts';
import { openQueue } from '../wazuh/queue/send.ts';
import { moveMessageRuleIds } from '../wazuh/rule-ids.ts';
import { type AlertWatch, type SeenAlert, watchAlerts } from './await-alerts.ts';
import { checkOutput } from './check-output.ts';
import { createDiagnosis } from './diagnose.ts';
import { diagnoseIntegration } from './diagnose-integration.ts';
import type { Diagnosis } from './diagnose-rules.ts';
import { type SelftestEvent, toSelftestEvents } from './selftest-event.ts';

export interface SelftestSettings {
  readonly syscheck: boolean;
  readonly integration: boolean;
  /** Milliseconds until what did not come counts as lost. */
  readonly patience: number;
}

/** What came of one event. */
export interface SelftestRow {
  readonly event: SelftestEvent;
  /** `shadowed`: the event raised another alert, or another rule ends it in silence. */
  readonly outcome: 'fired' | 'shadowed' | 'silent';
  /** The rule that took its place. */
  readonly shadow: number | null;
  readonly diagnosis: Pick<Diagnosis, 'cause' | 'next'> | null;
  /** Null: it was not waited for. */
  readonly context: 'came' | 'missing' | null;
}

/**
 * Sends an event for each row through the engine of this manager, and waits for what comes of it.
 * @throws KnownError when the engine takes no messages.
 */
export async function selftest(config: Config, settings: SelftestSettings): Promise<SelftestRow[]> {
  const { gates, rules, wazuh } = config;
  const { home } = wazuh;
  checkOutput(home);
  const token = `opencti-selftest-${randomBytes(6).toString('hex')}`;
  const events = toSelftestEvents({ gates, rules, token, syscheck: settings.syscheck });
  const watch = watchAlerts(home, [token, '"canary":"true"']);
  try {
    await send(home, events, settings.patience);
    return await collect(watch, events, config, settings);
  } finally {
    watch.close();
  }
}

async function collect(
  watch: AlertWatch,
  events: readonly SelftestEvent[],
  config: Config,
  settings: SelftestSettings,
): Promise<SelftestRow[]> {
  const isSeen = (alerts: readonly SeenAlert[]) => events.every((event) => findAlert(alerts, event));
  const seen = await watch.until(isSeen, settings.patience);
  const alerts = new Map(events.map((event) => [event, findAlert(seen, event)]));
  const contextRule = moveMessageRuleIds(config.rules.blocks).canaryContext;
  const answers = settings.integration ? await awaitContexts(watch, alerts, contextRule, settings) : null;
  const isWell = [...alerts].every(([event, alert]) => alert?.ruleId === event.ruleId);
  const diagnose = isWell ? null : createDiagnosis(config);
  const rows = events.map((event) => {
    const alert = alerts.get(event);
    const came = alert !== undefined && (answers?.has(alert.id) ?? false);
    const context = answers === null ? null : came ? ('came' as const) : ('missing' as const);
    return { ...toRow(event, alert, diagnose), context };
  });
  const isUnanswered = ({ outcome, context }: SelftestRow) => outcome === 'fired' && context === 'missing';
  if (!rows.some(isUnanswered)) return rows;
  const diagnosis = diagnoseIntegration(config);
  return rows.map((row) => (isUnanswered(row) ? { ...row, diagnosis } : row));
}

/** A queue that is full for a while is one of a busy engine. */
async function send(home: string, events: readonly SelftestEvent[], patience: number): Promise<void> {
  const deadline = performance.now() + patience;
  const isFull = (problem: string | null) => problem?.endsWith('EAGAIN') ?? false;
  const queue = await openQueue(home);
  for (const { message } of events) {
    let problem = await queue.sendPatiently(message);
    while (isFull(problem) && performance.now() < deadline) problem = await queue.sendPatiently(message);
    if (problem === null) continue;
    const next = isFull(problem)
      ? 'its queue stays full; see "queue" in logs/ossec.log, or give it longer with --timeout'
      : 'is Wazuh running? See bin/wazuh-control status';
    throw new KnownError(`the engine takes no event (${problem}): ${next}`);
  }
}

/** The token of event 1 is the beginning of that of event 10. */
function findAlert(alerts: readonly SeenAlert[], { token }: SelftestEvent): SeenAlert | undefined {
  const whole = new RegExp(`${token}(?!\\d)`);
  return alerts.find(({ text, answers }) => answers === null && whole.test(text));
}

async function awaitContexts(
  watch: AlertWatch,
  alerts: ReadonlyMap<SelftestEvent, SeenAlert | undefined>,
  contextRule: number,
  { patience }: SelftestSettings,
): Promise<ReadonlySet<string>> {
  const wanted = [...alerts].flatMap(([event, alert]) => (alert?.ruleId === event.ruleId ? [alert.id] : []));
  const answered = (seen: readonly SeenAlert[]) =>
    new Set(seen.flatMap(({ ruleId, answers }) => (ruleId === contextRule && answers ? [answers] : [])));
  const seen = await watch.until((each) => {
    const ids = answered(each);
    return wanted.every((id) => ids.has(id));
  }, patience);
  return answered(seen);
}

function toRow(
  event: SelftestEvent,
  alert: SeenAlert | undefined,
  diagnose: ((event: SelftestEvent) => Diagnosis) | null,
): Omit<SelftestRow, 'context'> {
  if (alert?.ruleId === event.ruleId || diagnose === null)
    return { event, outcome: 'fired', shadow: null, diagnosis: null };
  const diagnosis = diagnose(event);
  const shadow = alert?.ruleId ?? diagnosis.shadow;
  return { event, outcome: shadow === null ? 'silent' : 'shadowed', shadow, diagnosis };
}
