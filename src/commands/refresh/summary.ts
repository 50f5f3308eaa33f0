import type { LineChange } from '../../files/line-difference.ts';
import { type FileChange, isList } from '../../sync/changes.ts';
import { formatCount, formatTable, formatUnits, toPlainLine } from '../../text.ts';
import type { Applied } from '../../wazuh/engine/ask.ts';
import { toRuleField } from '../../wazuh/fields.ts';
import { formatPassedOver } from '../export/manifest.ts';
import type { DryRun, Prepared, Refreshed } from './refresh.ts';

/** Returns the result of a refresh, for a person. */
export function formatRefresh(
  done: Refreshed,
  { home, showValues }: { readonly home: string; readonly showValues: boolean },
): string {
  return [
    headlines[done.outcome](done),
    ...formatSource(done),
    ...formatChanges(done.changes, showValues),
    ...(done.applied === null ? [] : formatApplied(done.applied, home)),
    ...(done.outcome === 'changed' ? formatCluster(done) : []),
  ].join('\n');
}

const headlines = {
  changed: ({ applied }) =>
    applied?.how === 'restart-needed'
      ? 'The new set is in place, and the engine loads it at its next restart'
      : 'Refreshed: the engine has the new set',
  unchanged: () => 'Nothing changed: no file was written and the engine was not reloaded',
  'held-back': ({ nextReload }) => {
    const next = `a run after ${nextReload?.toISOString()} publishes this`;
    return `Held back: too soon after the last reload (guards.min_reload_interval); ${next}`;
  },
} as const satisfies Record<Refreshed['outcome'], (done: Refreshed) => string>;

export function formatDryRun(
  { folder, nextReload, changes, objection, ...prepared }: DryRun,
  showValues: boolean,
): string {
  return [
    `Dry run: the whole set is in ${folder}; nothing of the manager was touched`,
    ...formatSource(prepared),
    ...formatChanges(changes, showValues),
    formatForeseen(changes.length, objection),
    ...(nextReload && changes.length > 0 && objection === null
      ? [`It would hold them back until ${nextReload.toISOString()} (guards.min_reload_interval)`]
      : []),
  ].join('\n');
}

function formatForeseen(files: number, objection: string | null): string {
  if (objection !== null) return 'A refresh would stop here, and write none of it';
  if (files === 0) return 'A refresh would write no file and not reload the engine';
  return `A refresh would write ${formatUnits(files, 'file')} and have the engine take them`;
}

function formatSource({ fetched, plan }: Pick<Prepared, 'fetched' | 'plan'>): string[] {
  const { url, platform, selection, read } = fetched;
  const out = Object.values(selection.skipped).reduce((sum, count) => sum + count, 0);
  return [
    `  from  OpenCTI ${toPlainLine(platform.version)} at ${url}, as ${toPlainLine(JSON.stringify(platform.user.name))}`,
    `  read  ${formatUnits(read.observables, 'observable')} and ${formatUnits(read.indicators, 'indicator')}`,
    `  in    ${formatUnits(selection.values.length, 'value')}, ${formatCount(out)} out`,
    ...formatCut(plan),
    ...fetched.passedOver.map((list) => `  lists ${toPlainLine(formatPassedOver(list))}`),
  ];
}

/** Returns lines about the values for which the gates have no room. */
function formatCut({ gates }: Prepared['plan']): string[] {
  const count = Object.values(gates.leftOut).reduce((sum, left) => sum + left, 0);
  return [
    ...gates.cutFields.map(
      (key) =>
        `        no gates for ${toRuleField(key)} (gates.max_bytes): a single hash there matches by its list, several do not`,
    ),
    ...(count > 0
      ? [`        ${formatUnits(count, 'value')} in no gate (gates.max_bytes, gates.max_rules)`]
      : []),
  ];
}

function formatChanges(changes: readonly FileChange[], showValues: boolean): string[] {
  if (changes.length === 0) return [];
  const rows = changes.map(({ path, how, before, after, added, removed, problem }) => [
    path,
    before,
    '->',
    after,
    `+${formatCount(added.count)}`,
    `-${formatCount(removed.count)}`,
    problem ?? (how === 'changed' ? '' : how),
  ]);
  const values = showValues ? changes.flatMap(formatLines) : [];
  return ['', 'Lines of each file that differs', formatTable(rows), ...values, ''];
}

/** Returns the changed lines of lists only: the lines of a rules file are long and of no use to a person. */
function formatLines({ path, added, removed }: FileChange): string[] {
  if (!isList(path)) return [];
  return ['', path, ...formatSide('-', removed), ...formatSide('+', added)];
}

function formatSide(sign: string, { count, first }: LineChange): string[] {
  const rest = count - first.length;
  const more = rest > 0 ? [`  ${sign} and ${formatCount(rest)} more`] : [];
  return [...first.map((line) => `  ${sign} ${line}`), ...more];
}

/** More warnings would hide the first ones; the log has all of them. */
const shownWarnings = 5;

function formatApplied({ how, warnings }: Applied, home: string): string[] {
  const restart = `run ${home}/bin/wazuh-control restart`;
  const told = {
    reloaded: 'The engine was reloaded',
    restarted: 'The engine, which has no hot reload, was restarted',
    'restart-needed': `The set is in place; this engine loads it at a restart (wazuh.restart is off): ${restart}`,
  } as const satisfies Record<Applied['how'], string>;
  const more = warnings.length > shownWarnings ? [`  and ${warnings.length - shownWarnings} more`] : [];
  const said =
    warnings.length === 0
      ? []
      : [
          'It warns about files of the site, not about ours',
          ...warnings.slice(0, shownWarnings).map((warning) => `  ${warning}`),
          ...more,
        ];
  return [told[how], ...said];
}

function formatCluster({ node }: Prepared): string[] {
  if (node !== 'master') return [];
  return [
    'This is the master of a cluster: the workers take lists, rules and decoders from it by themselves, but',
    '  - they reload only when the API asks: PUT /cluster/analysisd/reload (before 4.13: PUT /cluster/restart)',
    '  - ossec.conf and integrations/ go to each node by hand',
  ];
}
