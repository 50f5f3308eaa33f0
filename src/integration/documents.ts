import { observableTypes } from '../opencti/observable-types.ts';
import type { Shape } from '../opencti/version.ts';

/** `by-id`: a list names the object. `by-value`: no list has the value. */
export type DocumentForm = 'by-id' | 'by-value';

/** Objects of one value are few; more would cost the server several queries each. */
export const mostObjects = 20;

/**
 * The documents that are sent. The fields are those of the documented alert, in the shape of the platform;
 * `createdBy`, `externalReferences`, `indicators` and `importFiles` cost the server a query each, which one match
 * may cost. Authors and confidence of indicators are asked for where `select.trust` looks at them.
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

/** What tells whether an indicator is alive; the documented alert does not show it. */
const validity = 'revoked valid_from valid_until';

/** What each type has of its own, beyond the types that the lists are made of: the documented query names them. */
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
