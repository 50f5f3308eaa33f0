import { statSync } from 'node:fs';
import { formatKeys } from '../../compile/keys.ts';
import { codeOf, KnownError } from '../../errors.ts';
import { readText } from '../../files/read-text.ts';
import { toObservable } from '../../values/door.ts';
import { isSkip, type SkipReason } from '../../values/skip-reasons.ts';
import { type Alert, findSightings, hasEvent, parseAlert, type Sighting } from '../../wazuh/alert.ts';
import type { DetectionFolder } from '../../wazuh/detection-folder.ts';

export interface KeyResult {
  readonly key: string;
  /** The OpenCTI id that the list has for it; null: the key is not in the list. */
  readonly id: string | null;
}

export interface FieldResult {
  /** The path in the alert. */
  readonly field: string;
  readonly text: string;
  /** Null: patterns alone match the field. */
  readonly list: string | null;
  readonly keys: readonly KeyResult[];
  readonly refused: readonly SkipReason[];
}

/** The alert rule of a match. */
export interface FiredResult {
  readonly id: number;
  readonly level: number;
  readonly description: string;
  /** The field that it looked up. */
  readonly field: string;
  /** `list`, or the id of the pattern gate. */
  readonly by: 'list' | number;
}

export interface AlertResult {
  readonly fields: readonly FieldResult[];
  /** The rule of ours that the event would fire with the lists and gates of the folder; null: none. */
  readonly fired: FiredResult | null;
}

/** The rule that an event would fire. */
export async function lookUpAlert({ text, place }: ReadEvent, folder: DetectionFolder): Promise<AlertResult> {
  const alert = parseAlert(text, place);
  const sightings = findSightings(alert, folder.fields);
  return {
    fields: sightings.flatMap((sighting) => {
      const result = toFieldResult(sighting, folder);
      // Several sources have a field of one name: those that this event is not of are shown when their list has the value.
      const isShown = hasEvent(alert, sighting.field, anyEvent) || result.keys.some(({ id }) => id !== null);
      return isShown ? [result] : [];
    }),
    fired: await findFired(alert, sightings, folder),
  };
}

/** Asks for the roots of a field alone. */
const anyEvent = { when: [] };

/** The first field that a list or a gate has, byte for byte as the event spells it: gates are tried in this order. */
async function findFired(
  alert: Alert,
  sightings: readonly Sighting[],
  folder: DetectionFolder,
): Promise<FiredResult | null> {
  const rules = await folder.readRules();
  for (const sighting of sightings) {
    const { field, path } = sighting;
    const events = field.events.filter((event) => hasEvent(alert, field, event));
    const rule = rules.findAlertRule(field, events);
    if (rule === null) continue;
    for (const text of toRuleTexts(sighting)) {
      const isListed =
        field.list !== null && rules.readsList(field) && folder.lookUp(field.list, text) !== null;
      const by = isListed ? 'list' : rules.findGate(field, text);
      if (by !== null) return { ...rule, field: path, by };
    }
  }
  return null;
}

/** Returns the text that rules compare: our decoder splits the text of Sysmon for Linux into single hashes. */
function toRuleTexts({ field, text, claims }: Sighting): string[] {
  return field.spelling === 'bare-lower' ? claims.map((claim) => claim.text) : [text];
}

function toFieldResult({ field, path, text, claims }: Sighting, folder: DetectionFolder): FieldResult {
  const observables = claims.map(toObservable);
  const keys = observables
    .flatMap((observable) => (isSkip(observable) ? [] : formatKeys[field.spelling](observable)))
    .map((key) => ({ key, id: field.list === null ? null : folder.lookUp(field.list, key) }));
  const refused = observables.flatMap((observable) => (isSkip(observable) ? [observable.skip] : []));
  return { field: path, text, list: field.list, keys, refused };
}

/** One event of a file, in the form of an alert. */
export interface ReadEvent {
  /** JSON, as a line of `alerts.json` is. */
  readonly text: string;
  /** Its file and line, for messages. */
  readonly place: string;
}

/** The most bytes of a file, far more than a person would look up by hand. */
const mostBytes = 16 * 2 ** 20;

/**
 * Reads the events of a file. @throws KnownError (exit code 2) when the file cannot be read, or a part of it is no
 * event
 */
