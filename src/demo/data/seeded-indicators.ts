import type { GeneratedRows } from './collection.ts';
import { type Content, entityTypeAt, toCleanContent } from './content.ts';
import type { ObservableEntityType, StoredIndicator } from './objects.ts';
import { toRowId, toRowIndex } from './row-ids.ts';
import { toAuthor, toLabels, toMarkings, toScore } from './seeded-parts.ts';
import { lastNotAfter, timeAt } from './timeline.ts';

const salt = 2;

export function toSeededIndicatorId(seed: number, index: number): string {
  return toRowId(seed, salt, index);
}

/** The observable of which this indicator has the values: every second row of the observables. */
export function toBasisIndex(index: number): number {
  return index * 2;
}

/** The rows of the indicators that are based on an observable. */
export function toBasedIndicators(seed: number, count: number, observable: number): readonly string[] {
  if (observable % 2 === 1 || observable / 2 >= count) return [];
  return [toSeededIndicatorId(seed, observable / 2)];
}

export function seededIndicators(seed: number, count: number): GeneratedRows<StoredIndicator> {
  return {
    count,
    timeAt: (field, index) => timeAt(seed + 1, field, index),
    lastNotAfter: (field, time) => lastNotAfter(seed + 1, field, count, time),
    entityTypeAt: () => 'Indicator',
    markingsAt: (index) => toMarkings(seed, salt, index),
    idAt: (index) => toSeededIndicatorId(seed, index),
    indexOf: (id) => toRowIndex(seed, salt, count, id),
    at: (index) => toIndicator(seed, index),
  };
}

function toIndicator(seed: number, index: number): StoredIndicator {
  const basis = toBasisIndex(index);
  const type = entityTypeAt(basis);
  const created = new Date(timeAt(seed + 1, 'created_at', index)).toISOString();
  const updated = new Date(timeAt(seed + 1, 'updated_at', index)).toISOString();
  const id = toSeededIndicatorId(seed, index);
  const pattern = toPattern(type, toCleanContent(seed, basis));
  return {
    id,
    standard_id: `indicator--${id}`,
    entity_type: 'Indicator',
    created_at: created,
    updated_at: updated,
    created,
    modified: updated,
    createdBy: toAuthor(seed, salt, index),
    objectMarking: toMarkings(seed, salt, index),
    objectLabel: toLabels(seed, salt, index),
    externalReferences: [],
    importFiles: [],
    x_opencti_score: toScore(seed, salt, index),
    name: `Indicator ${index}`,
    description: null,
    pattern,
    pattern_type: 'stix',
    revoked: false,
    valid_from: created,
    valid_until: '2099-01-01T00:00:00.000Z',
    x_opencti_detection: false,
    x_opencti_main_observable_type: type,
    confidence: 50,
    indicator_types: ['malicious-activity'],
  };
}

const patternObjects: Readonly<Record<ObservableEntityType, string>> = {
  StixFile: 'file',
  Artifact: 'file',
  'IPv4-Addr': 'ipv4-addr',
  'IPv6-Addr': 'ipv6-addr',
  'Domain-Name': 'domain-name',
  Hostname: 'hostname',
  Url: 'url',
  'Email-Addr': 'email-addr',
  'Mac-Addr': 'mac-addr',
};

/** One observation that is an OR of equalities. */
export function toPattern(type: ObservableEntityType, content: Content): string {
  if (!content.hashes) return `[${patternObjects[type]}:value = ${quote(content.value ?? '')}]`;
  const comparisons = content.hashes.map(
    ({ algorithm, hash }) => `file:hashes.${toPathStep(algorithm)} = ${quote(hash ?? '')}`,
  );
  return `[${comparisons.join(' OR ')}]`;
}

/** In a pattern only `\'` and `\\` are escapes. */
export function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function toPathStep(algorithm: string): string {
  return algorithm.includes('-') ? `'${algorithm}'` : algorithm;
}
