import type { Shape } from './platform.ts';
import { type ObservableType, observableTypes } from './types.ts';

export interface QueryOptions {
  readonly shape: Shape;
  /**
   * Whether labels, markings and author are read, too. They cost the server and the network, so only when they are
   * needed.
   */
  readonly details: boolean;
}

/**
 * The fields that the selection or the integration reads, each written here alone. An answer has the names that a query asks
 * for: a field that a release of OpenCTI renames becomes an alias (`x_opencti_score: score`), and what reads it stays.
 */
const fields = {
  score: 'x_opencti_score',
  hashes: 'hashes { algorithm hash }',
  pattern: 'pattern',
  patternType: 'pattern_type',
  /** What says whether an indicator is alive; the documented alert does not show it. */
  validity: 'revoked valid_from valid_until',
  confidence: 'confidence',
  detection: 'x_opencti_detection',
  times: 'created_at updated_at',
  author: 'createdBy { id name }',
} as const;

/**
 * One page of observables. `externalReferences`, `indicators` and `importFiles` would cost the server a query a
 * node. `created_at asc`: new rows come last, and an edit moves none.
 */
export function renderObservablesQuery(types: readonly ObservableType[], options: QueryOptions): string {
  return `query Observables($first: Int, $after: ID, $types: [String], $filters: FilterGroup) {
  stixCyberObservables(
    first: $first, after: $after, types: $types, filters: $filters, orderBy: created_at, orderMode: asc
  ) {
    pageInfo { endCursor globalCount }
    edges { node { ${renderObservableFields(types, options)} } }
  }
}`;
}

/** Returns the query for one page of indicators, including the dead ones: the decision needs them. */
export function renderIndicatorsQuery(options: QueryOptions): string {
  return `query Indicators($first: Int, $after: ID, $filters: FilterGroup) {
  indicators(first: $first, after: $after, filters: $filters, orderBy: created_at, orderMode: asc) {
    pageInfo { endCursor globalCount }
    edges { node { ${renderIndicatorFields(options)} } }
  }
}`;
}

/** Returns the fields of an observable that `toObservableRecord` and `toDetails` read. */
export function renderObservableFields(types: readonly ObservableType[], options: QueryOptions): string {
  const fragments = types.map((type) => {
    const { typename, valueKind } = observableTypes[type];
    return `... on ${typename} { ${valueKind ? 'value' : fields.hashes} }`;
  });
  return `id entity_type ${fields.score} ${fragments.join(' ')} ${renderDetails(options)}`;
}

/** Returns the fields of an indicator that `toIndicatorRecord` and `toDetails` read. */
export function renderIndicatorFields(options: QueryOptions): string {
  const { patternType, pattern, validity, score, confidence, detection } = fields;
  const own = options.details ? `${confidence} ${detection}` : '';
  return `id ${patternType} ${pattern} ${validity} ${score} ${own} ${renderDetails(options)}`;
}

function renderDetails({ shape, details }: QueryOptions): string {
  if (!details) return '';
  const labels = `objectLabel ${renderList(shape, 'id value')}`;
  const markings = `objectMarking ${renderList(shape, 'id definition')}`;
  return `${fields.times} ${labels} ${markings} ${fields.author}`;
}

/** Lists are plain since 5.12.24. */
function renderList(shape: Shape, own: string): string {
  return shape === 'edges' ? `{ edges { node { ${own} } } }` : `{ ${own} }`;
}

/** `by-id` is for a value whose list names the object, `by-value` for a value that no list has. */
export type DocumentForm = 'by-id' | 'by-value';

/** A value has few objects; each further one would cost the server several queries. */
export const mostObjects = 20;

/**
 * The documents that the integration sends. The fields are those of the documented alert, in the shape of the platform.
 * `createdBy`, `externalReferences`, `indicators` and `importFiles` cost the server a query each, which is acceptable for
 * one match. Authors and confidence of indicators are read only where `select.trust` needs them.
 */
export const documents = {
  'by-id': (shape, withTrust) => `query Match($id: String!, ${byValueVariables}) {
  byId: stixCyberObservable(id: $id) { ...Observable }
  indicator(id: $id) { ...Indicator }
  ${byValue}
}
${renderFragments(shape, withTrust)}`,
  'by-value': (shape, withTrust) => `query Match(${byValueVariables}) {
  ${byValue}
}
${renderFragments(shape, withTrust)}`,
} as const satisfies Record<DocumentForm, (shape: Shape, withTrust?: boolean) => string>;

const byValueVariables = '$types: [String], $observables: FilterGroup, $indicators: FilterGroup';

const byValue = `byValue: stixCyberObservables(first: ${mostObjects}, types: $types, filters: $observables) {
    edges { node { ...Observable } }
  }
  indicators(first: ${mostObjects}, filters: $indicators) { edges { node { ...Indicator } } }`;

const importFiles = 'importFiles { edges { node { id name size metaData { mimetype version } } } }';

/** What each type has of its own, beyond the types that the lists are made of: the documented query names them. */
const ownFields = {
  value: 'value',
  file: `extensions size name name_enc magic_number_hex mime_type ctime mtime atime
    x_opencti_additional_names ${fields.hashes}`,
  artifact: `mime_type payload_bin url encryption_algorithm decryption_key
    ${fields.hashes}`,
} as const;

function renderOwnFields(): string {
  return Object.values(observableTypes)
    .map(({ typename, valueKind }) => {
      const hashed = typename === 'Artifact' ? ownFields.artifact : ownFields.file;
      return `  ... on ${typename} { ${valueKind === null ? hashed : ownFields.value} }`;
    })
    .join('\n');
}

function renderFragments(shape: Shape, withTrust = false): string {
  const { score, pattern, patternType, validity, times } = fields;
  const author = withTrust ? fields.author : '';
  const confidence = withTrust ? fields.confidence : '';
  const labels = `objectLabel ${renderList(shape, 'id value color')}`;
  return `fragment Author on Identity {
  id standard_id entity_type parent_types spec_version identity_class name description roles contact_information
  x_opencti_aliases created modified ${labels}
  ... on Organization { x_opencti_organization_type x_opencti_reliability }
  ... on Individual { x_opencti_firstname x_opencti_lastname }
}
fragment Core on StixCoreObject {
  id standard_id entity_type parent_types spec_version ${times}
  createdBy { ...Author }
  objectMarking ${renderList(
    shape,
    'id standard_id entity_type definition_type definition created modified x_opencti_order x_opencti_color',
  )}
  ${labels}
  externalReferences { edges { node {
    id standard_id entity_type source_name description url hash external_id created modified ${importFiles}
  } } }
}
fragment Observable on StixCyberObservable {
  ...Core
  observable_value x_opencti_description ${score}
  indicators { edges { node { id ${pattern} ${patternType} ${validity} ${author} ${confidence} } } }
${renderOwnFields()}
  ${importFiles}
}
fragment Indicator on Indicator {
  ...Core
  description ${score} ${pattern} ${patternType} ${validity} ${confidence}
  ${importFiles}
}`;
}
