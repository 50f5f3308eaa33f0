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
 * Returns the query for one page of observables. `externalReferences`, `indicators` and `importFiles` would cost the server
 * a query for each node. In the order `created_at asc` new rows are the last ones, and an edit moves no row.
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
    return `... on ${typename} { ${valueKind ? 'value' : 'hashes { algorithm hash }'} }`;
  });
  return `id entity_type x_opencti_score ${fragments.join(' ')} ${renderDetails(options)}`;
}

/** Returns the fields of an indicator that `toIndicatorRecord` and `toDetails` read. */
export function renderIndicatorFields(options: QueryOptions): string {
  const own = options.details ? 'confidence x_opencti_detection' : '';
  return `id pattern_type pattern revoked valid_from valid_until x_opencti_score ${own} ${renderDetails(options)}`;
}

function renderDetails({ shape, details }: QueryOptions): string {
  if (!details) return '';
  const list = (fields: string) => (shape === 'edges' ? `{ edges { node { ${fields} } } }` : `{ ${fields} }`);
  return `created_at updated_at objectLabel ${list('id value')} objectMarking ${list('id definition')} createdBy { id name }`;
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

/** The fields that decide whether an indicator is alive; the documented alert does not show them. */
const validity = 'revoked valid_from valid_until';

/** The fields that only some types have. The documented query names them; the lists need few of them. */
const ownFields = {
  value: 'value',
  file: `extensions size name name_enc magic_number_hex mime_type ctime mtime atime
    x_opencti_additional_names hashes { algorithm hash }`,
  artifact: `mime_type payload_bin url encryption_algorithm decryption_key
    hashes { algorithm hash }`,
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
  const author = withTrust ? 'createdBy { id name }' : '';
  const confidence = withTrust ? 'confidence' : '';
  const list = (fields: string) => (shape === 'edges' ? `{ edges { node { ${fields} } } }` : `{ ${fields} }`);
  const labels = `objectLabel ${list('id value color')}`;
  return `fragment Author on Identity {
  id standard_id entity_type parent_types spec_version identity_class name description roles contact_information
  x_opencti_aliases created modified ${labels}
  ... on Organization { x_opencti_organization_type x_opencti_reliability }
  ... on Individual { x_opencti_firstname x_opencti_lastname }
}
fragment Core on StixCoreObject {
  id standard_id entity_type parent_types spec_version created_at updated_at
  createdBy { ...Author }
  objectMarking ${list(
    'id standard_id entity_type definition_type definition created modified x_opencti_order x_opencti_color',
  )}
  ${labels}
  externalReferences { edges { node {
    id standard_id entity_type source_name description url hash external_id created modified ${importFiles}
  } } }
}
fragment Observable on StixCyberObservable {
  ...Core
  observable_value x_opencti_description x_opencti_score
  indicators { edges { node { id pattern pattern_type ${validity} ${author} ${confidence} } } }
${renderOwnFields()}
  ${importFiles}
}
fragment Indicator on Indicator {
  ...Core
  description x_opencti_score pattern pattern_type ${validity} ${confidence}
  ${importFiles}
}`;
}
