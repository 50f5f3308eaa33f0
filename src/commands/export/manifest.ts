import packageJson from '../../../package.json' with { type: 'json' };
import type { Plan } from '../../compile/plan.ts';
import type { SkipCounts } from '../../compile/value-set.ts';
import type { StagedFile } from '../../files/file-set.ts';
import type { Fetched } from '../../sync/fetch-selection.ts';
import { formatBytes, formatCount, formatTable, formatUnits, toPlainTexts } from '../../text.ts';
import { type SkipReason, skipReasons } from '../../values/skip-reasons.ts';
import type { PassedOver } from '../../values/value-lists.ts';
import { toRuleField } from '../../wazuh/fields.ts';

/** Returns the result of an export, for a person. */
export function formatExportSummary(folder: string, written: Manifest): string {
  const manifest = toPlainTexts(written);
  const { source, read, values, lists } = manifest;
  const markings = source.markings.join(', ') || 'none';
  const user = JSON.stringify(source.user);
  const rows = `${formatUnits(read.observables, 'observable')} and ${formatUnits(read.indicators, 'indicator')}`;
  const requests = formatUnits(read.requests, 'request');
  return [
    `Exported to ${folder}`,
    `  from      OpenCTI ${source.version} at ${source.url}, as ${user}, who may see the markings: ${markings}`,
    `  read      ${rows} in ${requests} and ${formatBytes(read.bytes)}, ${seconds(manifest)} s in all`,
    `  in        ${formatUnits(values.in, 'value')}`,
    `  out       ${formatUnits(values.out, 'value')}`,
    ...formatSkipped(manifest),
    ...manifest.passed_over.map(
      ({ no_value: noValue, too_wide: tooWide, ...list }) =>
        `  lists     ${formatPassedOver({ ...list, noValue, tooWide })}`,
    ),
    '',
    'Entries',
    formatTable(Object.entries(lists)),
    ...formatGates(manifest),
    '',
    'Next, on the manager',
    `  1. copy lists/* to etc/lists, rules/* to etc/rules, decoders/* to etc/decoders, owned by wazuh:wazuh, mode 0660`,
    `  2. put the lines of ossec.conf.snippet into etc/ossec.conf`,
    `  3. restart it: /var/ossec/bin/wazuh-control restart`,
  ].join('\n');
}

function formatSkipped({ values }: Manifest): string[] {
  const rows = Object.entries(values.skipped).sort(([, a], [, b]) => b - a);
  if (rows.length === 0) return [];
  return [
    formatTable(
      rows.map(([reason, count]) => [count, reason, skipReasons[reason as SkipReason].why]),
      '    ',
    ),
  ];
}

/** More names would not help a reader; the manifest has all of them. */
const shownNames = 5;

function formatGates({ gates }: Manifest): string[] {
  const { exact_only: exactOnly, left_out: leftOut } = gates;
  const lines = [
    '',
    `Gates for composite hashes, subdomains and networks: ${formatUnits(gates.rules, 'rule')}`,
  ];
  if (exactOnly.length > 0) {
    const more = exactOnly.length > shownNames ? ', ...' : '';
    const names = exactOnly.slice(0, shownNames).join(', ');
    lines.push(
      `  ${formatUnits(exactOnly.length, 'name')} without subdomains, which belong to others: ${names}${more}`,
    );
  }
  for (const field of gates.cut_fields)
    lines.push(
      `  none for ${field}: over gates.max_bytes; a single hash there matches by its list, several do not`,
    );
  for (const [kind, count] of Object.entries(leftOut)) {
    if (count > 0)
      lines.push(
        `  ${formatUnits(count, 'value')} of kind ${kind} left out: over gates.max_rules or gates.max_bytes`,
      );
  }
  return lines;
}

function seconds({ started, finished }: Manifest): string {
  return formatCount(Math.round((Date.parse(finished) - Date.parse(started)) / 100) / 10);
}

/**
 * The content of `manifest.json` of an export: its data and their origin. Other programs read it; keys are only added.
 */
export interface Manifest {
  readonly tool: string;
  readonly version: string;
  readonly source: {
    readonly url: string;
    readonly version: string;
    readonly platform_id: string | null;
    readonly user: string;
    /** The markings that the token may see; an object with another marking was never read. */
    readonly markings: readonly string[];
  };
  readonly started: string;
  readonly finished: string;
  readonly read: Fetched['read'];
  /** The warning lists with entries that are not used: how many are no value, and how many too wide. */
  readonly passed_over: readonly PassedOverCount[];
  readonly values: { readonly in: number; readonly out: number; readonly skipped: SkipCounts };
  /** Entries of each list. */
  readonly lists: Readonly<Record<string, number>>;
  readonly gates: {
    readonly rules: number;
    /** Hex digits of a hash that a gate compares. */
    readonly prefix: number;
    /** Fields whose gates did not fit: several hashes in one text are not matched there. */
    readonly cut_fields: readonly string[];
    /** Names that match without their subdomains, since those belong to others. */
    readonly exact_only: readonly string[];
    /** Values that are in no gate since they did not fit, by kind. */
    readonly left_out: Readonly<Record<string, number>>;
  };
  readonly files: readonly StagedFile[];
}

interface PassedOverCount {
  readonly list: string;
  readonly file: string;
  readonly entries: number;
  readonly no_value: number;
  readonly too_wide: readonly string[];
}

export interface Times {
  readonly started: Date;
  readonly finished: Date;
}

export function toManifest(
  fetched: Fetched,
  plan: Plan,
  files: readonly StagedFile[],
  times: Times,
): Manifest {
  const { url, platform, selection, read, passedOver } = fetched;
  const { skipped, values } = selection;
  return {
    tool: packageJson.name,
    version: packageJson.version,
    source: {
      url,
      version: platform.version,
      platform_id: platform.platformId,
      user: platform.user.name,
      markings: platform.markings.map(({ definition }) => definition),
    },
    started: times.started.toISOString(),
    finished: times.finished.toISOString(),
    read,
    passed_over: passedOver.map(({ noValue: no_value, tooWide: too_wide, ...list }) => ({
      ...list,
      no_value,
      too_wide,
    })),
    values: { in: values.length, out: sum(Object.values(skipped)), skipped },
    lists: Object.fromEntries(plan.lists.map(({ name, entries }) => [name, entries])),
    gates: {
      rules: plan.gates.rules,
      prefix: plan.gates.prefix,
      cut_fields: plan.gates.cutFields.map((key) => toRuleField(key)),
      exact_only: plan.gates.exactOnly,
      left_out: plan.gates.leftOut,
    },
    files: [...files],
  };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

/** More entries would not help a reader. */
const shownEntries = 3;

/** `warning list "A list" (/etc/a.json): of 669 entries 12 are no hash, address or name, ...`. */
export function formatPassedOver({ list, file, entries, noValue, tooWide }: PassedOver): string {
  const shown = tooWide.slice(0, shownEntries).map((entry) => JSON.stringify(entry));
  const more = tooWide.length > shown.length ? ', ...' : '';
  const parts = [
    ...(noValue > 0 ? [`${formatCount(noValue)} that are no hash, address or name`] : []),
    ...(tooWide.length > 0
      ? [
          `${formatCount(tooWide.length)} that would take out a part of the internet (${shown.join(', ')}${more})`,
        ]
      : []),
  ];
  const sentence = `of ${formatCount(entries)} entries these are passed over: ${parts.join(', and ')}`;
  return `warning list ${JSON.stringify(list)} (${file}): ${sentence}`;
}
