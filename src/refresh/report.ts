import { type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import { findDeletedLists } from '../wazuh/manager/deleted-lists.ts';
import { isRestartedSince } from '../wazuh/manager/engine-start.ts';
import { holdState } from '../wazuh/manager/held-home.ts';
import { rulesFile } from '../wazuh/rule-files.ts';
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
export function reportSuccess(config: Config, { outcome, changes, applied, state }: Refreshed): string[] {
  const log = openLog(config.wazuh.home, config.log.level);
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
  const log = openLog(home, config?.log.level ?? 'info');
  log.write('error', `failed at step ${step}: ${reason}`);
  const state = readStateOf(home);
  const unheard = (await sendFailure(home, step, reason)) ?? findWhyUnheard(home, state);
  const alert = unheard === null ? [] : [`no alert could be raised in Wazuh: ${unheard}`];
  for (const note of alert) log.write('warning', note);
  return config === null ? alert : [...alert, ...tryMetrics(config, state)];
}

/** An engine that has not loaded our rules yet drops what it is told without a word. */
function findWhyUnheard(home: string, state: RefreshState | null): string | null {
  if (state !== null && state.appliedAt !== null) return null;
  const rules = tryStat(join(home, 'etc/rules', rulesFile));
  if (rules === undefined) return 'our rules are not on this manager yet: run "opencti-wazuh install"';
  if (isRestartedSince(home, rules.mtime)) return null;
  return `the engine has not loaded our rules since they were installed: ${join(home, 'bin/wazuh-control')} restart`;
}

function tryStat(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
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
