import ipaddr from 'ipaddr.js';
import { formatKeys } from '../../compile/keys.ts';
import type { Claim, Observable, ObservableKind } from '../../observable/kinds.ts';
import { isSkip } from '../../observable/skip.ts';
import { toObservable } from '../../observable/to-observable.ts';
import { type EventField, eventFields, type FieldEvent } from '../../wazuh/event-fields.ts';
import { toFieldEvent } from '../../wazuh/field-event.ts';
import { evaluate } from '../../wazuh/ruleset/evaluate.ts';
import type { Ruleset } from '../../wazuh/ruleset/load-ruleset.ts';
import type { GateHit } from './look-up-value.ts';

/** Which alert rules an event with this value would fire, by the model of the engine's rule tree. */
export function findGates(observable: Observable, ruleset: Ruleset): GateHit[] {
  const values = spread(observable);
  return eventFields.flatMap((field: EventField) => {
    const kinds: readonly ObservableKind[] = field.kinds;
    const texts = values
      .filter(({ kind }) => kinds.includes(kind))
      .flatMap((value) => formatKeys[field.spelling](value));
    if (texts.length === 0) return [];
    return field.events.flatMap((event) => fireAll(field, event, texts, ruleset));
  });
}

/** A hit only if every text has one. */
function fireAll(
  field: EventField,
  event: FieldEvent,
  texts: readonly string[],
  ruleset: Ruleset,
): GateHit[] {
  const hits = texts.map((text) => {
    const { fired, path } = evaluate(ruleset, toFieldEvent(field, event, text));
    return fired?.groups.includes('opencti_match')
      ? { field: field.ruleField, rule: fired.id, gate: path.at(-2) ?? 0 }
      : null;
  });
  const [first] = hits;
  return first && !hits.includes(null) ? [first] : [];
}

/** A network stands for its first and its last address: a gate that has both has it all, since gates hold ranges. */
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
