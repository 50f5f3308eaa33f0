import type { EventField, Source } from './event-fields.ts';

/**
 * Rule groups under which a gate meets every event of its field before any other rule can end it: those of the
 * stock base rules (`sysmon_event1` ... `sysmon_event9`, `sysmon_event_10` ... `sysmon_event_26`) and those of the
 * stock detections. The engine compares substrings, and a group that no rule has does no harm as long as one of
 * the others is there. Checked against the stock ruleset of Wazuh 4.14.7; it has no detections yet for 6, 15
 * and 22 to 25.
 */
const windowsGroups: Readonly<Record<number, readonly string[]>> = {
  1: ['sysmon_event1', 'sysmon_eid1_detections', 'sysmon_process-anomalies'],
  3: ['sysmon_event3', 'sysmon_eid3_detections'],
  6: ['sysmon_event6', 'sysmon_eid6_detections'],
  7: ['sysmon_event7', 'sysmon_eid7_detections'],
  15: ['sysmon_event_15', 'sysmon_eid15_detections'],
  22: ['sysmon_event_22', 'sysmon_eid22_detections'],
  23: ['sysmon_event_23', 'sysmon_eid23_detections'],
  24: ['sysmon_event_24', 'sysmon_eid24_detections'],
  25: ['sysmon_event_25', 'sysmon_eid25_detections'],
};

/** Of the community's rules for Sysmon for Linux; with two digits the group is seen in both spellings. */
const linuxGroups: Readonly<Record<number, readonly string[]>> = {
  1: ['sysmon_event1'],
  3: ['sysmon_event3'],
  23: ['sysmon_event23', 'sysmon_event_23'],
};

/** Our own decoder, and the group of its base rule. */
export const linuxDecoder = 'opencti-sysmon-linux';
export const linuxBaseGroup = 'opencti_sysmon_linux';

const groupsOf = {
  windows: (event) => windowsGroups[event] ?? [],
  linux: (event) => linuxGroups[event] ?? [],
  /** The stock rules 550, 553 and 554 and nothing else; `syscheck` alone would take in the registry. */
  fim: () => ['syscheck_file'],
} as const satisfies Record<Source, (event: number) => readonly string[]>;

/** The groups for the gates of a field, without those of the site. */
export function parentGroups({ source, events }: EventField): string[] {
  const own = source === 'linux' ? [linuxBaseGroup] : [];
  return [...new Set([...events.flatMap(({ event }) => groupsOf[source](event)), ...own])];
}
