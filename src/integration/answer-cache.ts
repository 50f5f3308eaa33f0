import type { LookUp } from './ask.ts';
import type { Candidate } from './candidate.ts';
import type { Confirmed } from './confirm.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import type { IntegrationSettings } from './settings.ts';
import type { Cache } from './state/cache.ts';

/** Nothing found is asked again soon: the object may just be on its way. Milliseconds. */
const negativeLife = 60_000;

/** All that an answer depends on, but its time: another configuration asks anew. */
export function toKey(
  candidates: readonly Candidate[],
  { url, grace, indicators, trust }: Pick<IntegrationSettings, 'url' | 'grace' | 'indicators' | 'trust'>,
): string {
  return JSON.stringify([
    5,
    url,
    grace,
    indicators,
    trust,
    ...candidates.map(({ kind, value, listId }) => [kind, value, listId]),
  ]);
}

/** Without the sighting: the next run has its own. */
export function keepAnswer(cache: Cache, key: string, answer: LookUp): void {
  if (answer.outcome === 'not confirmed') cache.write(key, answer, negativeLife);
  if (answer.outcome !== 'found') return;
  const { kind, value } = answer.best.candidate;
  const kept = { ...answer, best: { ...answer.best, candidate: { kind, value } } };
  cache.write(key, kept, Number.POSITIVE_INFINITY);
}

/** What is damaged is as what is not there: null. */
export function readKept(answer: unknown, candidates: readonly Candidate[]): LookUp | null {
  if (!isJsonObject(answer)) return null;
  const { outcome, reason, best, otherIds } = answer;
  if (outcome === 'not confirmed') return typeof reason === 'string' ? { outcome, reason } : null;
  if (outcome !== 'found' || !isKept(best) || !isTexts(otherIds)) return null;
  const { kind, value } = best.candidate;
  const candidate = candidates.find((each) => each.kind === kind && each.value === value);
  return candidate ? { outcome, best: { ...best, candidate }, otherIds } : null;
}

function isKept(best: unknown): best is Omit<Confirmed, 'candidate'> & { readonly candidate: JsonObject } {
  return (
    isJsonObject(best) &&
    typeof best.id === 'string' &&
    (best.type === 'observable' || best.type === 'indicator') &&
    isJsonObject(best.node) &&
    isJsonObject(best.candidate)
  );
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');
