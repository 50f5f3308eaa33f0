import {
  buildSchema,
  type GraphQLObjectType,
  type GraphQLSchema,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import { graphqlTypes } from './data/objects.ts';
import { coreResolvers, observableResolvers, type ResolverTable } from './field-resolvers.ts';
import { rootResolvers } from './root-resolvers.ts';
import { renderSdl } from './sdl.ts';
import type { VersionTraits } from './version.ts';

/** By interface: what `parent_types` says. */
const lineages = {
  StixCyberObservable: ['Basic-Object', 'Stix-Object', 'Stix-Core-Object', 'Stix-Cyber-Observable'],
  Identity: ['Basic-Object', 'Stix-Object', 'Stix-Core-Object', 'Stix-Domain-Object', 'Identity'],
  StixDomainObject: ['Basic-Object', 'Stix-Object', 'Stix-Core-Object', 'Stix-Domain-Object'],
  StixMetaObject: ['Basic-Object', 'Stix-Object', 'Stix-Meta-Object'],
  BasicObject: ['Basic-Object', 'Internal-Object'],
} as const;

const metaEntityTypes: Readonly<Record<string, string>> = {
  Label: 'Label',
  MarkingDefinition: 'Marking-Definition',
  ExternalReference: 'External-Reference',
};

const schemas = new Map<string, GraphQLSchema>();

/** The schema of one release with its resolvers, all of them synchronous. All servers of the release have one: it holds no data. */
export function findExecutableSchema(traits: VersionTraits): GraphQLSchema {
  const key = JSON.stringify(traits);
  const schema = schemas.get(key) ?? createExecutableSchema(traits);
  schemas.set(key, schema);
  return schema;
}

function createExecutableSchema(traits: VersionTraits): GraphQLSchema {
  const schema = buildSchema(renderSdl(traits));
  for (const type of Object.values(schema.getTypeMap())) {
    if (isInterfaceType(type)) type.resolveType = toTypeName;
    if (isObjectType(type))
      attach(type, type === schema.getQueryType() ? rootResolvers : toTable(type, traits));
  }
  return schema;
}

function attach(type: GraphQLObjectType, table: ResolverTable): void {
  for (const [name, field] of Object.entries(type.getFields())) {
    const resolver = table[name];
    if (resolver) field.resolve = resolver as typeof field.resolve & object;
  }
}

function toTable(type: GraphQLObjectType, traits: VersionTraits): ResolverTable {
  const interfaces = new Set(type.getInterfaces().map(({ name }) => name));
  const lineage = Object.entries(lineages).find(([name]) => interfaces.has(name))?.[1];
  if (!lineage) return {};
  const meta = metaEntityTypes[type.name];
  return {
    ...coreResolvers(traits),
    ...observableResolvers,
    parent_types: () => lineage,
    ...(meta && { entity_type: () => meta }),
  };
}

const typeNames: Readonly<Record<string, string>> = graphqlTypes;

/** Identities and indicators have one name in both worlds. */
function toTypeName(object: { readonly entity_type: string }): string {
  return typeNames[object.entity_type] ?? object.entity_type;
}
