import type {
  CheckedValue,
  ClaimKind,
  HashKind,
  NetworkKind,
  Observable,
  ObservableKind,
} from '../observable/kinds.ts';
import { hashKinds } from '../observable/kinds.ts';
import { type EventField, eventFields } from './event-fields.ts';
import { moveRuleId } from './rule-ids.ts';

/** Stands where a list has the OpenCTI id: an entry of nobody's object. */
export const canaryId = 'opencti-wazuh-canary';
export const canaryGroup = 'opencti_selftest';

const hex = (text: string) => Buffer.from(text).toString('hex');

/**
 * Values that no event of the wild has: hashes that spell a sentence, addresses of the ranges that are for documentation
 * alone (RFC 5737, RFC 3849), names below `.invalid` (RFC 2606). `refresh` adds them to the lists or to the gates of the
 * manager, never to both, so that an event with one proves that way alone.
 */
export const listCanaries = {
  sha256: hex('opencti-wazuh canary for SHA-256'),
  sha1: hex('opencti-wazuh canary'),
  md5: hex('opencti canary 1'),
  ipv4: '192.0.2.77',
  ipv6: '2001:db8::ca7a',
  name: 'canary.opencti-wazuh.invalid',
} as const satisfies Record<ClaimKind, string>;

/** A hash gate compares a prefix: these begin in another way. */
export const gateCanaries = {
  sha256: hex('gate of an opencti-wazuh canary!'),
  sha1: hex('gate-canary: opencti'),
  md5: hex('gate of a canary'),
  'ipv4-network': '198.51.100.0/24',
  'ipv6-network': '2001:db8:ca7a::/48',
  name: 'gate.opencti-wazuh.invalid',
} as const satisfies Record<HashKind | NetworkKind | 'name', string>;

export interface Canary extends Observable {
  readonly id: typeof canaryId;
  /** As good as a value can be: a limit on gates must not push it out. */
  readonly score: 100;
}

/** What is in the lists, and what the gates are for, as the compiler takes them. */
export const canaries = { lists: toCanaries(listCanaries), gates: toCanaries(gateCanaries) } as const;

/** They do not come through the door for values, which keeps such values out. */
function toCanaries(values: Readonly<Partial<Record<ObservableKind, string>>>): readonly Canary[] {
  return Object.entries(values).map(([kind, value]) => ({
    kind: kind as ObservableKind,
    value: value as CheckedValue,
    id: canaryId,
    score: 100,
  }));
}

/** Patterns of the whole values, so that another one with the beginning of a canary pages as it should. */
const patterns = {
  hash: hashKinds
    .flatMap((kind) => [listCanaries[kind], gateCanaries[kind]].map((value) => `${kind}=${value}`))
    .join('|')
    .toUpperCase(),
  address: String.raw`^(?:192\.0\.2\.77|198\.51\.100\.\d+|2001:db8:(?:0:0:0:0:0)?:ca7a|2001:db8:ca7a:.*)$`,
  name: String.raw`(?i)(?:^|\.)(?:canary|gate)\.opencti-wazuh\.invalid$`,
} as const;

/** What a field of an event has when it is a canary. */
function toPattern({ spelling, kinds, subject }: EventField): string {
  if (spelling !== 'bare-lower') return patterns[subject];
  return `^(?:${kinds.map((kind) => listCanaries[kind]).join('|')})$`;
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

/** The end of the lines of canaries: they are in every list of a manager, and nobody's change. */
export const canaryEnd = `:${canaryId}`;

/** Is a line of a list one of a canary? */
export function isCanaryLine(line: string): boolean {
  return line.endsWith(canaryEnd);
}
