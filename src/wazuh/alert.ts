import { isIPv4, isIPv6 } from 'node:net';
import { KnownError } from '../errors.ts';
import { type Claim, hashKinds } from '../values/kinds.ts';
import { trimBlanks } from '../values/refang.ts';
import { canaryGroup } from './canaries.ts';
import {
  allFields,
  type Condition,
  type EventField,
  type FieldEvent,
  sysmonLabels,
  toRootLine,
} from './fields.ts';

/** The parts of an alert from integratord that this project reads. */
export interface Alert {
  readonly id: string;
  readonly ruleId: string;
  readonly groups: readonly string[];
  readonly agent: { readonly id: string; readonly name: string; readonly ip: string | null };
  /** Whether this integration or another part of this project sent it. */
  readonly isOurMessage: boolean;
  /** Whether a match with one of the project's lists or gates raised it. */
  readonly isListMatch: boolean;
  /** Whether it was raised for a value that the selftest sent. */
  readonly isSelftest: boolean;
  /** Returns the text at a path such as `data.win.eventdata.hashes`, or null. */
  textAt(path: string): string | null;
  /** Does the same for a path whose parts may be spelled in upper or lower case. */
  textAtAnyCase(path: string): string | null;
}

/**
 * The characters that are kept of the id, the name and the address of an agent: they precede the event in a message,
 * where nothing can be shortened.
 */
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

/** An array as the engine prints it for its rules: JSON. */
const toText = (value: unknown) => {
  if (Array.isArray(value)) return JSON.stringify(value);
  return typeof value === 'string' && value !== '' ? value : null;
};

const toTexts = (value: unknown) =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];

/** A field of an alert that has a lookup, and the values that its text claims to hold. */
export interface Sighting {
  readonly field: EventField;
  /** The path of the field in the alert, without the `data.` of the fields that decoders fill. */
  readonly path: string;
  /** The text as the event has it. */
  readonly text: string;
  readonly claims: readonly Claim[];
  /** The text holds several labelled hashes. */
  readonly isComposite: boolean;
}

/** Every looked-up field that the alert carries, whoever raised it. */
export function findSightings(alert: Alert, fields: readonly EventField[] = allFields): Sighting[] {
  return fields.flatMap((field) => {
    for (const path of field.alertPaths) {
      const text = alert.textAt(path);
      const sighting = text === null ? null : toSighting(field, path.replace(/^data\./, ''), text);
      // A text of hashes has a row for each algorithm, and the hash of this row's algorithm may be missing.
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
      // The hashes of Sysmon for Linux have labels when another decoder than ours has read the event.
      return field.subject === 'hash' && text.includes('=')
        ? readLabelledHashes(text)
        : field.kinds.slice(0, 1).map((kind) => ({ kind, text }));
    case 'name':
      return [{ kind: 'name', text }];
    case 'url-host':
      return readHost(text);
    case 'name-in-array':
      return readQueries(text);
    case 'sysmon-address':
    case 'any-address':
    case 'log-address':
    case 'mapped-log-address':
      return readAddress(text);
  }
}

/** Sysmon writes four; a forged event may hold thousands. */
const mostHashes = 16;

/** Reads Sysmon's `SHA1=...,MD5=...,SHA256=...,IMPHASH=...` by the labels, since IMPHASH has the length of an MD5. */
function readLabelledHashes(text: string): Claim[] {
  return text.split(',', mostHashes).flatMap((part) => {
    const [label = '', hash] = part.split('=', 2);
    const written = label.trim().toUpperCase().replace('-', '');
    const kind = hashKinds.find((each) => sysmonLabels[each] === written);
    return kind === undefined || hash === undefined ? [] : [{ kind, text: hash }];
  });
}

/** The host of a URL or of `host:port`. */
function readHost(text: string): Claim[] {
  const [, host] = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^/@?#]*@)?([^/@?#:[\]]+)/i.exec(text) ?? [];
  return host === undefined ? [] : [{ kind: 'name', text: host }];
}

/** A query has one question; a forged event may hold thousands. */
const mostQueries = 16;

function readQueries(text: string): Claim[] {
  const names = [...text.matchAll(/"rrname":\s*"([^"]*)"/g)].slice(0, mostQueries);
  return names.map(([, name = '']) => ({ kind: 'name', text: name }));
}

function readAddress(text: string): Claim[] {
  const address = trimBlanks(text);
  if (isIPv4(address)) return [{ kind: 'ipv4', text: address }];
  return isIPv6(address) ? [{ kind: 'ipv6', text: address }] : [];
}

/** Is an alert one of this event of a row, with its field? By the conditions that the rules ask. */
export function hasEvent(alert: Alert, field: EventField, event: Pick<FieldEvent, 'when'>): boolean {
  return (
    field.alertPaths.some((path) => alert.textAt(path) !== null) &&
    event.when.every((condition) => holds(alert, condition)) &&
    field.roots.some((root) => toRootLine(root).every(({ when }) => when.every((each) => holds(alert, each))))
  );
}

/**
 * The names of fields are compared without case, as the engine does: decoders of the community write `system.eventID`.
 */
function holds(alert: Alert, condition: Condition): boolean {
  if ('decoder' in condition)
    return [alert.textAt('decoder.name'), alert.textAt('decoder.parent')].includes(condition.decoder);
  if ('notFrom' in condition) return !finds(alert.textAt('location') ?? '', condition.notFrom);
  if ('text' in condition) return finds(toLogText(alert), condition.text);
  const text = alert.textAtAnyCase(`data.${condition.field}`);
  return text !== null && finds(text, condition.pattern);
}

function finds(text: string, pattern: string): boolean {
  let known = compiled.get(pattern);
  if (known === undefined) {
    known = compile(pattern);
    compiled.set(pattern, known);
  }
  return known.test(text);
}

/** The table and the configuration have some hundred patterns, and the end of a log has thousands of events. */
const compiled = new Map<string, RegExp>();

/** Our patterns mean the same in PCRE2 and here, but for the flag at the beginning. */
function compile(pattern: string): RegExp {
  const ignoresCase = pattern.startsWith('(?i)');
  return new RegExp(ignoresCase ? pattern.slice(4) : pattern, ignoresCase ? 'i' : '');
}

/**
 * The log line without its syslog header, as rules see it: what follows the program and its number. A host may have the
 * name of a program.
 */
function toLogText(alert: Alert): string {
  const log = alert.textAt('full_log') ?? '';
  const program = alert.textAt('predecoder.program_name');
  if (program === null) return log;
  const name = program.replace(/[^\w\s]/g, '\\$&');
  return log.replace(new RegExp(`^[\\s\\S]*?(?:^|\\s)${name}(?:\\[\\d+\\])?:\\s*`), '');
}
