import {
  type CheckedValue,
  type ClaimKind,
  type HashKind,
  hashKinds,
  type NetworkKind,
  type Observable,
  type ObservableKind,
} from '../values/kinds.ts';
import { type EventField, type PatternKind, type Spelling, sysmonLabels } from './fields.ts';
import { type IdBlocks, moveRuleId } from './rule-ids.ts';

/** The value of a canary's list entry, in place of an OpenCTI id: the entry belongs to no object. */
export const canaryId = 'opencti-wazuh-canary';
export const canaryGroup = 'opencti_selftest';

const hex = (text: string) => Buffer.from(text).toString('hex');

/**
 * Values that no real event has: hashes that spell a sentence, addresses of the ranges that are reserved for
 * documentation (RFC 5737, RFC 3849), names below `.invalid` (RFC 2606). `refresh` adds these to the lists of the
 * manager; the canaries of the gates are in no list, so that an event with one of them tests the gates alone.
 */
export const listCanaries = {
  sha256: hex('opencti-wazuh canary for SHA-256'),
  sha1: hex('opencti-wazuh canary'),
  md5: hex('opencti canary 1'),
  ipv4: '192.0.2.77',
  ipv6: '2001:db8::ca7a',
  name: 'canary.opencti-wazuh.invalid',
} as const satisfies Record<ClaimKind, string>;

/**
 * Values that only a pattern matches: a hash among several hashes, a name below the domain, an address in the network.
 */
export const gateCanaries = {
  sha256: hex('gate of an opencti-wazuh canary!'),
  sha1: hex('gate-canary: opencti'),
  md5: hex('gate of a canary'),
  'ipv4-network': '198.51.100.0/24',
  'ipv6-network': '2001:db8:ca7a::/48',
  name: 'gate.opencti-wazuh.invalid',
} as const satisfies Record<HashKind | NetworkKind | 'name', string>;

/** All canaries: where OpenCTI has one of them, too, it is not taken as a value of OpenCTI. */
export const canaryValues: readonly string[] = [
  ...Object.values(listCanaries),
  ...Object.values(gateCanaries),
];

interface Canary extends Observable {
  readonly id: typeof canaryId;
  readonly score: 100;
}

/** The entries that the lists of a manager have in addition to the values of OpenCTI, as the compiler takes them. */
export const canaries: readonly Canary[] = Object.entries(listCanaries).map(([kind, value]) => ({
  // The cast is needed since the check of values refuses such values.
  kind: kind as ObservableKind,
  value: value as CheckedValue,
  id: canaryId,
  score: 100,
}));

const labelled = (hashes: Readonly<Record<HashKind, string>>): string =>
  `(?:${hashKinds.map((kind) => `${sysmonLabels[kind]}=${hashes[kind].toUpperCase()}`).join('|')})`;

/** Patterns for whole values in every spelling of a field: a listed value that only ends like a canary is no canary. */
const listPatterns = {
  'labelled-upper': `^${labelled(listCanaries)}$`,
  'sysmon-address': '^(?:192\\.0\\.2\\.77|0:0:0:0:0:ffff:c000:24d|2001:db8:0:0:0:0:0:ca7a)$',
  'any-address':
    '^(?:(?:::ffff:)?192\\.0\\.2\\.77|(?:::|0:0:0:0:0:)ffff:c000:24d|2001:db8:(?:0:0:0:0:0)?:ca7a)$',
  name: '^canary\\.opencti-wazuh\\.invalid\\.?$',
} as const satisfies Record<Exclude<Spelling, 'bare-lower'>, string>;

/**
 * The pattern for the canary of a field's pattern gates: what these gates would match if the canary were a value of
 * OpenCTI.
 */
const gatePatterns = {
  hashes: labelled(gateCanaries),
  domains: '(?i)(?:^|\\.)gate\\.opencti-wazuh\\.invalid\\.?$',
  cidr: '(?i)^(?:(?:::ffff:)?198\\.51\\.100\\.[0-9]+|(?:::|0:0:0:0:0:)ffff:c633:64[0-9a-f]{2}|2001:db8:ca7a:[0-9a-f:]+)$',
} as const satisfies Record<PatternKind, string>;

/** The rules of the canaries of a field, as the template takes them. */
export interface FieldCanaries {
  /**
   * Keeps the canary of the list away from the alert rules: it is a child of the list gate, and is tried before them.
   */
  readonly list: { readonly id: number; readonly pattern: string };
  /**
   * Is a sibling of the pattern gates and a gate of its own: as a child, each of their leaves would need a copy of its
   * rule.
   */
  readonly patterns: { readonly id: number; readonly pattern: string } | null;
  /** The group of both gates, and the id of the rule that raises the alert. */
  readonly group: string;
  readonly ruleId: number;
}

export function toFieldCanaries(field: EventField, blocks: IdBlocks): FieldCanaries {
  const { listCanary, patternCanary, canaryRule } = field.ids;
  return {
    list: { id: moveRuleId(listCanary, blocks), pattern: toListPattern(field) },
    patterns:
      patternCanary !== null && field.patterns !== null
        ? { id: moveRuleId(patternCanary, blocks), pattern: gatePatterns[field.patterns] }
        : null,
    group: `octcanary_${field.key}`,
    ruleId: moveRuleId(canaryRule, blocks),
  };
}

function toListPattern({ spelling, kinds }: EventField): string {
  if (spelling !== 'bare-lower') return listPatterns[spelling];
  return `^(?:${kinds.map((kind) => listCanaries[kind]).join('|')})$`;
}

/** The end of the line of a canary: canaries are in every list of a manager, and are not counted as changes of it. */
export const canaryEnd = `:${canaryId}`;

/** Returns whether a line of a list is the entry of a canary. */
export function isCanaryLine(line: string): boolean {
  return line.endsWith(canaryEnd);
}
