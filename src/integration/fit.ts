import { type CutName, cutSteps, keepEssentials } from './cuts.ts';
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
    const units = count(rest);
    if (units === 0) continue;
    cut.push(name);
    const kept = findMost(units, (candidate) => fits(toEvent(keep(rest, candidate), source, cut), mostBytes));
    rest = keep(rest, Math.max(kept, 0));
    if (kept >= 0) return toSafeJson(toEvent(rest, source, cut));
  }
  return toSafeJson(toEvent(keepEssentials(rest), source, [...cut, 'everything else']));
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

/** The largest number below `units` that still fits, or -1: not even none does. What fits does with less, too. */
function findMost(units: number, isFitting: (kept: number) => boolean): number {
  let low = -1;
  let high = units;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isFitting(middle)) low = middle;
    else high = middle;
  }
  return low;
}
