import type { StoredIndicator, StoredObservable } from '../../platform/data/objects.ts';

const core = {
  createdBy: null,
  objectMarking: [],
  objectLabel: [],
  externalReferences: [],
  importFiles: [],
  x_opencti_score: 80,
  created_at: '2026-01-01T00:00:00.000Z',
  updated_at: '2026-01-01T00:00:00.000Z',
};

/** An observable with what matters to a test. */
export function observable(
  own: Partial<StoredObservable> & Pick<StoredObservable, 'id' | 'entity_type'>,
): StoredObservable {
  return {
    ...core,
    standard_id: `observable--${own.id}`,
    x_opencti_description: null,
    indicators: [],
    ...own,
  };
}

/** An indicator with what matters to a test. */
export function indicator(
  own: Partial<StoredIndicator> & Pick<StoredIndicator, 'id' | 'pattern'>,
): StoredIndicator {
  return {
    ...core,
    standard_id: `indicator--${own.id}`,
    entity_type: 'Indicator',
    name: own.id,
    description: null,
    pattern_type: 'stix',
    revoked: false,
    valid_from: '2026-01-01T00:00:00.000Z',
    valid_until: null,
    x_opencti_detection: false,
    x_opencti_main_observable_type: null,
    confidence: null,
    indicator_types: [],
    created: core.created_at,
    modified: core.created_at,
    ...own,
  };
}
