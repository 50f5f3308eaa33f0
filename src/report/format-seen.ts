import type { CoverageRow } from './report.ts';

/** Of a row of the coverage, whether its events come; a report of an earlier version does not say. */
export function formatSeen({
  seen = 'unknown',
  last_seen: last = null,
}: Partial<Pick<CoverageRow, 'seen' | 'last_seen'>>): string {
  if (seen !== 'yes') return seen === 'no' ? 'not seen' : 'not known';
  return last === null ? 'seen' : `seen ${last.replace(/\.\d+Z$/, 'Z')}`;
}

export const seenNote =
  'Looked at are the ends of alerts.json and archives.json. Sysmon events that raise no alert stand in the archives alone ' +
  '(logall_json in ossec.conf): without them nobody can tell whether they come.';
