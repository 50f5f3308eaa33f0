import { createHash } from 'node:crypto';
import type { ObservableEntityType, StoredIndicator, StoredObservable } from './objects.ts';
import { tlpWhite } from './references.ts';

type WrittenObservable = Pick<StoredObservable, 'entity_type'> & Partial<StoredObservable>;
type WrittenIndicator = Pick<StoredIndicator, 'pattern'> & Partial<StoredIndicator>;

const quietTime = '2022-04-01T00:00:00.000Z';

/** An observable of which only the telling fields are written; without an id it gets one made of these. */
export function writeObservable(own: WrittenObservable): StoredObservable {
  const id = own.id ?? toContentId(own);
  const created = own.created_at ?? quietTime;
  return {
    id,
    standard_id: toStandardId(own.entity_type, id),
    created_at: created,
    updated_at: created,
    createdBy: null,
    objectMarking: [tlpWhite],
    objectLabel: [],
    externalReferences: [],
    importFiles: [],
    x_opencti_description: null,
    x_opencti_score: 70,
    indicators: [],
    ...own,
  };
}

/** An indicator, by default of type stix and alive, of which only the telling fields are written. */
export function writeIndicator(own: WrittenIndicator): StoredIndicator {
  const id = own.id ?? toContentId(own);
  const created = own.created_at ?? quietTime;
  return {
    id,
    standard_id: `indicator--${id}`,
    entity_type: 'Indicator',
    created_at: created,
    updated_at: created,
    created,
    modified: created,
    createdBy: null,
    objectMarking: [tlpWhite],
    objectLabel: [],
    externalReferences: [],
    importFiles: [],
    x_opencti_score: 70,
    name: own.pattern,
    description: null,
    pattern_type: 'stix',
    revoked: false,
    valid_from: created,
    valid_until: '2099-01-01T00:00:00.000Z',
    x_opencti_detection: true,
    x_opencti_main_observable_type: null,
    confidence: 75,
    indicator_types: ['malicious-activity'],
    ...own,
  };
}

function toStandardId(type: ObservableEntityType, id: string): string {
  return `${type === 'StixFile' ? 'file' : type.toLowerCase()}--${id}`;
}

function toContentId(own: object): string {
  const hex = createHash('sha256').update(JSON.stringify(own)).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
