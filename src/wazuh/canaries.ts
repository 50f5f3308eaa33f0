import {
  type CheckedValue,
  type ClaimKind,
  type HashKind,
  hashKinds,
  type NetworkKind,
  type Observable,
  type ObservableKind,
} from '../values/kinds.ts';
import {
  type EventField,
  nameStyles,
  type Spelling,
  staticFields,
  sysmonLabels,
  toNameStyle,
} from './fields.ts';
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
const canaries: readonly Canary[] = Object.entries(listCanaries).map(([kind, value]) => ({
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
  'log-address': '^(?:192\\.0\\.2\\.77|2001:db8::ca7a|2001:0db8(?::0000){5}:ca7a)$',
  'mapped-log-address': '^(?:(?:::ffff:)?192\\.0\\.2\\.77|2001:db8::ca7a|2001:0db8(?::0000){5}:ca7a)$',
  name: '^canary\\.opencti-wazuh\\.invalid\\.?$',
} as const satisfies Record<Exclude<Spelling, 'bare-lower' | 'url-host' | 'name-in-array'>, string>;

const gateName = gateCanaries.name.replaceAll('.', '\\.');

/** What the pattern gates of a field would match were the canary a value of OpenCTI. */
function toGatePattern({ spelling, ruleField, patterns }: EventField): string | null {
  switch (patterns) {
    case null:
      return null;
    case 'hashes':
      return labelled(gateCanaries);
    case 'domains': {
      const { wide, end } = nameStyles[toNameStyle(spelling)];
      return `(?i)${wide}${gateName}${end}`;
    }
    case 'cidr':
      if (staticFields.has(ruleField)) return gateCanaries['ipv4-network'];
      return spelling.endsWith('log-address')
        ? '(?i)^(?:(?:::ffff:)?198\\.51\\.100\\.[0-9]+|2001:0?db8:ca7a:[0-9a-f:]+)$'
        : '(?i)^(?:(?:::ffff:)?198\\.51\\.100\\.[0-9]+|(?:::|0:0:0:0:0:)ffff:c633:64[0-9a-f]{2}|2001:db8:ca7a:[0-9a-f:]+)$';
  }
}

/** The rules of the canaries of a field, as the template takes them. */
export interface FieldCanaries {
  /** Takes the canary of the list from the alert rules: a child of the list gate, tried before them. Null: it has no list. */
  readonly list: { readonly id: number; readonly pattern: string } | null;
  /** Stands beside the pattern gates, as a gate of its own: each leaf of theirs would carry a copy of its rule. */
  readonly patterns: { readonly id: number; readonly pattern: string } | null;
  /** The group of both gates, and the id of the rule that raises the alert. */
  readonly group: string;
  readonly ruleId: number;
}

export function toFieldCanaries(field: EventField, blocks: IdBlocks): FieldCanaries {
  const { listCanary, patternCanary, canaryRule } = field.ids;
  const listPattern = toListPattern(field);
  const gatePattern = toGatePattern(field);
  return {
    list: listPattern === null ? null : { id: moveRuleId(listCanary, blocks), pattern: listPattern },
    patterns:
      patternCanary !== null && gatePattern !== null
        ? { id: moveRuleId(patternCanary, blocks), pattern: gatePattern }
        : null,
    group: `octcanary_${field.key}`,
    ruleId: moveRuleId(canaryRule, blocks),
  };
}

function toListPattern({ list, spelling, kinds, ruleField }: EventField): string | null {
  if (list === null || spelling === 'url-host' || spelling === 'name-in-array') return null;
  if (kinds.includes('ipv4') && staticFields.has(ruleField)) return listCanaries.ipv4;
  if (spelling !== 'bare-lower') return listPatterns[spelling];
  return `^(?:${kinds.map((kind) => listCanaries[kind]).join('|')})$`;
}

/**
 * The canaries that the list of a field has. The elements of static addresses keep families apart, so one family is enough
 * there.
 */
export function toListCanaries({ kinds, ruleField }: EventField): Canary[] {
  const isStatic = staticFields.has(ruleField);
  return canaries.filter(({ kind }) => kinds.some((own) => own === kind) && !(isStatic && kind === 'ipv6'));
}

/** The end of the lines of canaries: they are in every list of a manager, and no change of it. */
export const canaryEnd = `:${canaryId}`;

/** Returns whether a line of a list is the entry of a canary. */
export function isCanaryLine(line: string): boolean {
  return line.endsWith(canaryEnd);
}
