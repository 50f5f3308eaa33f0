import { loadConfig } from '../config/load.ts';
import { printText, type Shell } from '../shell.ts';
import { formatCount, formatTable, formatUnits, toPlainJson } from '../text.ts';
import { type DeletedLists, findDeletedLists, isRestartedSince } from '../wazuh/engine/programs.ts';
import {
  type Freshness,
  formatAge,
  judgeFreshness,
  type RefreshState,
  type RunRecord,
  readState,
  readStateOf,
} from './refresh/state.ts';
import { tryMetrics } from './refresh/tell.ts';

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

export interface Status {
  readonly home: string;
  readonly now: Date;
  readonly state: RefreshState;
  readonly freshness: Freshness;
  /** Databases that the engine still holds open; null: this user cannot see them. */
  readonly deleted: DeletedLists | null;
}

const headings = {
  fresh: 'Fresh',
  waiting: 'Waiting',
  stale: 'STALE',
} as const satisfies Record<Freshness['state'], string>;

function formatStatus({ home, now, state, freshness, deleted }: Status): string {
  const { runs, confirmed, appliedAt, restartNeededSince } = state;
  const restart =
    restartNeededSince === null
      ? []
      : [
          `  WARNING the engine waits for a restart since ${restartNeededSince.toISOString()}: ${home}/bin/wazuh-control restart`,
        ];
  return [
    `${headings[freshness.state]}: ${freshness.reason}`,
    ...(appliedAt === null
      ? []
      : [
          `  engine last took a set ${appliedAt.toISOString()} (${formatAge(now.getTime() - appliedAt.getTime())})`,
        ]),
    ...restart,
    ...formatDeleted(deleted),
    ...(confirmed === null ? [] : ['', ...formatConfirmed(confirmed)]),
    '',
    'Last runs',
    runs.length === 0 ? '  none' : formatTable(runs.map((run) => formatRun(run, now))),
    ...runs
      .slice(0, 1)
      .flatMap(({ reason }) => (reason === null ? [] : ['', 'The last one failed', indent(reason)])),
  ].join('\n');
}

function formatConfirmed({
  url,
  opencti,
  values,
  lists,
  gateRules,
}: NonNullable<RefreshState['confirmed']>): string[] {
  return [
    `${formatUnits(values, 'value')} of OpenCTI ${opencti} at ${url}, ${formatUnits(gateRules, 'gate rule')}`,
    formatTable(Object.entries(lists)),
  ];
}

function formatRun({ started, finished, outcome, step }: RunRecord, now: Date): string[] {
  return [
    started.toISOString(),
    formatAge(now.getTime() - finished.getTime()),
    outcome,
    step === null ? '' : `at step ${step}`,
  ];
}

/** The bytes from which on the disk, or the memory, may soon be full. */
const manyBytes = 2 ** 30;

function formatDeleted(deleted: DeletedLists | null): string[] {
  if (deleted === null)
    return [
      '  deleted lists that the engine still holds: not known (is it running? only root and its own user may look)',
    ];
  const copies = formatUnits(deleted.copies, 'deleted copy');
  const size = `${copies} of lists, ${formatCount(Math.ceil(deleted.bytes / 2 ** 20))} MiB, still held by the engine`;
  return deleted.bytes > manyBytes
    ? [`  WARNING ${size}: each hot reload leaves them; restart the manager in a quiet hour`]
    : [`  ${size}`];
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}
