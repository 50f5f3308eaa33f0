import { randomBytes } from 'node:crypto';
import type { Config } from '../../config/schema.ts';
import { KnownError } from '../../errors.ts';
import type { Environment } from '../../shell.ts';
import { toOwnFields } from '../../sync/plan-options.ts';
import { toPage } from '../../text.ts';
import { openQueue } from '../../wazuh/engine/queue.ts';
import { holdState } from '../../wazuh/home.ts';
import { moveMessageRuleIds } from '../../wazuh/rule-ids.ts';
import { readState } from '../refresh/state.ts';
import { type AlertWatch, type SeenAlert, watchAlerts } from './alerts.ts';
import {
  checkOutput,
  createDiagnosis,
  type Diagnose,
  type Diagnosis,
  diagnoseIntegration,
} from './diagnose.ts';
import { type SelftestEvent, toSelftestEvents } from './events.ts';

export interface SelftestSettings {
  readonly syscheck: boolean;
  readonly integration: boolean;
  /** Milliseconds after which an event that did not come back counts as lost. */
  readonly patience: number;
  readonly environment: Environment;
}

/** The answer of the integration to one alert. */
export type ContextOutcome = 'came' | 'failed' | 'missing';

/** The result of one event. */
export interface SelftestRow {
  readonly event: SelftestEvent;
  /** `shadowed`: the event raised another alert, or another rule ended it without an alert. */
  readonly outcome: 'fired' | 'shadowed' | 'silent';
  /** The rule that took its place. */
  readonly shadow: number | null;
  readonly diagnosis: Pick<Diagnosis, 'cause' | 'next'> | null;
  /** `failed`: the integration reports why there is no context. Null: it was not waited for. */
  readonly context: ContextOutcome | null;
}

/** Receives each row as soon as it is known. */
export type TakeRow = (row: SelftestRow) => void;

/** The events of a selftest, in the order of its rows. */
export function listEvents(config: Config, syscheck: boolean): SelftestEvent[] {
  const { gates, rules, wazuh } = config;
  const fields = toOwnFields(config);
  const token = `opencti-selftest-${randomBytes(6).toString('hex')}`;
  return toSelftestEvents({ gates, rules, fields, token, syscheck, cut: readCut(wazuh.home) });
}

/** Returns the fields whose gates did not fit at the last refresh; `check` reports them. */
function readCut(home: string): readonly string[] {
  const state = holdState(home);
  try {
    return readState(state).confirmed?.gatesCut ?? [];
  } finally {
    state?.close();
  }
}

/**
 * Sends an event for each row through the engine of this manager, and waits for the results.
 * @returns all rows, in the order of the events.
 * @throws KnownError when the engine takes no messages.
 */
export async function selftest(
  config: Config,
  events: readonly SelftestEvent[],
  settings: SelftestSettings,
  take: TakeRow,
): Promise<SelftestRow[]> {
  const { home } = config.wazuh;
  checkOutput(home);
  const watch = watchAlerts(home, [...events.map(({ token }) => token), '"integration":"opencti"']);
  try {
    await send(home, events, settings.patience);
    return await collect(watch, events, config, settings, take);
  } finally {
    watch.close();
  }
}

async function collect(
  watch: AlertWatch,
  events: readonly SelftestEvent[],
  config: Config,
  settings: SelftestSettings,
  take: TakeRow,
): Promise<SelftestRow[]> {
  const { integration, patience } = settings;
  const contextRule = moveMessageRuleIds(config.rules.blocks).canaryContext;
  const rows = new Map<SelftestEvent, SelftestRow>();
  const settle = (row: SelftestRow) => {
    rows.set(row.event, row);
    take(row);
  };
  const isFired = (alert: SeenAlert | undefined, { ruleId }: SelftestEvent) => alert?.ruleId === ruleId;
  /** Rows for which no further result can come. */
  const settleKnown = (seen: readonly SeenAlert[]) => {
    for (const event of events) {
      const alert = findAlert(seen, event);
      if (rows.has(event) || alert === undefined || !isFired(alert, event)) continue;
      const context = integration ? findContext(seen, alert, contextRule) : null;
      if (context?.outcome !== 'missing') settle(toFired(event, context));
    }
  };
  const isAlerted = (seen: readonly SeenAlert[]) => {
    settleKnown(seen);
    return events.every((event) => findAlert(seen, event));
  };
  const isAnswered = (seen: readonly SeenAlert[]) => {
    settleKnown(seen);
    return events.every((event) => rows.has(event) || !isFired(findAlert(seen, event), event));
  };
  await watch.until(isAlerted, patience);
  const seen = await watch.until(isAnswered, integration ? patience : 0);
  const rest = events.filter((event) => !rows.has(event));
  const [unanswered, lost] = partition(rest, (event) => isFired(findAlert(seen, event), event));
  if (lost.length > 0) {
    const diagnose = await createDiagnosis(config, lost);
    for (const event of lost) settle(toLost(event, findAlert(seen, event), diagnose, integration));
  }
  if (unanswered.length > 0) {
    const diagnosis = diagnoseIntegration(config, settings.environment);
    for (const event of unanswered)
      settle({ ...toFired(event, { outcome: 'missing', error: null }), diagnosis });
  }
  return events.map((event) => rows.get(event) as SelftestRow);
}

function partition<T>(items: readonly T[], is: (item: T) => boolean): [T[], T[]] {
  return [items.filter(is), items.filter((item) => !is(item))];
}

interface FoundContext {
  readonly outcome: ContextOutcome;
  readonly error: string | null;
}

function findContext(seen: readonly SeenAlert[], { id }: SeenAlert, contextRule: number): FoundContext {
  const answers = seen.filter((alert) => alert.answers === id);
  if (answers.some(({ ruleId }) => ruleId === contextRule)) return { outcome: 'came', error: null };
  const error = answers.map((answer) => answer.error).find((text) => text !== null) ?? null;
  return { outcome: error === null ? 'missing' : 'failed', error };
}

function toFired(event: SelftestEvent, context: FoundContext | null): SelftestRow {
  const error = context?.error ?? null;
  const diagnosis = error === null ? null : { cause: `the integration says: ${error}`, next: afterError };
  return { event, outcome: 'fired', shadow: null, diagnosis, context: context?.outcome ?? null };
}

const afterError = `run opencti-wazuh check; what it says is explained in ${toPage('messages.md')}`;

function toLost(
  event: SelftestEvent,
  alert: SeenAlert | undefined,
  diagnose: Diagnose,
  integration: boolean,
): SelftestRow {
  const diagnosis = diagnose(event, alert?.ruleId ?? null);
  const shadow = alert?.ruleId ?? diagnosis.shadow;
  const outcome = shadow === null ? 'silent' : 'shadowed';
  return { event, outcome, shadow, diagnosis, context: integration ? 'missing' : null };
}

/** A queue that is full for some time belongs to a busy engine. */
async function send(home: string, events: readonly SelftestEvent[], patience: number): Promise<void> {
  const deadline = performance.now() + patience;
  const isFull = (problem: string | null) => problem?.endsWith('EAGAIN') ?? false;
  const queue = openQueue(home);
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
