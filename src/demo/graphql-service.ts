import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  GraphQLError,
  Kind,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { formatApiError } from './api-error.ts';
import type { Platform } from './context.ts';
import { createExecutableSchema } from './executable-schema.ts';

export interface GraphqlCall {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName: string | null;
  readonly authenticated: boolean;
}

/** Mutable copy of a GraphQL answer, so that faults can spoil it. */
export interface Answer {
  data?: Record<string, unknown> | null;
  errors?: object[];
}

export type GraphqlService = (call: GraphqlCall) => Answer;

/** From 6.1 on a document may call one field of the root so often. */
const rootFieldLimit = 2;

export function createGraphqlService(platform: Platform): GraphqlService {
  const schema = createExecutableSchema(platform.traits);
  const checked = new Map<string, DocumentNode | readonly GraphQLError[]>();

  const check = (query: string) => {
    const known = checked.get(query);
    if (known) return known;
    const result = toDocument(query);
    checked.set(query, result);
    return result;
  };
  const toDocument = (query: string): DocumentNode | readonly GraphQLError[] => {
    try {
      const document = parse(query);
      const errors = validate(schema, document, [...specifiedRules, NoSchemaIntrospectionCustomRule]);
      const all = platform.traits.limitsRootFields ? [...errors, ...findRepeats(document)] : errors;
      return all.length > 0 ? all : document;
    } catch (error) {
      if (error instanceof GraphQLError) return [error];
      throw error;
    }
  };

  return ({ query, variables, operationName, authenticated }) => {
    const document = check(query);
    if (!('kind' in document)) return toAnswer({ errors: document }, platform);
    const result = execute({
      schema,
      document,
      variableValues: variables,
      operationName,
      contextValue: { platform, authenticated },
    });
    if (result instanceof Promise) throw new Error('a resolver is asynchronous');
    return toAnswer(result, platform);
  };
}

function toAnswer(result: ExecutionResult, platform: Platform): Answer {
  return {
    ...(result.errors && {
      errors: result.errors.map((error) => formatApiError(error, platform.errorSpelling)),
    }),
    ...(result.data !== undefined && { data: result.data }),
  };
}

function findRepeats(document: DocumentNode): readonly GraphQLError[] {
  const errors: GraphQLError[] = [];
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const calls = new Map<string, number>();
    for (const field of definition.selectionSet.selections) {
      if (field.kind !== Kind.FIELD) continue;
      const count = (calls.get(field.name.value) ?? 0) + 1;
      calls.set(field.name.value, count);
      if (count === rootFieldLimit + 1) {
        errors.push(
          new GraphQLError(`Allowed number of calls to "${field.name.value}" is exceeded`, { nodes: field }),
        );
      }
    }
  }
  return errors;
}
