import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { formatQueueMessage, toSafeJson } from '../wazuh/queue/message.ts';
import { openQueue } from '../wazuh/queue/send.ts';
import type { Step } from './steps.ts';

const manager = { id: '000', name: '', ip: null };

/**
 * Tells the manager's own engine that a refresh failed: rule 100627 makes an alert of it.
 * @returns null, or why nobody will be alerted.
 */
export async function sendFailure(home: string, step: Step, reason: string): Promise<string | null> {
  if (!existsSync(join(home, 'queue'))) return `${home} has no queue that this user can see`;
  const event = { integration: 'opencti', opencti: { event: 'refresh_failed', step, reason } };
  const queue = openQueue(home);
  return await queue.sendPatiently(formatQueueMessage(manager, toSafeJson(event)));
}
