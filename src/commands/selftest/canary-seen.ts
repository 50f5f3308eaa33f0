import { randomBytes } from 'node:crypto';
import type { Config } from '../../config/schema.ts';
import { toOwnFields } from '../../sync/plan-options.ts';
import { openQueue } from '../../wazuh/engine/queue.ts';
import { watchAlerts } from './alerts.ts';
import { toSelftestEvents } from './events.ts';

/** In milliseconds: an engine that has just loaded its rules may be late with events. */
const patience = 30_000;

/** Does one event with a canary of the lists come back from its rule? It goes through the engine of this manager. */
export async function isCanarySeen(config: Config): Promise<boolean> {
  const { gates, rules } = config;
  const { home } = config.wazuh;
  const token = `opencti-selftest-${randomBytes(6).toString('hex')}`;
  const [event] = toSelftestEvents({ gates, rules, fields: toOwnFields(config), token, syscheck: false });
  if (event === undefined) return false;
  const watch = watchAlerts(home, [token]);
  try {
    const queue = openQueue(home);
    if ((await queue.sendPatiently(event.message)) !== null) return false;
    const isOf = ({ ruleId }: { readonly ruleId: number }) => ruleId === event.ruleId;
    return (await watch.until((alerts) => alerts.some(isOf), patience)).some(isOf);
  } catch {
    return false;
  } finally {
    watch.close();
  }
}
