import { allObservableTypes, type ObservableType } from '../opencti/observable-types.ts';
import { compareCandidates } from './candidate.ts';
import type { Confirmed } from './confirm.ts';
import { readNodes } from './json.ts';

/** More ids would be a list, not a hint. */
const mostOtherIds = 20;

export interface Choice {
  readonly best: Confirmed;
  /** The other objects that have the value, without the indicators that the shown one lists itself. */
  readonly otherIds: readonly string[];
}

/**
 * Of several objects the alert shows one:
 * 1. the nearest value: the event's own before a domain or a network around it; SHA-256 before SHA-1 before MD5;
 * 2. an observable before an indicator, since the documented alert shows observables;
 * 3. the object that the list names;
 * 4. the higher score;
 * 5. the type: a file before an artifact, a domain before a host name;
 * 6. the older one; at last the id, so that the same answer always gives the same alert.
 */
export function chooseBest(confirmed: readonly Confirmed[]): Choice | null {
  const [best, ...others] = [...confirmed].sort(compare);
  if (!best) return null;
  const own = new Set(readNodes(best.node.indicators).map(({ id }) => id));
  const otherIds = others.map(({ id }) => id).filter((id) => !own.has(id));
  return { best, otherIds: otherIds.slice(0, mostOtherIds) };
}

function compare(a: Confirmed, b: Confirmed): number {
  return (
    compareCandidates(a.candidate, b.candidate) ||
    Number(a.type === 'indicator') - Number(b.type === 'indicator') ||
    Number(!isListed(a)) - Number(!isListed(b)) ||
    scoreOf(b) - scoreOf(a) ||
    typeRank(a) - typeRank(b) ||
    compareTexts(String(a.node.created_at), String(b.node.created_at)) ||
    compareTexts(a.id, b.id)
  );
}

const isListed = ({ id, candidate }: Confirmed) => id === candidate.listId;

const compareTexts = (a: string, b: string) => Number(a > b) - Number(a < b);

function scoreOf({ node }: Confirmed): number {
  const score = node.x_opencti_score;
  return typeof score === 'number' ? score : -1;
}

function typeRank({ node }: Confirmed): number {
  return allObservableTypes.indexOf(node.entity_type as ObservableType);
}
