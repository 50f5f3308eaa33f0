import type { CheckedValue, Observable, ObservableKind } from '../observable/kinds.ts';
import { type EventField, eventFields } from './event-fields.ts';
import { moveRuleId } from './rule-ids.ts';

/** Stands where a list has the OpenCTI id: an entry of nobody's object. */
export const canaryId = 'opencti-wazuh-canary';
export const canaryGroup = 'opencti_selftest';

const hex = (text: string) => Buffer.from(text).toString('hex');

/**
 * A value of each kind that no event of the wild has: hashes that spell a sentence, addresses of the ranges that
 * are for documentation alone (RFC 5737, RFC 3849), a name below `.invalid` (RFC 2606). `refresh` adds them to the lists
 * and gates of the manager, and the selftest sends events with them.
 */
const values = {
  sha256: hex('opencti-wazuh canary for SHA-256'),
  sha1: hex('opencti-wazuh canary'),
  md5: hex('opencti canary 1'),
  ipv4: '192.0.2.77',
  ipv6: '2001:db8::ca7a',
  'ipv4-network': '198.51.100.0/24',
  'ipv6-network': '2001:db8:ca7a::/48',
  name: 'canary.opencti-wazuh.invalid',
} as const satisfies Record<ObservableKind, string>;

export interface Canary extends Observable {
  readonly id: typeof canaryId;
  /** As good as a value can be: a limit on gates must not push it out. */
  readonly score: 100;
}

/** They do not come through the door for values, which keeps such values out. */
export const canaries: readonly Canary[] = Object.entries(values).map(([kind, value]) => ({
  kind: kind as ObservableKind,
  value: value as CheckedValue,
  id: canaryId,
  score: 100,
}));

export const canaryValues: Readonly<Record<ObservableKind, string>> = values;

/** Patterns of the whole values, so that another one with the beginning of a canary pages as it should. */
const patterns = {
  hash: [`SHA256=${values.sha256}`, `SHA1=${values.sha1}`, `MD5=${values.md5}`].join('|').toUpperCase(),
  address: String.raw`^(?:192\.0\.2\.77|198\.51\.100\.\d+|2001:db8:(?:0:0:0:0:0)?:ca7a|2001:db8:ca7a:.*)$`,
  name: String.raw`(?i)(?:^|\.)canary\.opencti-wazuh\.invalid$`,
} as const;

/** What a field of an event has when it is a canary. */
function toPattern({ spelling, kinds, subject }: EventField): string {
  if (spelling !== 'bare-lower') return patterns[subject];
  return `^(?:${kinds.map((kind) => values[kind]).join('|')})$`;
}

/** Of the first field; the next ones follow in the order of the field table, and behind them the context's. */
const firstRuleId = 100_670;

/** A rule that takes the canaries of a field from its alert rules, as the template takes it. */
export interface CanaryRule {
  readonly id: number;
  readonly parents: string;
  readonly field: string;
  readonly pattern: string;
}

export function toCanaryRules(firstId: number): CanaryRule[] {
  return eventFields.map((field: EventField) => ({
    id: toCanaryRuleId(field, firstId),
    parents: field.events.map(({ ruleId }) => moveRuleId(ruleId, firstId)).join(','),
    field: field.ruleField,
    pattern: toPattern(field),
  }));
}

export function toCanaryRuleId({ key }: Pick<EventField, 'key'>, firstId: number): number {
  return moveRuleId(firstRuleId + eventFields.findIndex((field) => field.key === key), firstId);
}

/** Is a line of a list one of a canary? */
export function isCanaryLine(line: string): boolean {
  return line.endsWith(`:${canaryId}`);
}
