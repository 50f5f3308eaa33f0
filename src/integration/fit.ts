import { toSafeJson } from '../wazuh/engine/queue.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import type { Content, Source } from './shape.ts';

/** The engine drops the fields beyond these, with an error line each (Wazuh 4.14.7). */
const mostLeaves = 256;

/**
 * Returns the JSON text of an event in a size that the engine takes whole: `integration` first, at most 256 leaf
 * fields, at most `mostBytes` bytes. When parts have to be left out, the order is fixed and as little as possible is
 * left out; `source.cut` names the parts.
 */
export function renderEvent(content: Content, source: Source, mostBytes: number): string {
  const whole = toEvent(content, source, []);
  if (fits(whole, mostBytes)) return toSafeJson(whole);
  const cut: CutName[] = [];
  let rest = content;
  for (const { name, count, keep } of cutSteps) {
    const units = Math.min(count(rest), mostUnits);
    if (units === 0) continue;
    cut.push(name);
    const before = rest;
    const isFitting = (kept: number) => fits(toEvent(keep(before, kept), source, cut), mostBytes);
    // When the event does not fit without any of these parts, no smaller number is tried, since the event may be
    // large.
    const isEnough = isFitting(0);
    rest = keep(before, isEnough ? findMost(units, isFitting) : 0);
    if (isEnough) return toSafeJson(toEvent(rest, source, cut));
  }
  return toSafeJson(
    keepLast(rest, (content) => toEvent(content, source, [...cut, 'everything else']), mostBytes),
  );
}

/** The most units of any part for which a message has room: the shortest entry of a list takes three bytes. */
const mostUnits = 22_000;

/**
 * The characters that are kept of each text of the essentials, in three tries: no value of a list is longer than the
 * second one.
 */
const lastLengths = [Number.POSITIVE_INFINITY, 2_048, 400];

/** Returns an event that fits, whatever OpenCTI has: in the last try it has a few short texts. */
function keepLast(content: Content, toWhole: (content: Content) => object, mostBytes: number): object {
  for (const length of lastLengths) {
    const event = toWhole(keepEssentials(content, length));
    if (fits(event, mostBytes)) return event;
  }
  return toWhole(keepBareEssentials(content, lastLengths.at(-1) ?? 0));
}

function toEvent(content: Content, source: Source, cut: readonly string[]): object {
  return {
    integration: 'opencti',
    opencti: { ...content, source: cut.length > 0 ? { ...source, cut } : source },
  };
}

/** Returns whether an event fits. Its plain JSON text is never shorter than the safe one. */
function fits(event: object, mostBytes: number): boolean {
  return countLeaves(event) <= mostLeaves && Buffer.byteLength(JSON.stringify(event)) <= mostBytes;
}

