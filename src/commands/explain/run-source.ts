import type { Observable } from '../../observable/kinds.ts';
import { findRecord, readReport } from '../../report/read-report.ts';
import { findInRecord, type RecordedDecision } from '../../report/values-record.ts';
import { type Decided, toIso } from './decide-value.ts';
import type { DecisionSource } from './explain-values.ts';
import type { ExplainedObject } from './explanation.ts';

/**
 * What the last run wrote down: of each value the decision, and the object that decided.
 * @throws KnownError when none did
 */
export function createRunSource(home: string): DecisionSource {
  const record = findRecord(home);
  return {
    name: `the record of the run of ${readReport(home).finished}`,
    limits:
      'The record is what that run decided, with its configuration. Of each value it keeps the object that decided; ' +
      'it cannot know of others that had a say, nor what changed since.',
    decide: async (observables) => observables.map((observable) => toDecided(observable, record)),
  };
}

function toDecided(observable: Observable, record: string): Decided {
  const found = findInRecord(record, observable);
  if (found === null) {
    return {
      decision: 'unknown',
      reason: null,
      untrusted: null,
      vote: null,
      listing: null,
      wouldBeOut: null,
      objects: [],
      related: [],
      linked: [],
    };
  }
  return {
    decision: found.reason === null ? 'in' : 'out',
    reason: found.reason,
    untrusted: null,
    vote: null,
    listing: found.listing,
    wouldBeOut: null,
    objects: found.object === null ? [] : [toObject(found.object, found.reason)],
    related: [],
    linked: [],
  };
}

function toObject(
  { id, type, score, validUntil, traits }: NonNullable<RecordedDecision['object']>,
  reason: RecordedDecision['reason'],
): ExplainedObject {
  return {
    id,
    type,
    score,
    author: traits?.author ?? null,
    labels: traits?.labels ?? [],
    markings: traits?.markings ?? [],
    valid_from: null,
    valid_until: toIso(validUntil),
    revoked: reason === 'revoked',
    state: reason !== null && speaksAgainst.has(reason) ? reason : 'counts',
    names_only: null,
    decides: true,
  };
}

/** Reasons that are the object's own, not the value's. */
const speaksAgainst: ReadonlySet<string> = new Set([
  'revoked',
  'expired',
  'no-detection',
  'low-confidence',
  'barred-label',
  'filtered-label',
  'filtered-marking',
  'filtered-author',
  'filtered-age',
]);
