import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import {
  buildSchema,
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isScalarType,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { ask, openOpenCti } from '../../support/opencti.ts';
import { renderSdl } from '../sdl.ts';
import { toVersionTraits } from '../version.ts';

const folder = new URL('../../opencti/schemas/', import.meta.url);

/** Everything that our schema says and the real one does not say at least as strictly. */
function findDrift(ours: GraphQLSchema, real: GraphQLSchema): readonly string[] {
  const types = Object.values(ours.getTypeMap()).filter(({ name }) => !name.startsWith('__'));
  return types.flatMap((type) => compareTypes(type, real.getType(type.name)));
}

function compareTypes(type: GraphQLNamedType, twin: GraphQLNamedType | undefined): readonly string[] {
  if (isEnumType(type) && isEnumType(twin)) {
    return type.getValues().flatMap(({ name }) => (twin.getValue(name) ? [] : `${type.name}.${name}`));
  }
  if (isInputObjectType(type) && isInputObjectType(twin)) {
    return compareTexts(type.name, toInputTexts(type.getFields()), toInputTexts(twin.getFields()));
  }
  if (isScalarType(type) && isScalarType(twin)) return [];
  if (!isOutput(type) || !isOutput(twin)) return [type.name];
  const inherited = new Set(twin.getInterfaces().map(({ name }) => name));
  return [
    ...type.getInterfaces().flatMap(({ name }) => (inherited.has(name) ? [] : `${type.name} is no ${name}`)),
    ...Object.values(type.getFields()).flatMap((field) => compareFields(type.name, field, twin)),
  ];
}

type Output = GraphQLObjectType | GraphQLInterfaceType;

function isOutput(type: GraphQLNamedType | undefined): type is Output {
  return isObjectType(type) || isInterfaceType(type);
}

function compareFields(
  owner: string,
  field: GraphQLField<unknown, unknown>,
  twin: Output,
): readonly string[] {
  const place = `${owner}.${field.name}`;
  const other = twin.getFields()[field.name];
  if (!other || !isAsStrict(String(other.type), String(field.type))) return [`${place}: ${other?.type}`];
  const toArguments = (args: GraphQLField<unknown, unknown>['args']) =>
    toInputTexts(Object.fromEntries(args.map((arg) => [arg.name, arg])));
  return compareTexts(place, toArguments(field.args), toArguments(other.args));
}

function toInputTexts(
  inputs: Readonly<Record<string, { readonly type: unknown }>>,
): ReadonlyMap<string, string> {
  return new Map(Object.entries(inputs).map(([name, { type }]) => [name, String(type)]));
}

function compareTexts(place: string, ours: ReadonlyMap<string, string>, real: ReadonlyMap<string, string>) {
  return [...ours].flatMap(([name, type]) =>
    real.get(name) === type ? [] : `${place}(${name}): ${real.get(name)}`,
  );
}

/** The same type, or one that is null less often. */
function isAsStrict(real: string, ours: string): boolean {
  return (
    real === ours || (real.replaceAll('!', '') === ours.replaceAll('!', '') && real.length > ours.length)
  );
}

function readSchema(file: string): GraphQLSchema {
  const text = gunzipSync(readFileSync(new URL(file, folder))).toString('utf8');
  return buildSchema(text, { assumeValidSDL: true, assumeValid: true });
}

describe('the schema against those of real releases', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.graphql.gz'));

  it.each(files)('says nothing that %s does not', (file) => {
    const version = file.replace(/^opencti-|\.graphql\.gz$/g, '');
    expect(findDrift(buildSchema(renderSdl(toVersionTraits(version))), readSchema(file))).toEqual([]);
  });

  it('is found out when it drifts', () => {
    const ours = buildSchema(`
      type Query { labels(first: String): [Label!] nonsense: Int }
      type Label { value: String! }
      interface Hash { algorithm: Int }`);
    expect(findDrift(ours, readSchema('opencti-6.9.28.graphql.gz'))).toEqual([
      'Query.labels: LabelConnection',
      'Query.nonsense: undefined',
      'Label.value: String',
      'Hash.algorithm: String!',
    ]);
  });
});

const lists = `{ stixCyberObservables(types: ["Domain-Name"]) { edges { node {
  objectLabel { value } objectMarking { definition } } } } }`;
const connections = `{ stixCyberObservables(types: ["Domain-Name"]) { edges { node {
  objectLabel { edges { node { value } } } objectMarking { edges { node { definition } } } } } } }`;
const labels = ['cobalt strike', 'arkime', 'jarm', 'ja3s'];

describe('labels and markings', () => {
  it.each(['5.12.0', '5.12.23'])('are connections in %s', async (version) => {
    const server = await openOpenCti({}, { version });
    expect(await ask(server, lists)).toMatchObject({ errors: [{}, {}] });
    expect(await ask(server, connections)).toEqual({
      data: {
        stixCyberObservables: {
          edges: [
            {
              node: {
                objectLabel: { edges: labels.map((value) => ({ node: { value } })) },
                objectMarking: { edges: [{ node: { definition: 'TLP:WHITE' } }] },
              },
            },
          ],
        },
      },
    });
  });

  it.each(['5.12.24', '6.0.0', '7.260309.0-lts.2', '8.0.0'])('are lists in %s', async (version) => {
    const server = await openOpenCti({}, { version });
    expect(await ask(server, connections)).toMatchObject({ errors: [{}, {}] });
    expect(await ask(server, lists)).toEqual({
      data: {
        stixCyberObservables: {
          edges: [
            {
              node: {
                objectLabel: labels.map((value) => ({ value })),
                objectMarking: [{ definition: 'TLP:WHITE' }],
              },
            },
          ],
        },
      },
    });
  });
});