/** Returns the largest number below `units` that still fits; 0 fits. If a number fits, smaller numbers fit, too. */
function findMost(units: number, isFitting: (kept: number) => boolean): number {
  let low = 0;
  let high = units;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isFitting(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * Returns the number of fields that the engine's JSON decoder makes (Wazuh 4.14.7): an array is one, an object is the
 * sum of its members, `""` and `{}` are none, null is one.
 */
function countLeaves(value: unknown): number {
  if (value === '' || value === undefined) return 0;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 1;
  return Object.values(value).reduce<number>((sum, inner) => sum + countLeaves(inner), 0);
}

interface CutStep {
  /** The name in `source.cut`. */
  readonly name: string;
  /** Returns how many units can be removed. */
  readonly count: (content: Content) => number;
  /** Returns the content with so many units left. */
  readonly keep: (content: Content, units: number) => Content;
}

/** The characters that are kept when long texts are shortened. */
const keptCharacters = 500;
const lengthStep = 100;

/**
 * The parts in the order in which they are left out. Never left out are id, value, score, markings and source. The
 * numbered copies of the labels are first, from the highest number on: they contain nothing that `objectLabel` does
 * not.
 */
export const cutSteps = [
  { name: 'numbered labels', count: countNumbered, keep: keepNumbered },
  { name: 'payload', count: countPayload, keep: keepPayload },
  { name: 'long texts', count: countLongTexts, keep: keepTexts },
  toListStep('externalReferences'),
  toListStep('importFiles'),
  toListStep('indicators'),
  toListStep('objectLabel'),
] as const satisfies readonly CutStep[];

export type CutName = (typeof cutSteps)[number]['name'];

const isNumber = (key: string) => /^\d+$/.test(key);

function countNumbered(content: Content): number {
  return Object.keys(content).filter(isNumber).length;
}

function keepNumbered(content: Content, units: number): Content {
  return filterEntries(content, ([key]) => !isNumber(key) || Number(key) < units);
}

function countPayload(content: Content): number {
  return 'payload_bin' in content && content.payload_bin !== null ? 1 : 0;
}

function keepPayload(content: Content, units: number): Content {
  return units > 0 ? content : filterEntries(content, ([key]) => key !== 'payload_bin');
}

/** Texts that may be shortened, at any depth of the object. */
const longKeys: ReadonlySet<string> = new Set([
  'x_opencti_description',
  'description',
  'contact_information',
  'extensions',
  'pattern',
  'url',
  'error',
  'reason',
  'name',
]);

/** A unit is a length step of the longest text. */
function countLongTexts(content: Content): number {
  const longest = longestOf(content);
  return longest <= keptCharacters ? 0 : Math.ceil((longest - keptCharacters) / lengthStep);
}

function longestOf(value: unknown, key = ''): number {
  if (typeof value === 'string') return longKeys.has(key) ? value.length : 0;
  if (Array.isArray(value)) return value.reduce<number>((most, inner) => Math.max(most, longestOf(inner)), 0);
  if (!isJsonObject(value)) return 0;
  return Object.entries(value).reduce((most, [name, inner]) => Math.max(most, longestOf(inner, name)), 0);
}

function keepTexts(content: Content, units: number): Content {
  return shorten(content, keptCharacters + units * lengthStep) as Content;
}

function shorten(value: unknown, length: number, key = ''): unknown {
  if (typeof value === 'string') {
    return longKeys.has(key) && value.length > length ? `${value.slice(0, length)}...` : value;
  }
  if (Array.isArray(value)) return value.map((inner) => shorten(inner, length));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, shorten(inner, length, name)]),
  );
}

function toListStep<const Name extends string>(name: Name) {
  return {
    name,
    count: (content: Content) => readEdges(content, name).length,
    keep: (content: Content, units: number): Content => ({
      ...content,
      [name]: { edges: readEdges(content, name).slice(0, units) },
    }),
  };
}

function readEdges(content: Content, name: string): readonly unknown[] {
  const list = (content as JsonObject)[name];
  return isJsonObject(list) && Array.isArray(list.edges) ? list.edges : [];
}

function filterEntries(content: Content, isKept: (entry: [string, unknown]) => boolean): Content {
  return Object.fromEntries(Object.entries(content).filter(isKept));
}

const essentials: ReadonlySet<string> = new Set([
  'id',
  'standard_id',
  'entity_type',
  'value',
  'observable_value',
  'x_opencti_score',
  'objectMarking',
  'error',
  'event',
  'reason',
]);

/**
 * Returns the essentials of an object that is too large even without its lists and long texts, such as a file with
 * 10,000 names, or an object with a value of a megabyte.
 * @param length characters that are kept of a text.
 */
function keepEssentials(content: Content, length: number): Content {
  const kept = Object.entries(content).filter(([key]) => essentials.has(key));
  return Object.fromEntries(kept.map(([key, value]) => [key, cutAll(value, length)])) as Content;
}

/** Returns the essentials without the markings, which are the last part to be left out. */
function keepBareEssentials(content: Content, length: number): Content {
  return filterEntries(keepEssentials(content, length), ([, value]) => typeof value !== 'object');
}

function cutAll(value: unknown, length: number): unknown {
  if (typeof value === 'string') return value.length > length ? `${value.slice(0, length)}...` : value;
  if (Array.isArray(value)) return value.map((inner) => cutAll(inner, length));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, cutAll(inner, length)]));
}
