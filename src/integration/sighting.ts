import { isIPv4, isIPv6 } from 'node:net';
import type { Claim } from '../observable/kinds.ts';
import { trimBlanks } from '../observable/refang.ts';
import { toHashKind } from '../opencti/hash-algorithm.ts';
import {
  type Condition,
  type EventField,
  eventFields,
  type FieldEvent,
  type RootKey,
  roots,
} from '../wazuh/fields.ts';
import type { Alert } from './alert.ts';

/** A looked-up field of an alert, and what its text claims to hold. */
export interface Sighting {
  readonly field: EventField;
  /** Where the alert has it, without the `data.` of what decoders fill. */
  readonly path: string;
  /** As the event has it. */
  readonly text: string;
  readonly claims: readonly Claim[];
  /** The text holds several labelled hashes. */
  readonly isComposite: boolean;
}

/** Every looked-up field that the alert carries, whoever raised it. */
export function findSightings(alert: Alert): Sighting[] {
  return eventFields.flatMap((field: EventField) => {
    for (const path of field.alertPaths) {
      const text = alert.textAt(path);
      const sighting = text === null ? null : toSighting(field, path.replace(/^data\./, ''), text);
      // A text of hashes has a row for each algorithm, and this one's may be absent.
      if (sighting !== null && (sighting.claims.length > 0 || field.subject !== 'hash')) return [sighting];
    }
    return [];
  });
}

function toSighting(field: EventField, path: string, text: string): Sighting {
  const claims = readClaims(field, text).filter(({ kind }) => field.kinds.includes(kind));
  return { field, path, text, claims, isComposite: field.subject === 'hash' && text.includes(',') };
}

function readClaims(field: EventField, text: string): Claim[] {
  switch (field.spelling) {
    case 'labelled-upper':
      return readLabelledHashes(text);
    case 'bare-lower':
      // Sysmon for Linux has labels where another decoder than ours has read it.
      return text.includes('=')
        ? readLabelledHashes(text)
        : field.kinds.slice(0, 1).map((kind) => ({ kind, text }));
    case 'name':
      return [{ kind: 'name', text }];
    default:
      return readAddress(text);
  }
}

/** Sysmon writes four; a forged event may hold thousands. */
const mostHashes = 16;

/** Sysmon's `SHA1=...,MD5=...,SHA256=...,IMPHASH=...`: by label, since IMPHASH has the length of an MD5. */
function readLabelledHashes(text: string): Claim[] {
  return text.split(',', mostHashes).flatMap((part) => {
    const [label = '', hash] = part.split('=', 2);
    const kind = toHashKind(label);
    return kind === null || hash === undefined ? [] : [{ kind, text: hash }];
  });
}

function readAddress(text: string): Claim[] {
  const address = trimBlanks(text);
  if (isIPv4(address)) return [{ kind: 'ipv4', text: address }];
  return isIPv6(address) ? [{ kind: 'ipv6', text: address }] : [];
}

/** Is an alert one of this event of a row, with its field? By the conditions that the rules ask. */
export function hasEvent(alert: Alert, field: EventField, event: FieldEvent): boolean {
  return (
    field.alertPaths.some((path) => alert.textAt(path) !== null) &&
    holds(alert, event.when) &&
    field.roots.some((root) => isBelow(alert, root))
  );
}

function isBelow(alert: Alert, key: RootKey): boolean {
  const { parent, when } = roots[key];
  return (
    when.every((condition) => holds(alert, condition)) &&
    (typeof parent === 'number' || isBelow(alert, parent))
  );
}

/** Names of fields are compared without case, as the engine does: decoders of the community spell `system.eventID`. */
function holds(alert: Alert, condition: Condition): boolean {
  if ('decoder' in condition) return alert.textAt('decoder.name') === condition.decoder;
  const text = alert.textAtAnyCase(`data.${condition.field}`);
  return text !== null && new RegExp(condition.pattern).test(text);
}
