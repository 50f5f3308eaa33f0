import type { ObjectDetails } from './record.ts';

/** What of an object is looked at. */
type Author = Pick<ObjectDetails, 'author' | 'confidence'>;

/** Whose objects belong to a rank: those of authors, by their internal ids, or those with at least this confidence. */
export type TrustRank = { readonly authors: ReadonlySet<string> } | { readonly confidence: number };

/** The most trusted rank first; objects of none come after all of them. Empty: all objects are equal. */
export type Trust = readonly TrustRank[];

/** The first rank that an object fits, or one more than the last. */
export function rankOf(details: Author | undefined, trust: Trust): number {
  for (const [number, rank] of trust.entries()) if (fits(details, rank)) return number;
  return trust.length;
}

function fits(details: Author | undefined, rank: TrustRank): boolean {
  if ('authors' in rank) return details?.author != null && rank.authors.has(details.author.id);
  return (details?.confidence ?? -1) >= rank.confidence;
}
