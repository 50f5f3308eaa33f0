import { GraphQLError, type GraphQLFormattedError } from 'graphql';

/**
 * How an OpenCTI release says which kind an error is: `extensions.code` (6 and 7), the same code as `name`, or
 * `name` in the older spelling (`AuthRequired`).
 */
export type ErrorSpelling = 'code' | 'name' | 'camel-name';

const messages: Readonly<Record<string, string>> = {
  AUTH_REQUIRED: 'You must be logged in to do this.',
  FORBIDDEN_ACCESS: 'You are not allowed to do this.',
  DATABASE_ERROR: 'A database error has occurred',
  LOCK_ERROR: 'Execution timeout, too many concurrent call on the same entities',
};

const httpStatuses: Readonly<Record<string, number>> = { AUTH_REQUIRED: 401, FORBIDDEN_ACCESS: 403 };

/** An error that the API answers, by its code. */
export class ApiError extends Error {
  readonly code: string;

  constructor(code: string, message: string = messages[code] ?? 'An unknown error has occurred') {
    super(message);
    this.name = 'ApiError';
    this.code = code;
  }
}

/** An entry of `errors` of an operation that ran. */
export function formatApiError(error: GraphQLError, spelling: ErrorSpelling): GraphQLFormattedError {
  const cause = error.originalError;
  if (cause instanceof ApiError) return { ...formatPlace(error), ...spell(cause.code, spelling) };
  // What GraphQL itself finds, such as a variable of a wrong type, has no cause or one of its own.
  const isOurs = cause && !(cause instanceof GraphQLError);
  return formatDocumentError(error, isOurs ? 'INTERNAL_SERVER_ERROR' : 'BAD_USER_INPUT');
}

/** GraphQL's own errors have one spelling on every release. */
export function formatDocumentError(error: GraphQLError, code: string): GraphQLFormattedError {
  return { ...formatPlace(error), extensions: { code } };
}

function formatPlace(error: GraphQLError): GraphQLFormattedError {
  return {
    message: error.message,
    ...(error.locations && { locations: error.locations }),
    ...(error.path && { path: error.path }),
  };
}

/** Returns an entry of `errors` for a whole request. */
export function toErrorEntry(code: string, spelling: ErrorSpelling): GraphQLFormattedError {
  const cause = new ApiError(code);
  return formatApiError(new GraphQLError(cause.message, { originalError: cause }), spelling);
}

function spell(code: string, spelling: ErrorSpelling): object {
  const data = { http_status: httpStatuses[code] ?? 500, genre: 'TECHNICAL' };
  if (spelling === 'code') return { extensions: { code, data }, name: code };
  if (spelling === 'name') return { name: code, data };
  return { name: toCamelName(code), time_thrown: new Date().toISOString(), data };
}

/** `AUTH_REQUIRED` -> `AuthRequired`. */
function toCamelName(code: string): string {
  return code
    .split('_')
    .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
    .join('');
}
