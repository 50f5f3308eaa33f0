import { isIPv4, isIPv6 } from 'node:net';
import { KnownError } from '../errors.ts';
import { type Claim, hashKinds } from '../values/kinds.ts';
import { trimBlanks } from '../values/refang.ts';
import { canaryGroup } from './canaries.ts';
import {
  type Condition,
  type EventField,
  eventFields,
  type FieldEvent,
  type RootKey,
  roots,
  sysmonLabels,
} from './fields.ts';

/** An alert as integratord hands it over, as far as it is looked at. */
export interface Alert {
  readonly id: string;
  readonly ruleId: string;
  readonly groups: readonly string[];
  readonly agent: { readonly id: string; readonly name: string; readonly ip: string | null };
  /** Sent by this integration or by another part of this project. */
  readonly isOurMessage: boolean;
  /** Raised by a match with one of the project's lists or gates. */
  readonly isListMatch: boolean;
  /** Raised for a value that the selftest sent. */
  readonly isSelftest: boolean;
  /** The text at a path such as `data.win.eventdata.hashes`, or null. */
  textAt(path: string): string | null;
  /** The same for a path of which each part may be spelled in any case. */
  textAtAnyCase(path: string): string | null;
}

/** Of an agent of Wazuh; these come before the event in a message, where nothing can be cut. */
const longestName = 128;

/** @throws KnownError when the text is not the JSON of an alert. */
export function parseAlert(text: string, place: string): Alert {
  const root = parseObject(text);
  if (root === null) throw new KnownError(`${place} is not an alert in JSON (alert_format must be json)`);
  const at = (path: string) => readPath(root, path);
  const textAt = (path: string) => toText(at(path));
  const groups = toTexts(at('rule.groups'));
  return {
    id: textAt('id') ?? '',
    ruleId: textAt('rule.id') ?? '',
    groups,
    agent: {
      id: textAt('agent.id')?.slice(0, longestName) ?? '000',
      name: textAt('agent.name')?.slice(0, longestName) ?? '',
      ip: textAt('agent.ip')?.slice(0, longestName) ?? null,
    },
    isOurMessage: textAt('data.integration') === 'opencti' || groups.includes('opencti'),
    isListMatch: groups.includes('opencti_match'),
    isSelftest: groups.includes(canaryGroup),
    textAt,
    textAtAnyCase: (path) => toText(readPath(root, path, findAnyCase)),
  };
}

function parseObject(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function readPath(root: object, path: string, find = (_: object, key: string) => key): unknown {
  let value: unknown = root;
  for (const part of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    const key = find(value, part);
    if (!Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

function findAnyCase(value: object, part: string): string {
  const wanted = part.toLowerCase();
  return Object.keys(value).find((key) => key.toLowerCase() === wanted) ?? part;
}

const toText = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null);

const toTexts = (value: unknown) =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];

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
      return field.subject === 'hash' && text.includes('=')
        ? readLabelledHashes(text)
        : field.kinds.slice(0, 1).map((kind) => ({ kind, text }));
    case 'name':
      return [{ kind: 'name', text }];
    case 'sysmon-address':
    case 'any-address':
      return readAddress(text);
  }
}

/** Sysmon writes four; a forged event may hold thousands. */
const mostHashes = 16;

/** Sysmon's `SHA1=...,MD5=...,SHA256=...,IMPHASH=...`: by label, since IMPHASH has the length of an MD5. */
function readLabelledHashes(text: string): Claim[] {
  return text.split(',', mostHashes).flatMap((part) => {
    const [label = '', hash] = part.split('=', 2);
    const written = label.trim().toUpperCase().replace('-', '');
    const kind = hashKinds.find((each) => sysmonLabels[each] === written);
    return kind === undefined || hash === undefined ? [] : [{ kind, text: hash }];
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
