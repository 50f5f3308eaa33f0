import { type SkipReason, skipReasons } from '../observable/skip-reasons.ts';
import { toPlainTexts } from '../plain-text.ts';
import { formatBytes, formatCount, formatTable, formatUnits } from './format.ts';
import type { Manifest } from './manifest.ts';
import { formatPassedOver } from './passed-over.ts';

/** What an export did, for a person. */
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

/** More names than this say nothing to a reader; the manifest has them all. */
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
