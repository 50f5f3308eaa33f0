import ipaddr from 'ipaddr.js';
import { formatKeys } from '../../compile/keys.ts';
import { toObservable } from '../../values/door.ts';
import type { Claim, Observable, ObservableKind } from '../../values/kinds.ts';
import { isSkip } from '../../values/skip-reasons.ts';
import { type EventField, staticFields } from '../../wazuh/fields.ts';
import type { PublishedRules } from '../../wazuh/published-rules.ts';

export interface GateHit {
  readonly field: string;
  /** The alert rule that would fire. */
  readonly rule: number;
  /** The gate that leads to the rule. */
  readonly gate: number;
}

/**
 * Returns the alert rules that an event with this value would fire by a pattern gate, by the gates as they are
 * published.
 */
export function findGates(
  observable: Observable,
  fields: readonly EventField[],
  rules: PublishedRules,
): GateHit[] {
  const values = spread(observable);
  return fields.flatMap((field) => {
    const kinds: readonly ObservableKind[] = field.kinds;
    const texts = values.filter(({ kind }) => kinds.includes(kind)).flatMap((value) => toTexts(field, value));
    if (field.patterns === null || texts.length === 0) return [];
    // The value counts as matched only if every spelling has a gate.
    const gates = texts.map((text) => rules.findGate(field, text));
    const [gate = null] = gates;
    if (gate === null || gates.includes(null)) return [];
    return field.events.flatMap((event) => {
      const rule = rules.findAlertRule(field, [event]);
      return rule === null ? [] : [{ field: field.ruleField, rule: rule.id, gate }];
    });
  });
}

/**
 * How events spell the value, as far as gates can match it: networks of a static field have no IPv4 address that is
 * written as an IPv6 one, which is in the list alone.
 */
function toTexts({ spelling, subject, ruleField }: EventField, value: Observable): string[] {
  const texts: string[] = formatKeys[spelling](value);
  const isPlainOnly = subject === 'address' && staticFields.has(ruleField);
  return isPlainOnly ? texts.filter((text) => !text.startsWith('::ffff:')) : texts;
}

/** A network is asked for by its first and its last address: a gate that has both has all, since gates hold ranges. */
function spread(observable: Observable): Observable[] {
  if (!observable.kind.endsWith('-network')) return [observable];
  const isIpv4 = observable.kind === 'ipv4-network';
  const family = isIpv4 ? ipaddr.IPv4 : ipaddr.IPv6;
  const ends = [family.networkAddressFromCIDR(observable.value), lastAddress(observable.value)];
  return ends.flatMap((address) => {
    const claim: Claim = { kind: isIpv4 ? 'ipv4' : 'ipv6', text: address.toString() };
    const end = toObservable(claim);
    return isSkip(end) ? [] : [end];
  });
}

function lastAddress(network: string): ipaddr.IPv4 | ipaddr.IPv6 {
  const [address, bits] = ipaddr.parseCIDR(network);
  const bytes = address
    .toByteArray()
    .map((byte, index) => byte | (0xff >> Math.min(8, Math.max(0, bits - index * 8))));
  return ipaddr.fromByteArray(bytes);
}
