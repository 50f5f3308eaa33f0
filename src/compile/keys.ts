import type { HashKind, Observable } from '../observable/kinds.ts';
import type { Spelling } from '../wazuh/event-fields.ts';
import { sysmonLabels } from '../wazuh/sysmon-labels.ts';

/** The keys under which a field of that spelling will ask for a value; the caller knows that the kind fits. */
export const formatKeys = {
  'labelled-upper': ({ kind, value }) => [`${sysmonLabels[kind as HashKind]}=${value.toUpperCase()}`],
  'bare-lower': ({ value }) => [value],
  'sysmon-address': ({ value }) => [expandIpv6(value)],
  'any-address': ({ value }) => [...new Set([expandIpv6(value), value])],
  name: ({ value }) => [value],
} as const satisfies Record<Spelling, (observable: Observable) => string[]>;

const groupCount = 8;

/**
 * Sysmon for Windows writes eight groups without padding: `2a00:1450:4009:81e:0:0:0:200e`. The normal form
 * differs from it by its `::` alone.
 */
export function expandIpv6(value: string): string {
  if (!value.includes('::')) return value;
  const [head = [], tail = []] = value.split('::').map((part) => part.split(':').filter(Boolean));
  const zeros = Array<string>(groupCount - head.length - tail.length).fill('0');
  return [...head, ...zeros, ...tail].join(':');
}
