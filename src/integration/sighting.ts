import { isIPv4, isIPv6 } from 'node:net';
import type { Claim } from '../observable/kinds.ts';
import { trimBlanks } from '../observable/refang.ts';
import { toHashKind } from '../opencti/hash-algorithm.ts';
import { type EventField, eventFields } from '../wazuh/event-fields.ts';
import type { Alert } from './alert.ts';

/** A looked-up field of an alert, and what its text claims to hold. */
export interface Sighting {
  readonly field: EventField;
  /** Where the alert has it, without the `data.` of Sysmon's fields. */
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
      const text = alert.textAt(field.source === 'fim' ? path : `data.${path}`);
      if (text !== null) return [toSighting(field, path, text)];
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
      return field.kinds.slice(0, 1).map((kind) => ({ kind, text }));
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
