import type { Content } from './event.ts';
import { isJsonObject, type JsonObject } from './json.ts';

interface CutStep {
  /** As `source.cut` names it. */
  readonly name: string;
  /** How many units there are to take away. */
  readonly count: (content: Content) => number;
  /** The content with so many units left. */
  readonly keep: (content: Content, units: number) => Content;
}

/** Characters of a text that stay when long texts are cut. */
const keptCharacters = 500;
const lengthStep = 100;

/**
 * What goes first. Never cut: id, value, score, markings and source. The numbered copies of the labels go first,
 * from the highest: they say nothing that `objectLabel` does not.
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

/** Texts that may be shortened, wherever they stand below the object. */
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
 * For an object that is too large without its lists and long texts: such as a file with 10,000 names, or one whose value
 * is a megabyte.
 * @param length characters of a text that stay.
 */
export function keepEssentials(content: Content, length: number): Content {
  const kept = Object.entries(content).filter(([key]) => essentials.has(key));
  return Object.fromEntries(kept.map(([key, value]) => [key, cutAll(value, length)])) as Content;
}

/** The markings go last. */
export function keepBareEssentials(content: Content, length: number): Content {
  return filterEntries(keepEssentials(content, length), ([, value]) => typeof value !== 'object');
}

function cutAll(value: unknown, length: number): unknown {
  if (typeof value === 'string') return value.length > length ? `${value.slice(0, length)}...` : value;
  if (Array.isArray(value)) return value.map((inner) => cutAll(inner, length));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, cutAll(inner, length)]));
}
