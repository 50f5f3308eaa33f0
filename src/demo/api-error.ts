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

/** An entry of `errors`. GraphQL's own errors always carry `extensions.code`. */
export function formatApiError(error: GraphQLError, spelling: ErrorSpelling): GraphQLFormattedError {
  const base = {
    message: error.message,
    ...(error.locations && { locations: error.locations }),
    ...(error.path && { path: error.path }),
  };
  const cause = error.originalError;
  if (!(cause instanceof ApiError)) {
    const code = cause ? 'INTERNAL_SERVER_ERROR' : (error.extensions['code'] ?? 'GRAPHQL_VALIDATION_FAILED');
    return { ...base, extensions: { code } };
  }
  return { ...base, ...spell(cause.code, spelling) };
}

/** An entry of `errors` that stands for a whole request. */
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
