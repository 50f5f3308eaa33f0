import { OpenCtiError, type OpenCtiFailure } from './errors.ts';
import { toExcerpt } from './excerpt.ts';

/** Codes without their underscores and case: `AUTH_REQUIRED` is also spelled `AuthRequired` (OpenCTI 5 and 6). */
const failures: Record<string, OpenCtiFailure> = {
  AUTHREQUIRED: 'token',
  FORBIDDENACCESS: 'capability',
  GRAPHQLVALIDATIONFAILED: 'query',
  GRAPHQLPARSEFAILED: 'query',
  BADUSERINPUT: 'query',
  UNSUPPORTEDERROR: 'query',
  DATABASEERROR: 'busy',
  LOCKERROR: 'busy',
};

interface Reported {
  readonly failure: OpenCtiFailure;
  readonly code: string;
  readonly message: string;
}

/** The entries of `errors` as one error of ours: the first one that we know decides. */
export function toGraphqlError(
  errors: readonly unknown[],
  endpoint: URL,
  secrets: readonly string[],
): OpenCtiError {
  const reported = errors.map(toReported);
  const { failure, code, message } = reported.find((entry) => entry.failure !== 'server') ??
    reported[0] ?? { failure: 'server', code: 'no code', message: '' };
  const said = toExcerpt(message === '' ? code : `${code}: ${message}`, secrets);
  return new OpenCtiError(failure, explain(failure, `OpenCTI at ${endpoint.href}`, said));
}

/** Read by hand, without a schema: the integration has this module too, and starts for each match. */
function toReported(entry: unknown): Reported {
  if (!isObject(entry)) return { failure: 'server', code: 'an error of unknown form', message: '' };
  const { message, name, extensions } = entry;
  const code = isObject(extensions) ? extensions.code : undefined;
  const codes = [code, name].filter((each) => typeof each === 'string');
  const known = codes.find((each) => toFailure(each) !== undefined) ?? codes[0] ?? 'no code';
  return {
    failure: toFailure(known) ?? 'server',
    code: known,
    message: typeof message === 'string' ? message : '',
  };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const toFailure = (code: string) => failures[code.replaceAll('_', '').toUpperCase()];

function explain(failure: OpenCtiFailure, where: string, said: string): string {
  switch (failure) {
    case 'token':
      return (
        `${where} refused the token (${said}): check that opencti.token is the whole API token of a user of this ` +
        'platform, neither expired nor revoked; on OpenCTI 7 the user also needs the capability APIACCESS_USETOKEN'
      );
    case 'capability':
      return (
        `${where} refused access (${said}): the user of the token needs the capability KNOWLEDGE ("Access ` +
        'knowledge") and, on OpenCTI 7, APIACCESS_USETOKEN; give a role of that user both'
      );
    case 'query':
      return `${where} refused our query (${said}): its API is not one this version knows; is there a newer version?`;
    default:
      return `${where} reported an error (${said}): nothing of this answer was used`;
  }
}
