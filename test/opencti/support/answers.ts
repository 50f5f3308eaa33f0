import { readdirSync, readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  buildSchema,
  execute,
  type GraphQLFieldResolver,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isEnumType,
  isListType,
  isNonNullType,
  parse,
} from 'graphql';

const folder = join(import.meta.dirname, '../schemas');

/** The releases whose schemas lie beside the tests, as their platforms publish them. */
export const releases = readdirSync(folder)
  .map((name) => /^opencti-(.*)\.graphql\.gz$/.exec(name)?.[1] ?? '')
  .sort();

export function readSchema(release: string): GraphQLSchema {
  const bytes = readFileSync(join(folder, `opencti-${release}.graphql.gz`));
  // It is one that a platform runs with: to check it again takes half of the time.
  return buildSchema(gunzipSync(bytes).toString('utf8'), { assumeValidSDL: true, noLocation: true });
}

/** `stixCyberObservables.edges.0.node.createdBy`, as keys. */
export type Path = readonly (string | number)[];

/** What was asked, and the whole answer to it. */
interface Exchange {
  readonly query: string;
  readonly variables: object;
  readonly body: string;
}

/** All that was asked of a platform while a test read from it. */
export interface Conversation {
  readonly exchanges: readonly Exchange[];
  /** The places at which the schema allows null. */
  readonly nullable: ReadonlySet<string>;
}

export interface Answerer {
  readonly listener: RequestListener;
  /** All that was asked so far. */
  tellConversation(): Conversation;
  /**
   * True: this platform answers every question of the conversation byte by byte as that one did. Who asks it comes by the
   * same answers to the same questions, also with null at a place of them.
   */
  answersLike(other: Conversation): boolean;
  /** Where the next answers have null, though the platform has a value; null: nowhere. */
  nullAt: Path | null;
  /** Every place of the answers so far at which the schema allows null. */
  readonly nullable: Map<string, Path>;
}

/** One row of each requested type, and one more that no test touches. */
export const rowTypes = [
  'DomainName',
  'Hostname',
  'IPv4Addr',
  'IPv6Addr',
  'StixFile',
  'Artifact',
  'DomainName',
] as const;

/**
 * Answers any document that a schema takes, with values that fit: the first page of each connection has rows, the next
 * one none. It knows the schema alone.
 */
export function createAnswerer(schema: GraphQLSchema): Answerer {
  const exchanges = new Map<string, Exchange>();
  function answer(query: string, variables: object): Exchange {
    const isNextPage = Object.keys(variables).some((name) => name.startsWith('after'));
    const key = JSON.stringify([query, Object.keys(variables)]);
    const known = exchanges.get(key);
    if (known !== undefined) return known;
    const result = execute({
      schema,
      document: parse(query),
      variableValues: { ...variables },
      fieldResolver: createResolver(isNextPage ? new Map() : answerer.nullable, isNextPage),
      typeResolver: (value) => (value as { __typename: string }).__typename,
    });
    const exchange = { query, variables, body: JSON.stringify(result) };
    exchanges.set(key, exchange);
    return exchange;
  }
  const answerer: Answerer = {
    nullAt: null,
    nullable: new Map(),
    tellConversation: () => ({
      exchanges: [...exchanges.values()],
      nullable: new Set(answerer.nullable.keys()),
    }),
    answersLike: (other) =>
      other.exchanges.every(({ query, variables, body }) => answer(query, variables).body === body),
    listener(request, response) {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { query, variables } = JSON.parse(Buffer.concat(chunks).toString('utf8'));
        const { body } = answer(query, variables ?? {});
        response.setHeader('content-type', 'application/json');
        response.end(answerer.nullAt === null ? body : withNull(body, answerer.nullAt));
      });
    },
  };
  return answerer;
}

function withNull(body: string, path: Path): string {
  const answer = JSON.parse(body);
  // The rows of the first page: the next one has none.
  if (answer.data) setNull(answer.data, path);
  return JSON.stringify(answer);
}

