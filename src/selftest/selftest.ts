import { randomBytes } from 'node:crypto';
import type { Config } from '../config/config.ts';
import { KnownError } from '../errors.ts';
import { openQueue } from '../wazuh/queue/send.ts';
import { moveRuleIds } from '../wazuh/rule-ids.ts';
import { type AlertWatch, type SeenAlert, watchAlerts } from './await-alerts.ts';
import { createDiagnosis, type Diagnosis } from './diagnose.ts';
import { diagnoseIntegration } from './diagnose-integration.ts';
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
export async function selftest(
  { gates, rules, wazuh }: Config,
  settings: SelftestSettings,
): Promise<SelftestRow[]> {
  const { home } = wazuh;
  const token = `opencti-selftest-${randomBytes(6).toString('hex')}`;
  const events = toSelftestEvents({ gates, firstId: rules.firstId, token, syscheck: settings.syscheck });
  const watch = watchAlerts(home, [token, '"canary":"true"']);
  await send(home, events, Date.now() + settings.patience);
  const deadline = Date.now() + settings.patience;
  const seen = await watch.until((alerts) => events.every((event) => findAlert(alerts, event)), deadline);
  const alerts = new Map(events.map((event) => [event, findAlert(seen, event)]));
  const contextRule = moveRuleIds(rules.firstId).canaryContext;
  const answers = settings.integration ? await awaitContexts(watch, alerts, contextRule, settings) : null;
  const diagnose = [...alerts].every(([event, alert]) => alert?.ruleId === event.ruleId)
    ? null
    : await createDiagnosis(home);
  return events.map((event) => {
    const alert = alerts.get(event);
    const row = toRow(event, alert, diagnose);
    if (answers === null) return row;
    const came = alert !== undefined && answers.has(alert.id);
    if (came || row.outcome !== 'fired') return { ...row, context: came ? 'came' : 'missing' };
    return { ...row, context: 'missing', diagnosis: diagnoseIntegration(home) };
  });
}

/** A queue that is full for a while is one of a busy engine. */
async function send(home: string, events: readonly SelftestEvent[], deadline: number): Promise<void> {
  const queue = await openQueue(home);
  for (const { message } of events) {
    let problem = await queue.sendPatiently(message);
    while (problem?.endsWith('EAGAIN') && Date.now() < deadline) problem = await queue.sendPatiently(message);
    if (problem !== null)
      throw new KnownError(
        `the engine takes no event (${problem}): is Wazuh running? See bin/wazuh-control status`,
      );
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
  }, Date.now() + patience);
  return answered(seen);
}

function toRow(
  event: SelftestEvent,
  alert: SeenAlert | undefined,
  diagnose: ((event: SelftestEvent) => Diagnosis) | null,
): SelftestRow {
  if (alert?.ruleId === event.ruleId || diagnose === null)
    return { event, outcome: 'fired', shadow: null, diagnosis: null, context: null };
  const diagnosis = diagnose(event);
  const shadow = alert?.ruleId ?? diagnosis.shadow;
  return { event, outcome: shadow === null ? 'silent' : 'shadowed', shadow, diagnosis, context: null };
}
