import type { DeletedLists } from '../wazuh/manager/deleted-lists.ts';
import { formatCount, formatTable, formatUnits } from './format.ts';
import { type Freshness, formatAge, type RefreshState, type RunRecord } from './refresh/state.ts';

export interface Status {
  readonly home: string;
  readonly now: Date;
  readonly state: RefreshState;
  readonly freshness: Freshness;
  /** Null: not known to this user. */
  readonly deleted: DeletedLists | null;
}

const headings = {
  fresh: 'Fresh',
  waiting: 'Waiting',
  stale: 'STALE',
} as const satisfies Record<Freshness['state'], string>;

export function formatStatus({ home, now, state, freshness, deleted }: Status): string {
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

/** From here on the disk, or the memory, may be what ends next. */
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
