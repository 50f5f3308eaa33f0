import type { EventField, Source, Subject } from './event-fields.ts';
import { moveRuleId } from './rule-ids.ts';
import { eventNumberField, fimEvents } from './source-events.ts';

/** One rule that raises an alert for a match: as the template takes it. */
export interface AlertRule {
  readonly id: number;
  readonly level: number;
  /** The group of the field's gates. */
  readonly gate: string;
  /** What tells the event apart: a decoder, or a field and its value. */
  readonly decodedAs: string | null;
  readonly eventField: string | null;
  readonly event: number;
  readonly description: string;
  readonly groups: string;
}

const subjectGroup = {
  hash: 'opencti_hash',
  address: 'opencti_address',
  name: 'opencti_name',
} as const satisfies Record<Subject, string>;

/**
 * What happened, with the event's own fields. A missing field leaves an empty place in the text, so that each
 * sentence reads well without it.
 */
const happened = {
  windows: {
    1: 'process $(win.eventdata.image) started by $(win.eventdata.user), parent $(win.eventdata.parentImage)',
    3: 'connection to $(win.eventdata.destinationIp):$(win.eventdata.destinationPort) by $(win.eventdata.image) as $(win.eventdata.user)',
    6: 'driver $(win.eventdata.imageLoaded) loaded',
    7: 'module $(win.eventdata.imageLoaded) loaded by $(win.eventdata.image)',
    15: 'file $(win.eventdata.targetFilename) with a stream created by $(win.eventdata.image) as $(win.eventdata.user)',
    22: 'DNS query for $(win.eventdata.queryName) by $(win.eventdata.image) as $(win.eventdata.user)',
    23: 'file $(win.eventdata.targetFilename) deleted by $(win.eventdata.image) as $(win.eventdata.user)',
    24: 'clipboard changed by $(win.eventdata.image) as $(win.eventdata.user)',
    25: 'process $(win.eventdata.image) tampered with: $(win.eventdata.type)',
  },
  linux: {
    1: 'process $(eventdata.image) started by $(eventdata.user)',
    3: 'connection to $(eventdata.destinationIp):$(eventdata.destinationPort) by $(eventdata.image) as $(eventdata.user)',
    23: 'file $(eventdata.targetFilename) deleted by $(eventdata.image) as $(eventdata.user)',
  },
  fim: {
    550: 'file $(file) modified',
    553: 'file $(file) deleted',
    554: 'file $(file) added',
  },
} as const satisfies Record<Source, Readonly<Record<number, string>>>;

const known = {
  hash: 'known hash',
  address: 'known address',
  name: 'known name',
} as const satisfies Record<Subject, string>;

/** The alert rules of a field, one for each of its events. */
export function toAlertRules(
  field: EventField,
  level: Readonly<Record<Subject, number>>,
  firstId: number,
): AlertRule[] {
  const { key, source, subject } = field;
  const sentences: Readonly<Record<number, string>> = happened[source];
  return field.events.map(({ event, ruleId }) => ({
    id: moveRuleId(ruleId, firstId),
    level: level[subject],
    gate: `octgate_${key}`,
    decodedAs: fimEvents[event]?.decoder ?? null,
    eventField: eventNumberField[source],
    event,
    description: `OpenCTI - ${known[subject]}: ${sentences[event]}`,
    groups: `${subjectGroup[subject]},${sourceGroups(source, event)}`,
  }));
}

/** What dashboards filter by. Never `sysmon_event...`: the gates of other fields would hang below this rule. */
function sourceGroups(source: Source, event: number): string {
  if (source === 'fim') return `syscheck,syscheck_file,syscheck_entry_${fimEvents[event]?.kind}`;
  return `${source},sysmon`;
}