export function readEventFile(file: string): ReadEvent[] {
  try {
    const { size } = statSync(file);
    if (size > mostBytes) {
      const message = `${file} has ${size} bytes; lookup reads up to ${mostBytes}: cut the file`;
      throw new KnownError(message, { exitCode: 2 });
    }
    return readEvents(readText(file), file);
  } catch (error) {
    if (error instanceof KnownError) throw error;
    const message = `${file} cannot be read (${codeOf(error)})`;
    throw new KnownError(message, { exitCode: 2 });
  }
}

/**
 * The events of a text, in each of the forms in which people have them:
 *
 * - an alert of `alerts.json`, or an event of `archives.json`;
 * - a document of the dashboard or the indexer, where the alert is in `_source`, and the answer to a search with
 *   several of them (`hits.hits`);
 * - an event without what is around it: the `win` of a Windows event, the `system` and `eventdata` of Sysmon for Linux;
 * - several of these, one a line or in a list.
 *
 * @throws KnownError (exit code 2) for anything else, with the place and what was expected
 */
export function readEvents(text: string, place: string): ReadEvent[] {
  const plain = text.replace(/^\ufeff/, '');
  const whole = parseJson(plain);
  if (whole !== undefined) return toEvents(whole, place);
  const lines = plain
    .split('\n')
    .map((line, index) => ({ line: line.trim(), at: `${place}, line ${index + 1}` }));
  const written = lines.filter(({ line }) => line !== '');
  if (written.length < 2) throw toError(place, 'it is no JSON');
  return written.flatMap(({ line, at }) => {
    const value = parseJson(line);
    if (value === undefined) throw toError(at, 'it is no JSON');
    return toEvents(value, at);
  });
}

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Undefined: the text is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function toEvents(value: unknown, place: string): ReadEvent[] {
  const documents = listDocuments(value);
  if (documents.length === 0) throw toError(place, 'it holds no event');
  return documents.map((document, index) => {
    const at = documents.length === 1 ? place : `${place}, event ${index + 1}`;
    const alert = toAlert(isObject(document) && isObject(document._source) ? document._source : document);
    if (alert === null) throw toError(at, describe(document));
    return { text: JSON.stringify(alert), place: at };
  });
}

function listDocuments(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (!isObject(value) || !isObject(value.hits)) return [value];
  return Array.isArray(value.hits.hits) ? value.hits.hits : [value];
}

/** The keys of an alert, of which it has at least one. */
const alertKeys = ['rule', 'data', 'syscheck', 'decoder', 'full_log'];

/** Null: the value is no event. */
function toAlert(value: unknown): JsonObject | null {
  if (!isObject(value)) return null;
  if (isObject(value.win)) return { data: value, ...fromWindows };
  if (alertKeys.some((key) => Object.hasOwn(value, key))) return withDecoder(value);
  return isObject(value.eventdata) ? { data: value, ...fromLinux } : null;
}

/** Completes an alert that has only its data: rules have conditions on the decoder, too. */
function withDecoder(alert: JsonObject): JsonObject {
  const { data } = alert;
  if (Object.hasOwn(alert, 'decoder') || !isObject(data)) return alert;
  if (isObject(data.win)) return { ...fromWindows, ...alert };
  return isObject(data.eventdata) ? { ...fromLinux, ...alert } : alert;
}

const fromWindows = { decoder: { name: 'windows_eventchannel' }, location: 'EventChannel' };
const fromLinux = { decoder: { name: 'sysmon-linux' } };

function describe(value: unknown): string {
  if (!isObject(value))
    return `it is ${Array.isArray(value) ? 'a list' : `${JSON.stringify(value)}`.slice(0, 40)}`;
  const keys = Object.keys(value)
    .slice(0, 5)
    .map((key) => JSON.stringify(key.slice(0, 40)));
  return keys.length === 0 ? 'it is an empty object' : `it is an object with ${keys.join(', ')}`;
}

function toError(place: string, found: string): KnownError {
  const expected =
    'an alert in JSON as alerts.json has it, a document of the dashboard or the indexer (with "_source"), an event ' +
    '("win", or "system" and "eventdata"), or several of these, one a line';
  return new KnownError(`${place} is not an alert in JSON: ${found}; expected ${expected}`, { exitCode: 2 });
}
