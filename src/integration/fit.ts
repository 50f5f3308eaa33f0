import { type CutName, cutSteps, keepBareEssentials, keepEssentials } from './cuts.ts';
import type { Content, Source } from './event.ts';
import { countLeaves } from './leaves.ts';
import { toSafeJson } from './safe-json.ts';

/** The engine drops the fields beyond these, with an error line each (Wazuh 4.14.7). */
const mostLeaves = 256;

/**
 * The JSON text of an event that the engine takes whole: `integration` first, at most 256 leaf fields, at most
 * so many bytes. What has to go goes in a fixed order, as little of it as is enough; `source.cut` names it.
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
    // What does not fit with nothing of it left is not tried in halves: it may be large.
    const isEnough = isFitting(0);
    rest = keep(before, isEnough ? findMost(units, isFitting) : 0);
    if (isEnough) return toSafeJson(toEvent(rest, source, cut));
  }
  return toSafeJson(
    keepLast(rest, (content) => toEvent(content, source, [...cut, 'everything else']), mostBytes),
  );
}

/** No message has room for more of anything: the shortest entry of a list takes three bytes. */
const mostUnits = 22_000;

/** Characters of each text of the essentials: no value of a list has more than the first. */
const lastLengths = [Number.POSITIVE_INFINITY, 2_048, 400];

/** What fits whatever OpenCTI has: at the very end a few short texts. */
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

/** The plain JSON text is never shorter than the safe one. */
function fits(event: object, mostBytes: number): boolean {
  return countLeaves(event) <= mostLeaves && Buffer.byteLength(JSON.stringify(event)) <= mostBytes;
}

/** The largest number below `units` that still fits; 0 does. What fits does with less, too. */
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
