import { formatResumed } from '../commands/read-everything.ts';
import type { Config } from '../config/config.ts';
import { findDeletedLists } from '../wazuh/manager/deleted-lists.ts';
import { holdState } from '../wazuh/manager/held-home.ts';
import { sendFailure } from './alert.ts';
import { openLog } from './log.ts';
import { formatMetrics, writeMetrics } from './metrics.ts';
import type { Refreshed } from './refresh.ts';
import { toReason } from './run-state.ts';
import { type RefreshState, readState } from './state.ts';
import type { Step } from './steps.ts';

/**
 * Tells the log and the metrics what a run did.
 * @returns what could not be told: the run itself went well.
 */
export function reportSuccess(
  config: Config,
  { outcome, changes, applied, state, fetched }: Refreshed,
): string[] {
  const log = openLog(config.wazuh.home, config.log.level);
  const { resumed } = fetched;
  if (resumed !== null) log.write('info', `a read that was cut ${formatResumed(resumed)}`);
  const how = applied === null ? '' : `, engine ${applied.how}`;
  log.write('info', `${outcome}, ${changes.length} files differ${how}`);
  for (const warning of applied?.warnings ?? []) log.write('warning', `the engine says: ${warning}`);
  return tryMetrics(config, state);
}

/**
 * Tells the log, the metrics and the manager's own engine that a run failed, each on its own.
 * @param place the configuration is null when it is what failed.
 * @returns what could not be told.
 */
export async function reportFailure(
  { home, config }: { readonly home: string; readonly config: Config | null },
  step: Step,
  error: unknown,
): Promise<string[]> {
  const reason = toReason(error);
  openLog(home, config?.log.level ?? 'info').write('error', `failed at step ${step}: ${reason}`);
  const unsent = await sendFailure(home, step, reason);
  const alert = unsent === null ? [] : [`no alert could be raised in Wazuh: ${unsent}`];
  return config === null ? alert : [...alert, ...tryMetrics(config, readStateOf(home))];
}

/** Null: there is none to tell of. */
function readStateOf(home: string): RefreshState | null {
  try {
    const folder = holdState(home);
    if (folder === null) return null;
    const state = readState(folder);
    folder.close();
    return state;
  } catch {
    return null;
  }
}

export function tryMetrics({ metrics, wazuh }: Config, state: RefreshState | null): string[] {
  if (metrics.textfile === null || state === null) return [];
  try {
    writeMetrics(metrics.textfile, formatMetrics(state, findDeletedLists(wazuh.home)?.bytes ?? null));
    return [];
  } catch (error) {
    return [toReason(error)];
  }
}
