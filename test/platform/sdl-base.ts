const basic = 'id: ID! standard_id: String! entity_type: String! parent_types: [String]!';
/** Of every STIX object. */
export const stixFields = `${basic} spec_version: String! created_at: DateTime! updated_at: DateTime!`;

/** Types that are the same in every shape. */
export const baseSdl = `
scalar DateTime
scalar Any
interface BasicObject { ${basic} }
interface StixObject { ${stixFields} }
interface StixMetaObject { ${stixFields} created: DateTime modified: DateTime }
interface HashedObservable { id: ID! entity_type: String! hashes: [Hash] }
type Hash { algorithm: String! hash: String }
type PageInfo {
  startCursor: String! endCursor: String! hasNextPage: Boolean! hasPreviousPage: Boolean! globalCount: Int!
}
type AppInfo { version: String! }
type MeUser implements BasicObject {
  ${basic} name: String! user_email: String! capabilities: [Capability!]!
  allowed_marking: [MarkingDefinition!]
}
type Capability implements BasicObject { ${basic} name: String! description: String }
type Settings implements BasicObject { ${basic} platform_title: String platform_url: String }
type MarkingDefinition implements BasicObject & StixObject & StixMetaObject {
  ${stixFields} definition_type: String definition: String x_opencti_order: Int! x_opencti_color: String
  created: DateTime modified: DateTime
}
type Label implements BasicObject & StixObject & StixMetaObject {
  ${stixFields} value: String color: String created: DateTime modified: DateTime
}
type ExternalReference implements BasicObject & StixObject & StixMetaObject {
  ${stixFields} source_name: String! description: String url: String hash: String external_id: String
  created: DateTime modified: DateTime importFiles(first: Int, prefixMimeType: String): FileConnection
}
type File { id: ID! name: String! size: Int metaData: FileMetadata }
type FileMetadata { mimetype: String version: String }
input FilterGroup { mode: FilterMode! filters: [Filter!]! filterGroups: [FilterGroup!]! }
enum FilterMode { and or }
enum OrderingMode { asc desc }
enum FilterOperator {
  eq not_eq lt lte gt gte match wildcard contains not_contains ends_with not_ends_with starts_with
  not_starts_with script nil not_nil
}
enum StixCyberObservablesOrdering {
  entity_type created_at updated_at observable_value objectMarking createdBy creator
}
enum IndicatorsOrdering {
  pattern_type pattern_version pattern name indicator_types valid_from valid_until x_opencti_score
  x_opencti_detection confidence created modified created_at updated_at x_opencti_workflow_id objectMarking
  creator createdBy
}
enum LabelsOrdering { value color created modified created_at updated_at }
enum MarkingDefinitionsOrdering {
  definition_type definition x_opencti_order x_opencti_color created modified created_at updated_at
}
enum IdentitiesOrdering { name created modified created_at updated_at x_opencti_workflow_id }`;
