import { allObservableTypes } from '../opencti/observable-types.ts';
import { toIndicatorFilters, toObservableFilters } from '../opencti/spellings.ts';
import type { Shape } from '../opencti/version.ts';
import { type Candidate, toObservable } from './candidate.ts';
import { type DocumentForm, documents } from './documents.ts';

/** One request for everything that may be known of the candidates. */
export interface Question {
  readonly document: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * By the id that a list has for the nearest candidate, and by value in the same request: the list names the object
 * that decided, often an indicator, and the alert shows its observable. Indicators are asked by value with an id
 * too: feeds delete and revoke the one that a list names and make another one with the same pattern.
 * @param withTrust what trust looks at, too.
 */
export function toQuestion(candidates: readonly Candidate[], shape: Shape, withTrust = false): Question {
  const id = candidates.find(({ listId }) => listId !== null)?.listId;
  const form: DocumentForm = id ? 'by-id' : 'by-value';
  const wanted = { observables: candidates.map(toObservable), otherHashes: [], ids: [] };
  return {
    document: documents[form](shape, withTrust),
    variables: {
      types: allObservableTypes,
      observables: toObservableFilters(wanted, 'usual'),
      indicators: toIndicatorFilters(wanted, 'usual'),
      ...(id && { id }),
    },
  };
}
