import {
  type ASTVisitor,
  type DocumentNode,
  executeSync,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  Kind,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  type ValidationContext,
  type ValidationRule,
  validate,
} from 'graphql';
import { formatApiError, formatDocumentError } from './api-error.ts';
import type { Platform } from './context.ts';
import { findExecutableSchema } from './executable-schema.ts';

interface GraphqlCall {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName: string | null;
  readonly authenticated: boolean;
}

/** Mutable copy of a GraphQL answer, so that faults can spoil it. */
export interface Answer {
  data?: Record<string, unknown> | null;
  errors?: readonly GraphQLFormattedError[];
}

type CheckedDocument =
  | { readonly document: DocumentNode }
  | { readonly errors: readonly GraphQLFormattedError[] };

export type GraphqlService = (call: GraphqlCall) => Answer;

/** From 6.1 on a document may call one field of the root so often. */
const rootFieldLimit = 2;

/** A document is parsed and held against a schema once, whichever server is asked. */
const checkedBySchema = new WeakMap<GraphQLSchema, Map<string, CheckedDocument>>();

export function createGraphqlService(platform: Platform): GraphqlService {
  const schema = findExecutableSchema(platform.traits);
  const rules = [
    ...specifiedRules,
    NoSchemaIntrospectionCustomRule,
    ...(platform.traits.limitsRootFields ? [limitRootFields] : []),
  ];
  const checked = checkedBySchema.get(schema) ?? new Map<string, CheckedDocument>();
  checkedBySchema.set(schema, checked);

  return ({ query, variables, operationName, authenticated }) => {
    const known = checked.get(query) ?? checkDocument(schema, query, rules);
    checked.set(query, known);
    if ('errors' in known) return { errors: known.errors };
    const result = executeSync({
      schema,
      document: known.document,
      variableValues: variables,
      operationName,
      contextValue: { platform, authenticated },
    });
    return {
      ...(result.errors && {
        errors: result.errors.map((error) => formatApiError(error, platform.errorSpelling)),
      }),
      ...(result.data !== undefined && { data: result.data }),
    };
  };
}

function checkDocument(
  schema: GraphQLSchema,
  query: string,
  rules: readonly ValidationRule[],
): CheckedDocument {
  try {
    const document = parse(query);
    const errors = validate(schema, document, rules);
    if (errors.length === 0) return { document };
    return { errors: errors.map((error) => formatDocumentError(error, 'GRAPHQL_VALIDATION_FAILED')) };
  } catch (error) {
    if (error instanceof GraphQLError)
      return { errors: [formatDocumentError(error, 'GRAPHQL_PARSE_FAILED')] };
    throw error;
  }
}

function limitRootFields(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition({ selectionSet }) {
      const calls = new Map<string, number>();
      for (const field of selectionSet.selections) {
        if (field.kind !== Kind.FIELD) continue;
        const count = (calls.get(field.name.value) ?? 0) + 1;
        calls.set(field.name.value, count);
        if (count !== rootFieldLimit + 1) continue;
        context.reportError(
          new GraphQLError(`Query.${field.name.value} may be called ${rootFieldLimit} times`, {
            nodes: field,
          }),
        );
      }
    },
  };
}
