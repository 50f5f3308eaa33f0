import { loadConfig } from '../config/load.ts';
import { toPlainJson } from '../plain-text.ts';
import type { Shell } from '../shell.ts';
import { findDeletedLists } from '../wazuh/manager/deleted-lists.ts';
import { isRestartedSince } from '../wazuh/manager/engine-start.ts';
import { printText } from './print.ts';
import { judgeFreshness, readState, readStateOf } from './refresh/state.ts';
import { tryMetrics } from './refresh/tell.ts';
import { formatStatus, type Status } from './status-summary.ts';

export interface StatusArguments {
  readonly config?: string | undefined;
  /** One line for the manager's own scheduler. */
  readonly line: boolean;
  readonly json: boolean;
}

/**
 * Exit code 0: the lists are fresh and the last run did what it should; 1: not so. With `--line` it is 0 whenever the
 * line was printed: its reader looks at the line, and prints one of its own when there is none.
 */
export async function runStatus(
  { config: file, line, json }: StatusArguments,
  { stdout, stderr, env }: Shell,
): Promise<0 | 1> {
  const config = loadConfig({ file, environment: env });
  const status = readStatus(config.wazuh.home, config.guards.maxAge);
  const { state, reason } = status.freshness;
  // Rule 100628 makes an alert of a line that begins with `stale`, and of no other.
  if (line) printText(stdout, `${state}: ${reason}`);
  else printText(stdout, json ? toPlainJson(status) : formatStatus(status));
  for (const problem of tryMetrics(config, status.state)) stderr.write(`opencti-wazuh: ${problem}\n`);
  if (line) return 0;
  return state === 'fresh' && status.state.runs[0]?.outcome !== 'failed' ? 0 : 1;
}

function readStatus(home: string, maxAge: number): Status {
  const written = readStateOf(home) ?? readState(null);
  const since = written.restartNeededSince;
  const state = {
    ...written,
    restartNeededSince: since !== null && isRestartedSince(home, since) ? null : since,
  };
  return {
    home,
    now: new Date(),
    state,
    freshness: judgeFreshness(state, maxAge, new Date()),
    deleted: findDeletedLists(home),
  };
}