function setNull(data: Record<string | number, unknown>, path: Path): void {
  let parent = data;
  for (const key of path.slice(0, -1)) {
    const inner = parent[key];
    // The answer to another document.
    if (typeof inner !== 'object' || inner === null) return;
    parent = inner as Record<string | number, unknown>;
  }
  const last = path.at(-1) ?? '';
  if (last in parent) parent[last] = null;
}

function createResolver(
  nullable: Map<string, Path>,
  isNextPage: boolean,
): GraphQLFieldResolver<unknown, unknown> {
  return (_source, _args, _context, info) => {
    const path = toPath(info.path);
    const note = (place: Path, type: GraphQLOutputType) => {
      // The first entry of a list within a row is enough: it is tested for all of them.
      const isFirst = place
        .filter((key) => typeof key === 'number')
        .every((key, at) => at === 0 || key === 0);
      if (!isNonNullType(type) && isFirst) nullable.set(place.join('.'), place);
    };
    note(path, info.returnType);
    const type = isNonNullType(info.returnType) ? info.returnType.ofType : info.returnType;
    if (!isListType(type)) return toValue(info, path);
    const item = type.ofType as GraphQLOutputType;
    return Array.from({ length: toLength(info, isNextPage) }, (_, index) => {
      note([...path, index], item);
      return toValue(info, [...path, index]);
    });
  };
}

function toLength({ fieldName, parentType }: GraphQLResolveInfo, isNextPage: boolean): number {
  if (fieldName !== 'edges') return 2;
  if (isNextPage) return 0;
  return parentType.name === 'StixCyberObservableConnection' ? rowTypes.length : 2;
}

function toPath(path: GraphQLResolveInfo['path']): Path {
  return path.prev ? [...toPath(path.prev), path.key] : [path.key];
}

const texts: Readonly<Record<string, string>> = {
  pattern: "[domain-name:value = 'sazoya.com']",
  pattern_type: 'stix',
  version: '6.9.28',
  valid_from: '2020-01-01T00:00:00.000Z',
  valid_until: '2099-01-01T00:00:00.000Z',
  created_at: '2020-01-01T00:00:00.000Z',
  updated_at: '2020-01-01T00:00:00.000Z',
  endCursor: 'a-cursor',
};

const byType: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  DomainName: { entity_type: 'Domain-Name', value: 'sazoya.com' },
  Hostname: { entity_type: 'Hostname', value: 'sazoya.com' },
  IPv4Addr: { entity_type: 'IPv4-Addr', value: '31.13.64.1' },
  IPv6Addr: { entity_type: 'IPv6-Addr', value: '2a00:1450::1' },
  StixFile: { entity_type: 'StixFile' },
  Artifact: { entity_type: 'Artifact' },
  Capability: { name: 'KNOWLEDGE' },
};

const algorithms = [
  { algorithm: 'SHA-256', hash: 'ab'.repeat(32) },
  { algorithm: 'MD5', hash: 'cd'.repeat(16) },
];

function toValue({ returnType, fieldName, parentType }: GraphQLResolveInfo, path: Path): unknown {
  const type = getNamedType(returnType);
  if (isCompositeType(type)) return { __typename: toTypename(type.name, path) };
  if (isEnumType(type)) return type.getValues()[0]?.value;
  if (type.name === 'Int' || type.name === 'Float') return fieldName === 'globalCount' ? 2 : 70;
  if (type.name === 'Boolean') return false;
  if (fieldName === 'id') return toId(path);
  if (parentType.name === 'Hash')
    return algorithms[Number(path.at(-2)) % 2]?.[fieldName as 'algorithm' | 'hash'];
  return byType[parentType.name]?.[fieldName] ?? texts[fieldName] ?? `a ${fieldName}`;
}

/** Of the same object at each place of it, since several connections may have it. */
const toId = (path: Path) => `id-of-${path.slice(0, -1).join('-')}`;

function toTypename(type: string, path: Path): string {
  const index = path.filter((key) => typeof key === 'number').at(-1) ?? 0;
  if (type === 'StixCyberObservable') return rowTypes[index % rowTypes.length] ?? 'DomainName';
  if (type === 'Identity') return index % 2 === 0 ? 'Organization' : 'Individual';
  return type;
}
