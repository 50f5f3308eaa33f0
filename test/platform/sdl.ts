import { baseSdl, stixFields } from './sdl-base.ts';
import type { VersionTraits } from './version.ts';

const observableTypes = {
  DomainName: 'value: String',
  Hostname: 'value: String',
  IPv4Addr: 'value: String',
  IPv6Addr: 'value: String',
  Url: 'value: String',
  MacAddr: 'value: String',
  EmailAddr: 'value: String display_name: String',
  StixFile: `hashes: [Hash] extensions: String size: Int name: String name_enc: String
    magic_number_hex: String mime_type: String ctime: DateTime mtime: DateTime atime: DateTime
    x_opencti_additional_names: [String]`,
  Artifact: `hashes: [Hash] mime_type: String payload_bin: String url: String
    encryption_algorithm: String decryption_key: String x_opencti_additional_names: [String]`,
} as const;

const identityTypes = {
  Organization: 'x_opencti_organization_type: String x_opencti_reliability: String',
  Individual: 'x_opencti_firstname: String x_opencti_lastname: String',
  System: 'x_opencti_reliability: String',
  Sector: '',
} as const;

/**
 * The part of OpenCTI's GraphQL schema that this tool uses, in the shape of one release. Names, arguments and
 * types are those of the real schemas 5.12.0 to 7.260318.0; where these disagree about what may be null, the
 * less strict one is used. So a document that is valid here is valid there.
 */
export function renderSdl(traits: VersionTraits): string {
  const list = (type: string) => (traits.connectionLists ? `${type}Connection` : `[${type}!]`);
  const core = `${stixFields} createdBy: Identity objectMarking: ${list('MarkingDefinition')}
    objectLabel: ${list('Label')} externalReferences(first: Int): ExternalReferenceConnection
    importFiles(first: Int, prefixMimeType: String): FileConnection`;
  const observable = `${core} observable_value: String! x_opencti_description: String
    x_opencti_score: Int indicators(first: Int): IndicatorConnection`;
  const identity = `${core} identity_class: String! name: String! description: String roles: [String]
    contact_information: String x_opencti_aliases: [String] created: DateTime modified: DateTime`;
  return [
    baseSdl,
    renderQuery(traits),
    `interface StixCoreObject { ${core} }`,
    `interface StixDomainObject { ${core} }`,
    `interface StixCyberObservable { ${observable} }`,
    `interface Identity { ${identity} }`,
    ...Object.entries(observableTypes).map(([name, own]) => renderObservable(name, `${observable} ${own}`)),
    ...Object.entries(identityTypes).map(([name, own]) =>
      renderDomainObject(name, `${identity} ${own}`, true),
    ),
    renderDomainObject('Indicator', `${core} ${indicatorFields}`, false),
    ...['StixCyberObservable', 'MarkingDefinition', 'Label', 'ExternalReference'].map((type) =>
      renderConnection(type, `[${type}Edge!]!`),
    ),
    ...['Indicator', 'Identity', 'File'].map((type) => renderConnection(type, `[${type}Edge]`)),
  ].join('\n');
}

function renderObservable(name: string, fields: string): string {
  const hashed = fields.includes('hashes:') ? ' & HashedObservable' : '';
  return `type ${name} implements BasicObject & StixObject & StixCoreObject & StixCyberObservable${hashed} {
    ${fields} }`;
}

function renderDomainObject(name: string, fields: string, isIdentity: boolean): string {
  const identity = isIdentity ? ' & Identity' : '';
  return `type ${name} implements BasicObject & StixObject & StixCoreObject & StixDomainObject${identity} {
    ${fields} }`;
}

function renderConnection(type: string, edges: string): string {
  return `type ${type}Connection { pageInfo: PageInfo! edges: ${edges} }
    type ${type}Edge { cursor: String! node: ${type}! }`;
}

const indicatorFields = `revoked: Boolean! confidence: Int created: DateTime modified: DateTime
  pattern_type: String pattern_version: String pattern: String name: String! description: String
  indicator_types: [String] valid_from: DateTime valid_until: DateTime x_opencti_score: Int
  x_opencti_detection: Boolean x_opencti_main_observable_type: String`;

function renderQuery(traits: VersionTraits): string {
  const reading = (ordering: string) =>
    `first: Int, after: ID, orderBy: ${ordering}, orderMode: OrderingMode, filters: FilterGroup, search: String`;
  return `
input Filter {
  key: [String!]!
  values: ${traits.stringFilterValues ? '[String!]!' : '[Any!]!'}
  operator: FilterOperator
  mode: FilterMode
}
type Query {
  about: AppInfo
  me: MeUser!
  settings: Settings!
  stixCyberObservables(${reading('StixCyberObservablesOrdering')}, types: [String]): StixCyberObservableConnection
  stixCyberObservable(id: String!): StixCyberObservable
  indicators(${reading('IndicatorsOrdering')}): IndicatorConnection
  indicator(id: String!): Indicator
  labels(${reading('LabelsOrdering')}): LabelConnection
  markingDefinitions(${reading('MarkingDefinitionsOrdering')}): MarkingDefinitionConnection
  identities(${reading('IdentitiesOrdering')}, types: [String]): IdentityConnection
}`;
}
